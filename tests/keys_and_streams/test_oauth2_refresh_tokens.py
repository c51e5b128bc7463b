"""A refresh token is sent once. What came for it is kept, or a person must connect again: it is never guessed."""

import pytest

from callgate import Succeeded
from callgate.errors import ConnectAgain, TokenRefused, TokenUnavailable
from tests.real_apis.recipes import Answer, answer

from .token_api import TokenApi, granted

REFRESH = {"grant": "refresh_token"}


@pytest.fixture
def renewing(api: TokenApi) -> TokenApi:
    api.secret["refresh_token"] = "refresh-one"
    api.offer(REFRESH)
    api.serves()
    return api


def test_a_new_refresh_token_is_kept_and_sent_the_next_time(renewing: TokenApi) -> None:
    renewing.grants(granted("access-one", refresh_token="refresh-two"), granted("access-two", refresh_token="refresh-three"))
    for _ in range(2):
        assert isinstance(renewing.call().outcome, Succeeded)
        renewing.lose_state()
    assert [one["refresh_token"] for one in renewing.forms()] == ["refresh-one", "refresh-two"]
    assert renewing.kept()["refresh_token"] == "refresh-three"
    assert "spending" not in renewing.kept()


def test_without_a_new_one_the_refresh_token_stays(renewing: TokenApi) -> None:
    renewing.grants(granted("access-one"))
    for _ in range(2):
        assert isinstance(renewing.call().outcome, Succeeded)
        renewing.lose_state()
    assert [one["refresh_token"] for one in renewing.forms()] == ["refresh-one", "refresh-one"]


LOST: dict[str, Answer] = {
    "no answer": [b"\r\n"],
    "an answer that breaks off": granted(refresh_token="refresh-two")[:1],
    "a page": answer(200, b"<html>", media_type="text/html"),
    "a proxy's 502": answer(502),
    "a server's 500": answer(500, b'{"error": "server_error"}'),
    "a proxy's 503": answer(503, b"<html>", media_type="text/html"),
}
#: A no that is not certain: what says it may not be the endpoint, or may have taken the token before.
DOUBTFUL: dict[str, Answer] = {
    "a firewall's page": answer(403, b"<html>", media_type="text/html"),
    "an error in a success": answer(200, b'{"error": "bad_refresh_token"}'),
}


@pytest.mark.parametrize("lost", (LOST | DOUBTFUL).values(), ids=(LOST | DOUBTFUL).keys())
def test_where_the_answer_is_lost_a_person_must_connect_again_and_the_token_is_never_sent_again(
    renewing: TokenApi, lost: Answer
) -> None:
    renewing.grants(lost, granted("access-one", refresh_token="refresh-two"))
    assert isinstance(renewing.refusal(), ConnectAgain)
    for _ in range(2):
        renewing.lose_state()  # Redis forgets, and Vault does not
        refusal = renewing.refusal()
        assert isinstance(refusal, ConnectAgain)
        assert "secret set" in refusal.cure
    assert len(renewing.forms()) == 1
    renewing.store(refresh_token="refresh-of-a-new-day")
    renewing.lose_state()
    assert isinstance(renewing.call().outcome, Succeeded)
    assert [one["refresh_token"] for one in renewing.forms()] == ["refresh-one", "refresh-of-a-new-day"]


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST.keys())
def test_where_an_operator_says_that_it_is_reusable_it_is_sent_again(api: TokenApi, lost: Answer) -> None:
    api.secret["refresh_token"] = "refresh-one"
    api.offer(REFRESH | {"reusable_refresh_token": True})
    api.serves()
    api.grants(lost, granted("access-one"))
    assert isinstance(api.refusal(), TokenUnavailable)
    assert isinstance(api.call().outcome, Succeeded)
    assert [one["refresh_token"] for one in api.forms()] == ["refresh-one", "refresh-one"]


SURE = {
    "the client is not known": (answer(401, b'{"error": "invalid_client"}'), TokenRefused),
    "too many": (answer(429, b'{"error": "slow_down"}'), TokenUnavailable),
    "not now": (answer(503, b'{"error": "temporarily_unavailable"}'), TokenUnavailable),
    "a redirect": (answer(302, b"", "Location: /other"), TokenRefused),
}


@pytest.mark.parametrize(("no", "refusal"), SURE.values(), ids=SURE.keys())
def test_what_an_endpoint_has_certainly_not_taken_is_sent_again(
    renewing: TokenApi, no: Answer, refusal: type[Exception]
) -> None:
    renewing.grants(no, granted("access-one", refresh_token="refresh-two"))
    assert type(renewing.refusal()) is refusal
    renewing.lose_state()
    assert isinstance(renewing.call().outcome, Succeeded)
    assert [one["refresh_token"] for one in renewing.forms()] == ["refresh-one", "refresh-one"]


def test_a_refresh_token_that_was_revoked_is_told_as_what_it_is(renewing: TokenApi) -> None:
    renewing.grants(answer(400, b'{"error": "invalid_grant", "error_description": "Token has been revoked."}'))
    refusal = renewing.refusal()
    assert isinstance(refusal, ConnectAgain)
    assert "Token has been revoked." in str(refusal)


def test_an_access_token_that_cannot_be_shown_loses_no_refresh_token(renewing: TokenApi) -> None:
    renewing.grants(granted("access\none", refresh_token="refresh-two"), granted("access-two"))
    assert isinstance(renewing.refusal(), TokenRefused)
    renewing.lose_state()
    assert isinstance(renewing.call().outcome, Succeeded)
    assert [one["refresh_token"] for one in renewing.forms()] == ["refresh-one", "refresh-two"]


def test_without_a_refresh_token_a_person_must_connect(api: TokenApi) -> None:
    api.offer(REFRESH)
    refusal = api.refusal()
    assert isinstance(refusal, ConnectAgain)
    assert "there is no refresh token" in str(refusal)


def test_an_endpoint_that_echoes_the_refresh_token_keeps_it_from_callers(renewing: TokenApi) -> None:
    renewing.grants(answer(400, b'{"error": "invalid_request", "error_description": "refresh-one?"}'))
    told = repr(renewing.refusal())
    assert "[REDACTED]?" in told
    assert "refresh-one" not in told + renewing.out.log.read_text()


def test_a_token_is_kept_whatever_its_answer_says_of_an_error_beside_it(renewing: TokenApi) -> None:
    renewing.grants(granted("access-one", refresh_token="refresh-two", error=""), granted("access-two", error="deprecated"))
    assert isinstance(renewing.call().outcome, Succeeded)
    renewing.lose_state()
    assert isinstance(renewing.call().outcome, Succeeded)
    assert [one["refresh_token"] for one in renewing.forms()] == ["refresh-one", "refresh-two"]


@pytest.mark.parametrize("odd", [12345, "r\u00e9fresh", {"token": "refresh-two"}], ids=str)
def test_a_new_refresh_token_that_cannot_be_used_brings_the_spent_one_not_back(renewing: TokenApi, odd: object) -> None:
    renewing.grants(granted("access-one", refresh_token=odd))
    assert isinstance(renewing.call().outcome, Succeeded)
    renewing.lose_state()
    assert isinstance(renewing.refusal(), ConnectAgain)
    assert len(renewing.forms()) == 1
