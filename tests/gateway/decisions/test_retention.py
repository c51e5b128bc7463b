"""For how long a key is known: by what a tool does, unless its operator says otherwise."""

import json
from dataclasses import replace
from importlib.resources import files

import pytest

from gateway.decisions.retention import Retention
from registry.model.tool import LONGEST_RETENTION, SHORTEST_RETENTION, Draft, Effect, Operation

HOUR, WEEK = 3600.0, 7 * 86_400.0
OPERATION = Operation("POST", "https://api.example.com", "/orders", (), None, ())


def draft(effect: Effect, key_retention: float | None = None) -> Draft:
    plain = Draft("create_order", "orders", "Creates an order.", {}, None, OPERATION, effect=effect)
    return replace(plain, key_retention=key_retention)


@pytest.mark.parametrize("effect", list(Effect))
def test_what_reads_is_known_for_an_hour_and_what_acts_for_a_week(effect: Effect) -> None:
    assert Retention().of(draft(effect)) == (WEEK if effect.acts else HOUR)


@pytest.mark.parametrize("effect", list(Effect))
def test_an_operators_setting_wins_and_a_tools_own_wins_over_that(effect: Effect) -> None:
    gateway = Retention(of_reads=120.0, of_acts=240.0)
    assert gateway.of(draft(effect)) == (240.0 if effect.acts else 120.0)
    assert gateway.of(draft(effect, 60.0)) == 60.0


def test_a_fallback_that_acts_is_known_while_its_primary_may_be_recovered() -> None:
    short = Retention(of_reads=60.0, of_acts=60.0)
    assert short.of(draft(Effect.NON_IDEMPOTENT, 60.0), parent="inv_1") == WEEK
    assert short.of(draft(Effect.NON_IDEMPOTENT, 2 * WEEK), parent="inv_1") == 2 * WEEK
    assert short.of(draft(Effect.READ), parent="inv_1") == 60.0


def test_a_manifest_has_the_bounds_of_the_gateway() -> None:
    schema = json.loads(files("registry.manifest").joinpath("manifest.schema.json").read_text())
    setting = schema["$defs"]["settings"]["properties"]["key_retention"]
    assert (setting["minimum"], setting["maximum"]) == (SHORTEST_RETENTION, LONGEST_RETENTION)
