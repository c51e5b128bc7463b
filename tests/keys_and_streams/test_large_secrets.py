"""Secrets that are larger than most: they work, or the call ends before anything is sent, and says which secret it is."""

import base64
import random

import pytest

from callgate import SandboxFailed
from tests.real_apis.asking import asked, succeeded
from tests.real_apis.conftest import Situate
from tests.real_apis.recipes import Recipes, answer

from .token_api import TokenApi, granted

RANDOM = random.Random(17)

TOKENS = {
    "hexadecimal": RANDOM.randbytes(30 << 10).hex(),
    "of all letters": base64.b64encode(RANDOM.randbytes(45 << 10)).decode(),
}


@pytest.mark.parametrize("secret", TOKENS.values(), ids=TOKENS.keys())
def test_a_secret_of_sixty_kilobytes_is_sent_and_not_told(situation: Situate, recipes: Recipes, secret: str) -> None:
    echo = answer(200, f'{{"echo": "{secret}", "again": "{secret.encode().hex()}"}}'.encode())
    called = asked(situation, recipes, echo, method="post", secret=secret)
    assert succeeded(called).body == b'{"echo": "[REDACTED]", "again": "[REDACTED]"}'
    assert len(recipes.received("POST", "/ask")) == len(called.attempts) == 1


@pytest.mark.parametrize(
    ("size", "why"),
    [
        (300 << 10, " has 307200 bytes in its field token, and the secrets of one call may have 262144 bytes together: store"),
        (2 << 20, " is larger than 1048576 bytes: store less there"),
    ],
)
def test_a_secret_that_no_box_has_room_for_ends_its_call_before_anything_is_sent(
    situation: Situate, recipes: Recipes, size: int, why: str
) -> None:
    outcome = asked(situation, recipes, answer(200), method="post", secret="k" * size).outcome
    assert isinstance(outcome, SandboxFailed)
    assert (outcome.fault, outcome.not_done, outcome.effect_possible) == ("SECRET_UNAVAILABLE", True, False)
    assert "secret/data/" in outcome.message
    assert why in outcome.message
    assert recipes.requests == []


def test_a_token_of_sixty_kilobytes_is_shown_and_not_told(api: TokenApi) -> None:
    token = TOKENS["hexadecimal"][:60_000]
    api.offer()
    api.grants(granted(token))
    api.serves(answer(200, f'{{"echo": "{token}"}}'.encode()))
    called = api.call("act")
    assert succeeded(called).body == b'{"echo": "[REDACTED]"}'
    assert (api.shown("POST"), len(called.attempts)) == ([f"Bearer {token}"], 1)


def test_a_client_secret_that_no_box_has_room_for_is_not_sent_to_the_token_endpoint(api: TokenApi) -> None:
    api.offer()
    api.store(client_secret="k" * (300 << 10))
    assert "has 307200 bytes in its field client_secret" in str(api.refusal("act"))
    assert api.upstream.requests == []
