"""The attacks on the broker that `callgate doctor --sandbox` makes."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.adversary.attack import attack_box, spec
from sandbox.adversary.case import Case, Kind, Verdict
from sandbox.adversary.egress import NAMED, PORT, careless, connect, egress
from sandbox.adversary.probe_box import Site
from sandbox.api.job import Egress


def verdicts(attacking: Callable[..., Any], kind: Kind, cases: list[Case], policy: Egress) -> list[Verdict]:
    async def attack(site: Site) -> list[Verdict]:
        return [verdict async for verdict in attack_box(site, kind, spec(kind, site.image), cases, policy=policy)]

    found: list[Verdict] = attacking(attack)
    return found


@pytest.mark.parametrize("kind", Kind)
def test_the_broker_holds_against_all_of_them(attacking: Callable[..., Any], kind: Kind) -> None:
    found = verdicts(attacking, kind, list(egress()), careless())
    assert len(found) >= 70
    assert [str(verdict) for verdict in found if not verdict.held] == []


def test_what_the_policy_names_in_plain_words_is_let_through(attacking: Callable[..., Any]) -> None:
    """So an attack would be seen that got as far."""
    plain = Case("egress", "plain", ("tells", base64.b64encode(connect(f"{NAMED}:{PORT}")).decode()), frozenset({"403"}))
    [verdict] = verdicts(attacking, Kind.PROGRAM, [plain], careless())
    assert not verdict.held
    assert verdict.outcome.word in {"200", "502"}
