"""With authlib's authorization server: each grant, rotation and revocation, by what the server itself knows of its tokens."""

import base64
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey, RSAKey

from callgate import Succeeded, ToolFailed
from callgate.errors import ConnectAgain, TokenRefused
from tests.real_apis.certificates import Key, new_key, server_context
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


SIGNED = {"grant": "jwt_bearer", "assertion": {"audience": "https://login.example", "subject": "ada", "key_id": "first"}}


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_box_signs_an_assertion_with_the_key_that_is_in_vault(provider: OAuthServer, api: TokenApi, kind: str) -> None:
    register(provider)
    key = new_key(kind)
    provider.server.keys[CLIENT] = public(key)
    api.secret = {"client_id": CLIENT, "private_key": private(key)}
    api.offer(SIGNED)
    assert isinstance(api.call("act").outcome, Succeeded)
    (form,) = api.forms()
    header = json.loads(base64.urlsafe_b64decode(form["assertion"].partition(".")[0] + "=="))
    assert header == {"alg": "RS256" if kind == "rsa" else "ES256", "kid": "first", "typ": "JWT"}


def test_an_assertion_of_another_key_is_refused_and_nothing_of_the_key_is_told(provider: OAuthServer, api: TokenApi) -> None:
    register(provider)
    key = new_key()
    provider.server.keys[CLIENT] = public(new_key())
    api.secret = {"client_id": CLIENT, "private_key": private(key)}
    api.offer(SIGNED)
    refusal = api.refusal()
    assert isinstance(refusal, TokenRefused)
    assert private(key).splitlines()[1] not in repr(refusal)


@pytest.mark.parametrize("stored", ["no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_key_that_cannot_sign_is_told_by_its_path_and_field(provider: OAuthServer, api: TokenApi, stored: str) -> None:
    api.secret = {"client_id": CLIENT, "private_key": stored}
    api.offer(SIGNED)
    refusal = api.refusal()
    assert isinstance(refusal, TokenRefused)
    assert f"{api.path} has no private key in its field private_key" in str(refusal)
    assert provider.requests == []


def test_the_token_of_a_subject_is_exchanged(provider: OAuthServer, api: TokenApi) -> None:
    register(provider)
    provider.server.subjects.add("token-of-ada")
    api.secret["subject_token"] = "token-of-ada"
    api.offer({"grant": "token_exchange"})
    assert isinstance(api.call("act").outcome, Succeeded)
    assert [one["subject_token"] for one in api.forms()] == ["token-of-ada"]


def test_a_subject_that_the_endpoint_does_not_know_is_told(provider: OAuthServer, api: TokenApi) -> None:
    register(provider)
    api.secret["subject_token"] = "token-of-a-stranger"
    api.offer({"grant": "token_exchange"})
    refusal = api.refusal()
    assert isinstance(refusal, TokenRefused)
    assert "no such subject" in str(refusal)
    assert "token-of-a-stranger" not in repr(refusal)


def private(key: Key) -> str:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def public(key: Key) -> Any:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
    return RSAKey.import_key(pem) if isinstance(key, rsa.RSAPrivateKey) else ECKey.import_key(pem)
