"""With authlib's authorization server: each grant, rotation and revocation, by what the server itself knows of its tokens."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from callgate import Succeeded, ToolFailed
from callgate.errors import ConnectAgain, TokenRefused
from tests.real_apis.certificates import server_context
from tests.real_apis.conftest import Situate
from tests.real_apis.out import Out

from .oauth_server import GivenToken, OAuthServer, RegisteredClient
from .token_api import TokenApi

CLIENT, WORD = "callgate-tests", "word-of-the-client"
AUTH = {"basic": "client_secret_basic", "post": "client_secret_post", "none": "none"}


@pytest.fixture
def provider(out: Out, tmp_path: Path) -> Iterator[OAuthServer]:
    pair = out.own.pair("api", ["api.example"])
    with OAuthServer(server_context(pair.at(tmp_path / f"{secrets.token_hex(4)}.pem")), "api.example") as provider:
        yield provider


@pytest.fixture
def api(out: Out, situation: Situate, provider: OAuthServer) -> TokenApi:
    return TokenApi(out, provider, situation, {"client_id": CLIENT, "client_secret": WORD})


def register(provider: OAuthServer, auth: str = "basic", scopes: tuple[str, ...] = ("things.read",)) -> None:
    provider.server.clients[CLIENT] = RegisteredClient(CLIENT, WORD, scopes, AUTH[auth])


def connected(provider: OAuthServer, api: TokenApi) -> None:
    """As if a person had consented: the server knows a refresh token, and the operator has stored it."""
    provider.server.tokens["first"] = GivenToken(CLIENT, "first", "rt-first", "things.read")
    api.secret["refresh_token"] = "rt-first"


@pytest.mark.parametrize("auth", ["basic", "post"])
def test_client_credentials_are_taken_as_the_client_is_registered(provider: OAuthServer, api: TokenApi, auth: str) -> None:
    register(provider, auth)
    api.offer({"auth": auth})
    assert isinstance(api.call("act").outcome, Succeeded)
    assert len(provider.server.tokens) == 1


def test_a_client_that_shows_itself_in_another_way_is_told_so(provider: OAuthServer, api: TokenApi) -> None:
    register(provider, "post")
    api.offer({"auth": "basic"})
    refusal = api.refusal()
    assert isinstance(refusal, TokenRefused)
    assert "invalid_client" in str(refusal)
    assert WORD not in repr(refusal)


def test_a_wrong_word_is_told_and_the_right_one_is_enough(provider: OAuthServer, api: TokenApi) -> None:
    register(provider)
    api.secret["client_secret"] = "another word"
    api.offer()
    assert isinstance(api.refusal(), TokenRefused)
    api.store(client_secret=WORD)
    api.lose_state()
    assert isinstance(api.call().outcome, Succeeded)


def test_a_scope_that_the_client_may_not_have_is_told(provider: OAuthServer, api: TokenApi) -> None:
    register(provider, scopes=("other",))
    api.offer()
    refusal = api.refusal()
    assert isinstance(refusal, TokenRefused)
    assert "invalid_scope" in str(refusal)


def test_a_token_of_too_little_is_not_obtained_again(provider: OAuthServer, api: TokenApi) -> None:
    register(provider, scopes=("things.read", "other"))
    api.offer({"scopes": ["other"]})
    outcome = api.call("act").outcome
    assert isinstance(outcome, ToolFailed)
    assert outcome.http_status == 403
    assert len(provider.server.tokens) == 1


def test_a_token_that_was_revoked_is_replaced_and_the_call_made(provider: OAuthServer, api: TokenApi) -> None:
    register(provider)
    api.offer()
    assert isinstance(api.call("act").outcome, Succeeded)
    for one in provider.server.tokens.values():
        one.revoked = True
    invocation = api.call("act")
    assert isinstance(invocation.outcome, Succeeded)
    assert [one.http_status for one in invocation.attempts] == [401, 200]


@pytest.mark.parametrize("auth", AUTH)
def test_refresh_tokens_rotate_for_as_long_as_each_is_sent_once(provider: OAuthServer, api: TokenApi, auth: str) -> None:
    register(provider, auth)
    connected(provider, api)
    api.offer({"grant": "refresh_token", "auth": auth})
    for _ in range(4):
        assert isinstance(api.call("act").outcome, Succeeded)
        api.lose_state()
    assert [one.spent for one in provider.server.tokens.values()] == [True] * 4 + [False]


def test_a_connection_that_was_revoked_must_be_made_again_and_is_then_used(provider: OAuthServer, api: TokenApi) -> None:
    register(provider)
    connected(provider, api)
    api.offer({"grant": "refresh_token"})
    assert isinstance(api.call().outcome, Succeeded)
    for one in provider.server.tokens.values():
        one.revoked = True
    outcome = api.call("act").outcome
    assert isinstance(outcome, ToolFailed)
    assert (outcome.fault, outcome.not_done) == ("CONNECT_AGAIN", True)
    assert isinstance(api.refusal("act"), ConnectAgain)
    provider.server.tokens["again"] = GivenToken(CLIENT, "again", "rt-again", "things.read")
    api.store(refresh_token="rt-again")
    api.lose_state()
    assert isinstance(api.call().outcome, Succeeded)
