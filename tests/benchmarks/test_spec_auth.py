"""What `specs` counts of operations that require a credential: by the document's words, and by what calls have shown."""

import json
from typing import Any

import pytest

from benchmarks.auth_kinds import Part, part_of
from benchmarks.auth_tally import AuthTally, count
from benchmarks.spec_auth import tell
from benchmarks.spec_verdict import Figures
from registry.document.loading import load
from registry.model.tool import JsonObject

KEY: JsonObject = {"type": "apiKey", "in": "header", "name": "X-Key"}
AWS: JsonObject = {"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "awsSigv4"}
SCHEMES: JsonObject = {
    "key": KEY,
    "same": KEY,
    "basic": {"type": "http", "scheme": "Basic"},
    "bearer": {"type": "http", "scheme": "BEARER"},
    "digest": {"type": "http", "scheme": "digest"},
    "code": {"type": "oauth2", "flows": {"authorizationCode": {}}},
    "implicit": {"type": "oauth2", "flows": {"implicit": {}}},
    "certificate": {"type": "mutualTLS"},
}
NONE = "Callgate has no such kind of credential"

KINDS: dict[str, tuple[Any, str]] = {
    "a header, whose name is the same in any case": (KEY, "apiKey header x-key"),
    "a parameter, whose name is not": (KEY | {"in": "query"}, "apiKey query X-Key"),
    "a method of HTTP in capitals": (SCHEMES["bearer"], "http bearer"),
    "AWS, whatever else it says": (AWS, "AWS SigV4"),
    "flows": ({"type": "oauth2", "flows": {"password": {}, "clientCredentials": {}}}, "oauth2 clientCredentials+password"),
    "no flows": ({"type": "oauth2"}, "oauth2 of no flow"),
    "flows that are a list": ({"type": "oauth2", "flows": []}, "oauth2 of no flow"),
    "OpenID Connect": ({"type": "openIdConnect", "openIdConnectUrl": "/"}, "openIdConnect"),
    "a certificate": (SCHEMES["certificate"], "mutualTLS"),
    "a type that there is not": ({"type": "hawk"}, "the type hawk"),
}


@pytest.mark.parametrize(("scheme", "kind"), KINDS.values(), ids=KINDS.keys())
def test_the_kind_of_a_scheme_is(scheme: JsonObject, kind: str) -> None:
    assert str(part_of(scheme)) == kind


@pytest.mark.parametrize(
    "part", [Part("http digest"), Part("http mutual"), Part("the type hawk"), Part("apiKey", "body", "k"), Part("apiKey")]
)
def test_what_callgate_has_no_kind_for_is_not_offered(part: Part) -> None:
    assert not part.is_offered


def counted(*required: Any, schemes: JsonObject = SCHEMES, server: str = "https://api.example.com") -> AuthTally:
    """Of a document with an operation for each of these requirements."""
    paths = {
        f"/{index}": {"get": {"security": security, "responses": {"200": {"description": "Done."}}}}
        for index, security in enumerate(required)
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Counted", "version": "1"},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"securitySchemes": schemes},
    }
    return count(load(json.dumps(document).encode()), "counted.json", 1)


FOUND: dict[str, tuple[Any, str]] = {
    "one scheme": ([{"key": []}], "apiKey header x-key"),
    "one that may be left out": ([{}, {"key": []}], "apiKey header x-key"),
    "the first alternative": ([{"basic": []}, {"key": []}], "http basic"),
    "the first that is offered": ([{"digest": []}, {"key": [], "digest": []}, {"bearer": []}], "http bearer"),
    "two schemes": ([{"key": [], "bearer": []}], "apiKey header x-key, http bearer"),
    "two flows of one client": ([{"code": ["a b"], "implicit": ["a"]}], "oauth2 authorizationCode, oauth2 implicit"),
    "a certificate": ([{"certificate": []}], "mutualTLS"),
    "a certificate and a key": ([{"certificate": [], "key": []}], "apiKey header x-key, mutualTLS"),
}


@pytest.mark.parametrize(("security", "kinds"), FOUND.values(), ids=FOUND.keys())
def test_an_operation_gets_the_credentials_of(security: Any, kinds: str) -> None:
    tally = counted(security)
    assert [(", ".join(map(str, combination)), one.count) for combination, one in tally.found.items()] == [(kinds, 1)]
    assert tally.operations == 1


LACKING: dict[str, tuple[Any, tuple[str, str]]] = {
    "a kind that is not offered": ([{"digest": []}], ("http digest", NONE)),
    "one beside it": ([{"digest": [], "key": []}], ("apiKey header x-key and http digest", NONE)),
    "a scheme that is not there": ([{"other": []}], ("a scheme that the document does not declare", NONE)),
}


@pytest.mark.parametrize(("security", "why"), LACKING.values(), ids=LACKING.keys())
def test_an_operation_that_gets_none_is_counted_with_its_reason(security: Any, why: tuple[str, str]) -> None:
    tally = counted(security)
    assert (tally.found, tally.lacking) == ({}, {why: (1, "counted.json GET /0")})


def test_two_secrets_for_one_place_do_not_both_get_there() -> None:
    ((kinds, why),) = counted([{"basic": [], "bearer": []}]).lacking
    assert kinds == "http basic and http bearer"
    assert why.startswith("the tool has not each of the credentials")


def test_an_operation_that_needs_no_credential_is_not_counted() -> None:
    assert counted([], [{}]).operations == 0


def test_a_signature_is_for_what_the_documents_host_says() -> None:
    (combination,) = counted([{"aws": []}], schemes={"aws": AWS}, server="https://sqs.eu-west-1.amazonaws.com").found
    assert combination == (Part("AWS SigV4", "eu-west-1", "sqs"),)


def test_where_no_host_says_it_the_operation_is_no_tool() -> None:
    ((_, why),) = counted([{"aws": []}], schemes={"aws": AWS}).lacking
    assert why.startswith("no tool: a signature for AWS needs the region and service")


def told(*refusals: str) -> Figures:
    """Of three operations with a key, one with basic, and one with digest: why their calls are refused."""
    figures = Figures()
    tally = counted([{"key": []}], [{"key": []}], [{"key": []}], [{"basic": []}], [{"digest": []}])
    tell(tally, dict(zip(tally.found, refusals, strict=True)), figures.show)
    return figures


def test_the_share_is_of_all_that_require_a_credential() -> None:
    shares = {"operations_with_working_auth": 4 / 5, "operations_without_working_auth": 1}
    assert told("", "").found == {"combinations_called": 2, **shares}


def test_a_call_that_is_refused_counts_for_each_operation_of_its_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    assert told("403", "").found["operations_with_working_auth"] == 1 / 5
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    listed = [line for line in lines if line.get("list") == "without_working_auth"]
    example = {"kinds": "apiKey header x-key", "reason": "403", "example": "counted.json GET /0"}
    assert listed[0] == {"list": "without_working_auth", "count": 3, **example}
    assert listed[1]["kinds"] == "http digest"
