"""A preview where all that may stand in a request stands in it at once: it has every mask, no secret, and is what is sent."""

import os
import shlex
import subprocess
import sys
from typing import Any

import pytest

from callgate import Succeeded
from tests.e2e.leaks import leaks

from .conftest import Json, Situate, Situation
from .recipes import Recipes, answer

WHERE, OTHER = "secret/data/previewed", "secret/data/previewed-too"
SCHEMES: Json = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "agent": {"type": "apiKey", "in": "header", "name": "User-Agent"},
    "sid": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "sid2": {"type": "apiKey", "in": "cookie", "name": "sid2"},
    "q": {"type": "apiKey", "in": "query", "name": "key"},
    "q2": {"type": "apiKey", "in": "query", "name": "sig"},
    "basic": {"type": "http", "scheme": "basic"},
}
VALUES = {
    "key": "header-secret",
    "agent": "agent-secret/1",
    "sid": "cookie.secret",
    "sid2": "other.cookie.secret",
    "q": "query/secret",
    "q2": "other+query=secret",
    "basic": "ada:basic secret",
}
ALONE = [*VALUES.values(), "basic secret"]
PARAMETERS: list[Json] = [
    {"name": "x-api-key", "in": "header", "schema": {"type": "string"}},
    {"name": "x-tenant", "in": "header", "schema": {"type": "string"}},
    {"name": "idempotency-key", "in": "header", "schema": {"type": "string"}},
    {"name": "X-Empty", "in": "header", "schema": {"type": "string"}},
    {"name": "c", "in": "cookie", "schema": {"type": "string"}},
    {"name": "org", "in": "query", "schema": {"type": "integer"}},
    {"name": "f", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
]


def everything(situation: Situate, **more: Any) -> Situation:
    body = {"content": {"application/json": {"schema": {"type": "object"}}}}
    made = situation(
        {"/x?fixed=1": {"post": {"operationId": "x", "parameters": PARAMETERS, "requestBody": body}}},
        components={"securitySchemes": SCHEMES},
        security=[dict.fromkeys(SCHEMES, ())],
        manifest={
            "credentials": {
                name: {"path": WHERE if index % 2 else OTHER, "field": name} for index, name in enumerate(sorted(SCHEMES))
            },
            "defaults": {
                "headers": {"X-Tenant": {"principal": "tenant"}, "accept": "application/vnd.x+json"},
                "arguments": {"org": 9007199254740993},
                "upstream_key": {"header": "Idempotency-Key"},
            },
        },
        faults=True,
        **more,
    )
    stored = {path: {name: VALUES[name] for name in SCHEMES} for path in (WHERE, OTHER)}
    made.house.store(made.report, stored)
    return made


ARGUMENTS: Json = {"X-Empty": "", "c": "a", "f": ["[1]", "{2}"], "body": {"q": 'it\'s "$HOME"'}}


def test_it_masks_every_secret_and_all_else_is_what_is_sent(situation: Situate, recipes: Recipes) -> None:
    made = everything(situation)
    preview = made.house.client.invocations.preview(made.name("x"), ARGUMENTS)
    assert preview.refusals == ()
    assert preview.request is not None
    assert leaks(ALONE, {"preview": repr(preview).encode()}) == []
    told = {name.lower(): value for name, value in preview.request.headers}
    assert len(told) == len(preview.request.headers)
    assert "".join([preview.request.url, *told.values()]).count("[secret]") == len(SCHEMES)
    recipes.tell("POST", "/x", answer(200))
    assert isinstance(made.call("x", ARGUMENTS).outcome, Succeeded)
    (sent,) = recipes.requests
    assert set(sent.headers) - set(told) <= {"host", "content-length", "connection", "traceparent", "accept-encoding"}
    assert set(told) <= set(sent.headers)
    unsecret = {"authorization", "x-api-key", "user-agent", "cookie", "idempotency-key"}
    assert {name: value for name, value in told.items() if name not in unsecret}.items() <= sent.headers.items()
    assert sent.headers["cookie"].count("=") == told["cookie"].count("=") == 3
    before, _, _ = preview.request.url.removeprefix(recipes.url).partition("[secret]")
    assert sent.path.startswith(before)
    assert sent.path.count("=") == preview.request.url.count("=") == 6
    assert "org=9007199254740993" in sent.path
    assert sent.raw.partition(b"\r\n\r\n")[2] == preview.request.body
    assert all(sent.raw.lower().count(b"\r\n%b:" % name.encode()) == 1 for name in told)


def test_its_command_for_curl_sends_the_same(situation: Situate, recipes: Recipes) -> None:
    """Run as a person would, once the masks are there no more."""
    made = everything(situation)
    environment = {**os.environ, "CALLGATE_ADDRESS": made.house.address, "CALLGATE_TOKEN": made.house.state.token.read_text()}
    words = ["try", made.name("x"), "c=a", 'f=["[1]","{2}"]', 'body={"q": "it\'s \\"$HOME\\""}']
    done = subprocess.run(
        [sys.executable, "-P", "-c", "from gateway.cli import main; main()", *words],
        env=environment, capture_output=True, timeout=60, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown = done.stdout
    assert leaks(ALONE, {"shown": (shown + done.stderr).encode()}) == []
    command = shown[shown.index("curl -X") :].split("\n\n")[0].strip()
    recipes.tell("POST", "/x", answer(200))
    words = [word.replace("[secret]", "s") for word in shlex.split(command)]
    subprocess.run([*words, "--silent", "--show-error", "--noproxy", "*"], check=True, timeout=30, capture_output=True)
    given = {name: value for name, value in ARGUMENTS.items() if name != "X-Empty"}
    preview = made.house.client.invocations.preview(made.name("x"), given).request
    assert preview is not None
    (sent,) = recipes.requests
    told = {name.lower(): value.replace("[secret]", "s") for name, value in preview.headers}
    assert {name: sent.headers.get(name) for name in told} == told
    assert set(sent.headers) - set(told) == {"host", "content-length"}
    assert recipes.url + sent.path == preview.url.replace("[secret]", "s")
    assert sent.raw.partition(b"\r\n\r\n")[2] == preview.body


@pytest.mark.parametrize("name", ["x-api-key", "X-API-KEY", "idempotency-key", "x-tenant", "X-Tenant", "org"])
def test_no_caller_fills_what_is_filled_already(situation: Situate, recipes: Recipes, name: str) -> None:
    made = everything(situation)
    preview = made.house.client.invocations.preview(made.name("x"), ARGUMENTS | {name: "1"})
    assert [one.reason for one in preview.refusals] == ["ARGUMENTS_INVALID"]
