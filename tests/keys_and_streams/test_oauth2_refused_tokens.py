"""An upstream that refuses a token has done nothing (RFC 6750 §3.1): another is obtained, and the call is made once more."""

import pytest

from callgate import Evidence, Succeeded, ToolFailed
from tests.real_apis.recipes import Answer, answer

from .token_api import REFUSED, TokenApi, granted

DONE = answer(200, b'{"ok": true}')


def refused(challenge: str) -> Answer:
    return answer(401, b"{}", f"WWW-Authenticate: {challenge}")


@pytest.mark.parametrize("operation", ["look", "act"])
@pytest.mark.parametrize("attempts", [1, 3])
def test_a_call_whose_token_was_refused_is_made_once_more_with_another_whatever_its_effect(
    api: TokenApi, operation: str, attempts: int
) -> None:
    api.offer(defaults={"limits": {"max_attempts": attempts}})
    api.grants(granted("access-one"), granted("access-two"))
    api.serves(REFUSED, DONE)
    invocation = api.call(operation)
    assert isinstance(invocation.outcome, Succeeded), invocation.outcome
    assert [one.evidence for one in invocation.attempts] == [Evidence.NOT_DONE, Evidence.RESPONDED]
    assert api.shown("GET" if operation == "look" else "POST") == ["Bearer access-one", "Bearer access-two"]


def test_an_upstream_that_refuses_the_new_token_too_ends_the_call_with_nothing_done(api: TokenApi) -> None:
    api.offer()
    api.grants(granted("access-one"), granted("access-two"), granted("access-three"))
    api.serves(REFUSED)
    outcome = api.call("act").outcome
    assert isinstance(outcome, ToolFailed)
    assert (outcome.http_status, outcome.not_done, outcome.effect_possible) == (401, True, False)
    assert api.shown("POST") == ["Bearer access-one", "Bearer access-two"]


def test_an_upstream_that_refuses_every_token_has_a_few_obtained_and_not_one_for_each_call(api: TokenApi) -> None:
    api.offer()
    api.grants(granted())
    api.serves(REFUSED)
    for _ in range(5):
        assert isinstance(api.call("act").outcome, ToolFailed)
    assert len(api.forms()) <= 6


CHALLENGES = {
    "as the standard writes it": ('Bearer realm="a, b", error="invalid_token", error_description="expired"', True),
    "without quotes": ("bearer error=invalid_token", True),
    "behind another scheme": ('Basic realm="x", Bearer error="invalid_token"', True),
    "no error": ('Bearer realm="things"', False),
    "another error": ('Bearer error="insufficient_scope"', False),
    "the words in a text": ('Bearer realm="error=invalid_token"', False),
    "another scheme's": ('DPoP error="invalid_token"', False),
}


@pytest.mark.parametrize(("challenge", "undone"), CHALLENGES.values(), ids=CHALLENGES.keys())
def test_only_what_says_so_is_taken_as_not_done(api: TokenApi, challenge: str, *, undone: bool) -> None:
    api.offer()
    api.grants(granted("access-one"), granted("access-two"))
    api.serves(refused(challenge), DONE)
    invocation = api.call("act")
    assert isinstance(invocation.outcome, Succeeded if undone else ToolFailed)
    assert len(invocation.attempts) == (2 if undone else 1)


def test_a_401_without_a_word_is_worth_another_token_where_a_repetition_is_safe(api: TokenApi) -> None:
    api.offer()
    api.grants(granted("access-one"), granted("access-two"))
    api.serves(answer(401), DONE)
    assert isinstance(api.call("look").outcome, Succeeded)
    assert api.shown() == ["Bearer access-one", "Bearer access-two"]


def test_other_failures_are_repeated_no_more_often_than_the_manifest_says(api: TokenApi) -> None:
    api.offer(defaults={"limits": {"max_attempts": 2}, "retry": {"first_delay": 0.01}})
    api.grants(granted())
    api.serves(answer(503))
    assert len(api.call("look").attempts) == 2


def test_a_token_that_vault_has_lost_is_obtained_anew(api: TokenApi) -> None:
    situation = api.offer()
    api.grants(granted("access-one"), granted("access-two"))
    api.serves()
    assert isinstance(api.call().outcome, Succeeded)
    (path,) = {role.keeps_at for role in situation.report.roles if role.keeps_at}
    situation.house.vault("DELETE", path.replace("/data/", "/metadata/"))
    api.call()
    assert isinstance(api.call().outcome, Succeeded)
    assert len(api.forms()) == 2
