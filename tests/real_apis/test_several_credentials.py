"""An operation that requires several credentials gets all of them, and so does one whose secrets lie as people store them."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from callgate import Invocation, SandboxFailed, Succeeded
from callgate.errors import ManifestInvalid
from tests.e2e.house import House, eventually

from .conftest import ANSWERED, Json, Situate, Situation
from .recipes import Recipes, answer

API = {"type": "apiKey", "in": "header", "name": "DD-API-KEY"}
APP = {"type": "apiKey", "in": "header", "name": "DD-APPLICATION-KEY"}
SAME = {"type": "apiKey", "in": "header", "name": "dd-api-key"}
QUERY = {"type": "apiKey", "in": "query", "name": "key"}
COOKIE = {"type": "apiKey", "in": "cookie", "name": "session"}
BEARER = {"type": "http", "scheme": "bearer"}
BASIC = {"type": "http", "scheme": "basic"}
OAUTH = {"type": "oauth2", "flows": {}}
ONE = "secret/data/several-one"
TWO = "secret/data/several-two"
GET: Json = {"/x": {"get": {"operationId": "x"}}}


def at(path: str, name: str) -> Json:
    return {"path": path, "field": name}


def basic(user_and_password: str) -> str:
    return "Basic " + base64.b64encode(user_and_password.encode()).decode()


@dataclass(frozen=True)
class Row:
    """`schemes` of which one alternative requires all, unless `security` says otherwise; `expected` headers of the request."""

    schemes: Json
    credentials: Json
    secrets: Json
    expected: dict[str, str]
    security: list[Json] | None = None
    target: str = "/x"
    manifest: Json = field(default_factory=dict)
    faults: bool = False


ROWS: dict[str, Row] = {
    "two keys of two secrets": Row(
        {"a": API, "b": APP},
        {"a": at(ONE, "k"), "b": at(TWO, "k")},
        {ONE: {"k": "key-one"}, TWO: {"k": "key-two"}},
        {"dd-api-key": "key-one", "dd-application-key": "key-two"},
    ),
    "two keys of two fields of one secret": Row(
        {"a": API, "b": APP},
        {"a": at(ONE, "api"), "b": at(ONE, "app")},
        {ONE: {"api": "key-one", "app": "key-two"}},
        {"dd-api-key": "key-one", "dd-application-key": "key-two"},
    ),
    "four places at once": Row(
        {"a": API, "q": QUERY, "c": COOKIE, "b": BEARER},
        {"a": at(ONE, "a"), "q": at(ONE, "q"), "c": at(TWO, "c"), "b": at(TWO, "b")},
        {ONE: {"a": "aaaa", "q": "qq&qq"}, TWO: {"c": "cccc", "b": "bbbb"}},
        {"dd-api-key": "aaaa", "cookie": "session=cccc", "authorization": "Bearer bbbb"},
        target="/x?key=qq%26qq",
    ),
    "OAuth 2 twice in one place": Row(
        {"Oauth2": OAUTH, "Oauth2c": OAUTH},
        {"Oauth2c": at(ONE, "t")},
        {ONE: {"t": "token-one"}},
        {"authorization": "Bearer token-one"},
    ),
    "one header by two spellings": Row(
        {"a": API, "s": SAME}, {"a": at(ONE, "k"), "s": at(ONE, "k")}, {ONE: {"k": "key-one"}}, {"dd-api-key": "key-one"}
    ),
    "the alternative that has all its secrets": Row(
        {"a": API, "b": APP, "t": BEARER},
        {"a": at(ONE, "k"), "t": at(ONE, "t")},
        {ONE: {"k": "key-one", "t": "token-one"}},
        {"authorization": "Bearer token-one"},
        security=[{"a": [], "b": []}, {"t": []}],
    ),
    "a key that the document forgot, beside its scheme": Row(
        {"t": BEARER},
        {"t": at(ONE, "t"), "header:X-Account": at(TWO, "id")},
        {ONE: {"t": "token-one"}, TWO: {"id": 123456789012}},
        {"authorization": "Bearer token-one", "x-account": "123456789012"},
    ),
    "several that the manifest writes out": Row(
        {},
        {},
        {ONE: {"k": "key-one"}, TWO: {"u": "ada", "p": "pass:word"}},
        {"x-key": "key-one", "authorization": basic("ada:pass:word")},
        manifest={
            "defaults": {
                "credential": [
                    {"path": ONE, "field": "k", "place": "header", "name": "X-Key"},
                    {
                        "path": TWO,
                        "username_field": "u",
                        "password_field": "p",
                        "place": "header",
                        "name": "Authorization",
                        "prefix": "Basic ",
                        "basic": True,
                    },
                ]
            }
        },
    ),
    "a newline at the end": Row({"a": API}, {"a": at(ONE, "k")}, {ONE: {"k": "key-one\n"}}, {"dd-api-key": "key-one"}),
    "a line end of Windows": Row({"t": BEARER}, {"t": at(ONE, "t")}, {ONE: {"t": "abc\r\n"}}, {"authorization": "Bearer abc"}),
    "a newline in the query": Row({"q": QUERY}, {"q": at(ONE, "k")}, {ONE: {"k": "key\n"}}, {}, target="/x?key=key"),
    "a number": Row({"a": API}, {"a": at(ONE, "k")}, {ONE: {"k": 12345}}, {"dd-api-key": "12345"}),
    "a token with its prefix": Row(
        {"t": BEARER}, {"t": at(ONE, "t")}, {ONE: {"t": "bearer token-one"}}, {"authorization": "Bearer token-one"}
    ),
    "user and password in one field": Row(
        {"b": BASIC}, {"b": at(ONE, "up")}, {ONE: {"up": "ada:secret\n"}}, {"authorization": basic("ada:secret")}
    ),
    "user and password in two fields": Row(
        {"b": BASIC},
        {"b": {"path": ONE, "username_field": "username", "password_field": "password"}},
        {ONE: {"username": "ada\n", "password": "secret\n"}},
        {"authorization": basic("ada:secret")},
    ),
    "a password that is a number, and a key beside it": Row(
        {"b": BASIC, "a": API},
        {"b": {"path": ONE, "username_field": "u", "password_field": "p"}, "a": at(ONE, "k")},
        {ONE: {"u": "ada@example.com", "p": 2026, "k": "key-one"}},
        {"authorization": basic("ada@example.com:2026"), "dd-api-key": "key-one"},
    ),
}  # fmt: skip


def arranged(situation: Situate, row: Row) -> Situation:
    return situation(
        GET,
        components={"securitySchemes": row.schemes},
        security=row.security or ([dict.fromkeys(row.schemes, ())] if row.schemes else []),
        manifest={"credentials": row.credentials, **row.manifest},
        faults=row.faults,
    )


def called(situation: Situate, row: Row) -> Invocation:
    arrangement = arranged(situation, row)
    arrangement.house.store(arrangement.report, row.secrets)
    return arrangement.call("x")


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_all_that_an_operation_requires_is_sent(situation: Situate, recipes: Recipes, row: Row) -> None:
    recipes.tell("GET", "/x", answer(200))
    assert isinstance(called(situation, row).outcome, Succeeded)
    (request,) = recipes.requests
    assert request.path == row.target
    assert {name: request.headers[name] for name in row.expected} == row.expected


BOTH = ROWS["two keys of two secrets"]
BAD: dict[str, tuple[Row, str]] = {
    "one of two secrets is not there": (
        Row(BOTH.schemes, {"a": at(ONE, "k"), "b": at("secret/data/several-nowhere", "k")}, {ONE: {"k": "key-one"}}, {}),
        "Vault answered 404 at secret/data/several-nowhere",
    ),
    "one has another field": (
        Row(BOTH.schemes, BOTH.credentials, {ONE: {"k": "key-one"}, TWO: {"other": "key-two"}}, {}),
        f"{TWO} has no text in its field k",
    ),
    "one is a list": (
        Row(BOTH.schemes, BOTH.credentials, {ONE: {"k": ["key-one"]}, TWO: {"k": "x"}}, {}),
        f"{ONE} has no text",
    ),
    "one is line ends alone": (Row({"a": API}, {"a": at(ONE, "k")}, {ONE: {"k": "\n"}}, {}), f"{ONE} has no text"),
    "one is a prefix alone": (Row({"t": BEARER}, {"t": at(ONE, "t")}, {ONE: {"t": "Bearer "}}, {}), "empty but for its prefix"),
    "one has a line end in its middle": (Row({"a": API}, {"a": at(ONE, "k")}, {ONE: {"k": "a\nb"}}, {}), "cannot carry"),
    "a user has a colon": (
        Row(
            {"b": BASIC},
            {"b": {"path": ONE, "username_field": "u", "password_field": "p"}},
            {ONE: {"u": "a:b", "p": "secret"}},
            {},
        ),
        "colon",
    ),
    "a path has no data behind the engine": (
        Row({"a": API}, {"a": at("secret/several-one", "k")}, {ONE: {"k": "key-one"}}, {}, faults=True),
        "in a key-value engine of version 2 it is at secret/data/several-one",
    ),
}


@pytest.mark.parametrize(("row", "message"), BAD.values(), ids=BAD.keys())
def test_nothing_is_sent_where_one_secret_is_lacking_and_the_message_says_which(
    situation: Situate, recipes: Recipes, row: Row, message: str
) -> None:
    outcome = called(situation, row).outcome
    assert isinstance(outcome, SandboxFailed), outcome
    assert (outcome.fault, outcome.not_done) == ("SECRET_UNAVAILABLE", True)
    assert message in outcome.message
    assert not any(secret in outcome.message for secret in ("key-one", "key-two"))
    assert recipes.requests == []


def test_every_secret_is_taken_out_of_the_answer_and_none_is_on_record(situation: Situate, recipes: Recipes) -> None:
    one, two, word = "first/secret&one", "second+secret=two", "correct horse"
    arrangement = arranged(
        situation,
        Row(
            {"a": API, "b": BASIC, "q": QUERY},
            {"a": at(ONE, "k"), "q": at(TWO, "k"), "b": {"path": TWO, "username_field": "u", "password_field": "p"}},
            {},
            {},
        ),
    )
    arrangement.house.store(arrangement.report, {ONE: {"k": one + "\n"}, TWO: {"k": two, "u": "ada", "p": word}})
    echoed = f'{{"one": "{one}", "two": "{two}", "word": "{word}", "basic": "{basic(f"ada:{word}")}", "user": "ada"}}'
    recipes.tell("GET", "/x", answer(200, echoed.encode(), f"X-Echo: {one}; {two}; {word}"))
    invocation = arrangement.call("x")
    assert invocation.json() == {
        "one": "[REDACTED]", "two": "[REDACTED]", "word": "[REDACTED]", "basic": "[REDACTED]", "user": "ada",
    }  # fmt: skip
    known = repr(arrangement.house.client.invocations.get(invocation.id)) + arrangement.house.log.read_text()
    assert not any(secret in known for secret in (one, two, word))


def test_the_token_of_a_call_reads_exactly_these_secrets_each_once_and_is_gone(situation: Situate, recipes: Recipes) -> None:
    arrangement = arranged(situation, BOTH)
    house = arrangement.house
    house.store(arrangement.report, BOTH.secrets)
    (role,) = arrangement.report.roles
    assert {role.secret_path, *role.further_paths} == {ONE, TWO}
    assert house.vault("GET", f"auth/token/roles/{role.name}")["data"]["token_num_uses"] == 2
    policy: Any = house.vault("GET", f"sys/policies/acl/{role.name}")["data"]["policy"]
    assert all(f'"{path}"' in policy for path in (ONE, TWO))
    recipes.tell("GET", "/x", answer(200))
    assert isinstance(arrangement.call("x").outcome, Succeeded)
    eventually(lambda: house.live_tokens() == [], what="the end of the call's token")


def test_a_tool_that_gets_a_second_credential_waits_for_a_person(house: House, recipes: Recipes) -> None:
    """Which its document asks for now, and its manifest names since before."""
    manifest = json.dumps({"toolset": "growing", "server": recipes.url, "credentials": BOTH.credentials}).encode()
    changes = []
    requirements: list[Json] = [{"a": []}, {"a": [], "b": []}]
    for required in requirements:
        operation = {"operationId": "grow", "security": [required], "responses": ANSWERED}
        about = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "components": {"securitySchemes": BOTH.schemes}}
        document = json.dumps(about | {"paths": {"/x": {"get": operation}}}).encode()
        (change,) = house.client.toolsets.import_openapi(document, "growing", manifest=manifest).changes
        changes.append(change)
    assert [change.held for change in changes] == [False, True]
    assert "tool-credential-changed" in {finding.id for finding in changes[1].findings}


def test_a_scheme_of_two_fields_that_is_not_basic_is_refused(situation: Situate) -> None:
    apart = {"path": ONE, "username_field": "u", "password_field": "p"}
    with pytest.raises(ManifestInvalid, match="two fields"):
        arranged(situation, Row({"a": API}, {"a": apart}, {}, {}))
