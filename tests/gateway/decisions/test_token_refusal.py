"""What an upstream's 401 says of the token that it was shown."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.decisions.token_refusal import challenge_of, lacks_secret, refuses_token
from registry.credentials.kinds import bind_grant
from registry.model.tool import Draft
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence, Faulted, Head, Responded, Usage
from tests.gateway.vaults import version_named
from tests.processor_time import at_most

SCHEME = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://login.example/token", "scopes": {}}}}
GRANT = {"grant": "client_credentials", "client_id": "x"}


def draft() -> Draft:
    return replace(version_named("orders").draft, credential=bind_grant(SCHEME, "", ("secret/data/a", ""), GRANT, ()))


def refuses(*challenges: str, status: int = 401) -> bool:
    return refuses_token(Head(status, tuple(("www-authenticate", one) for one in challenges)), draft())


@pytest.mark.parametrize(
    "challenges",
    [
        ['Bearer error="invalid_token"'],
        ['bearer realm="a, b", error = invalid_token, error_description="x"'],
        ['Basic realm="x", Bearer realm="y", error="invalid_token"'],
        ['Basic realm="x"', 'Bearer error="invalid_token"'],
        ['Bearer realm="it says error=nothing", error="invalid_token"'],
    ],
)
def test_a_challenge_that_calls_the_token_invalid_is_believed(challenges: list[str]) -> None:
    assert refuses(*challenges)
    assert not refuses(*challenges, status=403)


@pytest.mark.parametrize(
    "challenge",
    [
        "Bearer",
        'Bearer error="insufficient_scope"',
        'Bearer realm="error=invalid_token"',
        'Basic error="invalid_token"',
        'Bearer realm="x", Basic error="invalid_token"',
        'Bearer error="invalid_tokens"',
        'Bearer error "invalid_token"',
        '"',
        "",
    ],
)
def test_any_other_challenge_says_nothing_of_the_token(challenge: str) -> None:
    assert not refuses(challenge)


def test_a_box_that_finds_no_secret_is_told_from_one_that_has_failed_otherwise() -> None:
    faulted = [Faulted(fault, Evidence.NOT_SENT, "", Usage()) for fault in FaultCode]
    assert [one.fault for one in faulted if lacks_secret(one)] == [FaultCode.SECRET_UNAVAILABLE]
    assert not lacks_secret(Responded(401, (), b"", Usage()))


@pytest.mark.parametrize("piece", ["bearer ", 'bearer "', "bearer error=", 'bearer error="" ', '"\\"', "=", "a,"])
def test_a_challenge_of_any_length_takes_no_time(piece: str) -> None:
    challenges: list[Any] = [piece * (8_192 // len(piece))] * 31
    with at_most(0.1):
        assert not refuses(*challenges)


@pytest.mark.parametrize("status", [401, 403])
def test_what_an_upstream_wants_of_the_token_is_told_with_where_scopes_are_named(status: int) -> None:
    said = 'Bearer realm="things", error="insufficient_scope", scope="things.read things.write", error_description="no write"'
    told = challenge_of(Head(status, (("www-authenticate", said),)), draft())
    assert "error 'insufficient_scope', scope 'things.read things.write', error_description 'no write'" in told
    assert "`scopes` under the credential's `token`; asked for were: none" in told
    assert "store a token of that scope" in challenge_of(
        Head(status, (("www-authenticate", said),)), version_named("orders").draft
    )


@pytest.mark.parametrize(("status", "said"), [(200, 'Bearer error="insufficient_scope"'), (403, "Bearer"), (403, "Basic")])
def test_what_says_nothing_of_the_token_is_not_told(status: int, said: str) -> None:
    assert challenge_of(Head(status, (("www-authenticate", said),)), draft()) == ""


def test_a_long_challenge_is_cut() -> None:
    said = f'Bearer error="{"x" * 5000}", scope="{"y" * 5000}"'
    assert len(challenge_of(Head(403, (("www-authenticate", said),)), draft())) < 600
