"""AWS's Signature Version 4: made in the box, of a secret that no request carries, and judged by botocore."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from callgate import Succeeded, ToolFailed
from gateway.cli.calls.fault_cures import cure_of
from tests.e2e.hostile import Received
from tests.real_apis.conftest import Json, Situate, Situation
from tests.real_apis.recipes import Recipes, answer

from .signatures import ID, SECRET, SESSION, Verifying, by_botocore

PATH = "secret/data/aws"
KEY: Json = {"path": PATH, "kind": "aws_sigv4", "access_key_field": "id", "secret_key_field": "secret"}
STORED = {"id": ID, "secret": SECRET + "\n", "token": SESSION}
SCOPE: Json = {"region": "eu-central-1", "service": "execute-api"}


def parameter(name: str, place: str = "query", **more: Any) -> Json:
    return {"name": name, "in": place, "schema": {}, "required": place == "path", **more}


_DECLARED = [
    parameter("id", "path"),
    parameter("b"),
    parameter("a"),
    parameter("tags", schema={"type": "array"}),
    parameter("X-Amz-Target", "header"),
]
_BODY: Json = {"content": {"application/json": {"schema": {}}}}
#: Of a tool that acts and one that reads. The path has a character that need not be escaped, and is signed as if it were.
PATHS: Json = {
    "/v1/things:all/{id}": {
        "put": {"operationId": "put", "parameters": _DECLARED, "requestBody": _BODY},
        "get": {"operationId": "get", "parameters": _DECLARED},
    }
}


def arranged(situation: Situate, upstream: Recipes, credential: Json | list[Json], **settings: Any) -> Situation:
    made = situation(PATHS, server=upstream.url, manifest={"defaults": {"credential": credential, **settings}})
    made.house.store(made.report, {PATH: STORED})
    return made


@pytest.fixture
def upstream() -> Iterator[Verifying]:
    with Verifying(by_botocore("eu-central-1", "execute-api")) as upstream:
        yield upstream


ARGUMENTS: dict[str, Json] = {
    "nothing but the path": {"id": "7"},
    "an ARN in the path": {"id": "arn:aws:sns:eu-central-1:123456789012:topic/a b"},
    "a query out of order": {"id": "7", "b": "2", "a": "1"},
    "spaces, pluses and slashes": {"id": "a+b", "a": "x y+z/ä", "b": "%41&="},
    "a name several times": {"id": "7", "tags": ["b", "a", "", "a b"]},
    "an empty value": {"id": "7", "a": ""},
    "marks that some escape and some do not": {"id": "*~'()!", "a": "*~'()!"},
    "text of other scripts": {"id": "日本", "body": {"name": "Грей", "x": 1.5}},
    "a header of the API's": {"id": "7", "X-Amz-Target": "Things.Put", "body": {}},
    "a body": {"id": "7", "body": {"nested": ["a", {"b": None}]}},
    "a long body": {"id": "7", "body": "long " * 20_000},
}


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS.keys())
def test_a_request_is_signed_as_botocore_signs_it(situation: Situate, upstream: Verifying, arguments: Json) -> None:
    assert isinstance(arranged(situation, upstream, KEY | SCOPE).call("put", arguments).outcome, Succeeded)
    (request,) = upstream.requests
    assert upstream.verdicts == [""]
    assert SECRET.encode() not in request.raw


@pytest.mark.parametrize("name", ["an ARN in the path", "spaces, pluses and slashes", "a body"])
def test_s3_takes_paths_as_they_are_and_is_told_the_digest(situation: Situate, upstream: Verifying, name: str) -> None:
    upstream.judge = by_botocore("us-east-1", "s3")
    made = arranged(situation, upstream, KEY | {"region": "us-east-1", "service": "s3"})
    assert isinstance(made.call("put", ARGUMENTS[name]).outcome, Succeeded)
    assert len(upstream.requests[0].headers["x-amz-content-sha256"]) == 64


def test_a_sessions_token_goes_along_and_is_signed(situation: Situate, upstream: Verifying) -> None:
    upstream.judge = by_botocore("eu-central-1", "execute-api", SESSION)
    made = arranged(situation, upstream, KEY | SCOPE | {"session_token_field": "token"})
    assert isinstance(made.call("get", {"id": "7"}).outcome, Succeeded)
    assert "x-amz-security-token" in upstream.requests[0].headers["authorization"]


def test_what_another_credential_puts_into_the_request_is_signed(situation: Situate, upstream: Verifying) -> None:
    key = {"path": PATH, "field": "token", "place": "header", "name": "X-Api-Key"}
    in_query = {"path": PATH, "field": "token", "place": "query", "name": "key"}
    made = arranged(situation, upstream, [KEY | SCOPE, key, in_query])
    assert isinstance(made.call("get", {"id": "7", "b": "1"}).outcome, Succeeded)
    assert ";x-api-key" in upstream.requests[0].headers["authorization"]


def test_another_secret_than_aws_knows_is_refused(situation: Situate, upstream: Verifying) -> None:
    made = arranged(situation, upstream, KEY | SCOPE)
    made.house.store(made.report, {PATH: STORED | {"secret": "another"}})
    outcome = made.call("get", {"id": "7"}).outcome
    assert isinstance(outcome, ToolFailed)
    assert (outcome.http_status, upstream.verdicts) == (403, ["SignatureDoesNotMatch"])


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_wrong_is_told_with_a_cure(situation: Situate, upstream: Verifying, minutes: int) -> None:
    upstream.judge = by_botocore("eu-central-1", "execute-api", clock=timedelta(minutes=minutes))
    outcome = arranged(situation, upstream, KEY | SCOPE).call("get", {"id": "7"}).outcome
    assert isinstance(outcome, ToolFailed)
    assert "clock" in cure_of(outcome)


def test_an_attempt_that_follows_is_signed_anew(situation: Situate, upstream: Verifying) -> None:
    upstream.tell("GET", "/v1/things%3Aall/7", answer(429, b"{}", "Retry-After: 2"), answer(200))
    made = arranged(situation, upstream, KEY | SCOPE)
    assert isinstance(made.call("get", {"id": "7"}).outcome, Succeeded)
    first, second = upstream.requests
    assert upstream.verdicts == ["", ""]
    assert first.headers["x-amz-date"] < second.headers["x-amz-date"]


def test_a_redirect_is_signed_at_its_own_origin_and_never_at_another(situation: Situate, upstream: Verifying) -> None:
    with Recipes() as elsewhere:
        elsewhere.tell("GET", "/there", answer(200, b'{"there": true}'))
        upstream.tell("GET", "/v1/things%3Aall/7", answer(307, b"", "Location: /moved?b=2&a=1"))
        upstream.tell("GET", "/moved", answer(307, b"", f"Location: {elsewhere.url}/there"))
        made = arranged(situation, upstream, KEY | SCOPE, redirects=[elsewhere.url])
        assert made.call("get", {"id": "7"}).json() == {"there": True}
    assert upstream.verdicts == ["", ""]
    (last,) = elsewhere.requests
    assert not any(name == "authorization" or name.startswith("x-amz-") for name in last.headers)


def test_neither_secret_nor_token_nor_signature_comes_back(situation: Situate, upstream: Verifying) -> None:
    def echo(request: Received) -> Any:
        told = request.headers["authorization"] + SECRET + request.headers["x-amz-security-token"]
        return answer(200, told.encode(), f"X-Echo: {request.headers['authorization']}", media_type="text/plain")

    upstream.told = echo  # type: ignore[method-assign]
    made = arranged(situation, upstream, KEY | SCOPE | {"session_token_field": "token"})
    invocation = made.call("get", {"id": "7"})
    assert isinstance(invocation.outcome, Succeeded)
    signature = upstream.requests[0].headers["authorization"].partition("Signature=")[2]
    known = invocation.outcome.result.text + repr(dict(invocation.outcome.result.headers)) + made.house.log.read_text()
    assert invocation.outcome.result.text.endswith("Signature=[REDACTED][REDACTED][REDACTED]")
    assert not any(text in known for text in (SECRET, SESSION, signature))


def test_a_preview_says_for_what_it_will_be_signed_and_nothing_of_the_key(situation: Situate, upstream: Verifying) -> None:
    made = arranged(situation, upstream, KEY | SCOPE | {"session_token_field": "token"})
    request = made.house.client.invocations.preview(made.name("get"), {"id": "7"}).request
    assert request is not None
    headers = dict(request.headers)
    scope = "[day]/eu-central-1/execute-api/aws4_request"
    assert headers["Authorization"] == f"AWS4-HMAC-SHA256 Credential=[secret]/{scope}, Signature=[secret]"
    assert (headers["X-Amz-Date"], headers["X-Amz-Security-Token"]) == ("[time]", "[secret]")
