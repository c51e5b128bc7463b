"""Container tools from end to end: a document and a manifest, an image of the tool's author, and a call through the SDK."""

import base64
import json
import secrets
from typing import Any, Protocol

import docker
import pytest

from callgate import Effect, Evidence, Invocation, LimitExceeded, Succeeded, TimedOut, ToolFailed, Unknown
from registry.model.tool import JsonObject

from .collector import Collector, Seen
from .conftest import OpenShop
from .hostile import Hostile
from .house import House, eventually, within

Outcome = ToolFailed | LimitExceeded | TimedOut

TOOLSET = "programs"
ORDER = {"type": "object", "required": ["do"], "properties": {"do": {"type": "string"}}, "additionalProperties": True}
ANSWERS = {"200": {"description": "whatever it wrote", "content": {"application/json": {"schema": {}}}}}


def document(*names: str) -> bytes:
    """Operations whose bodies are the program's orders."""
    body = {"required": True, "content": {"application/json": {"schema": ORDER}}}
    paths = {f"/{name}": {"post": {"operationId": name, "requestBody": body, "responses": ANSWERS}} for name in names}
    return json.dumps({"openapi": "3.1.0", "info": {"title": "programs", "version": "1"}, "paths": paths}).encode()


@pytest.fixture
def image(tool_image: str, dockerd: docker.APIClient) -> str:
    """The tool's image, by its content."""
    return str(dockerd.inspect_image(tool_image)["Id"])


class Call(Protocol):
    """Offers a container tool, declared so, and calls it once."""

    def __call__(self, order: JsonObject, *, settings: JsonObject | None = None, **container: object) -> Invocation: ...


@pytest.fixture
def call(house: House, image: str) -> Call:
    def run(order: JsonObject, *, settings: JsonObject | None = None, **container: object) -> Invocation:
        name = f"run_{secrets.token_hex(4)}"
        program = {"image": image, "command": ["/bin/tool", "unwrap"], **container}
        manifest = {"toolset": TOOLSET, "operations": {name: {"container": program, **(settings or {})}}}
        report = house.client.toolsets.import_openapi(document(name), TOOLSET, manifest=json.dumps(manifest).encode())
        assert report.faults == ()
        return house.client.call(name, {"body": order})

    return run


def result(invocation: Invocation) -> Any:
    assert isinstance(invocation.outcome, Succeeded), invocation.outcome
    return json.loads(invocation.outcome.result.body)


def test_a_program_answers_and_its_effect_is_proven(call: Call) -> None:
    invocation = call({"do": "echo", "text": "hi"})
    assert result(invocation) == {"text": "hi"}
    assert invocation.effect is Effect.PURE
    (attempt,) = invocation.attempts
    assert (attempt.evidence, attempt.http_status, attempt.connections) == (Evidence.RESPONDED, 0, ())


def test_a_program_that_uses_no_way_out_was_not_let_go(call: Call, house: House) -> None:
    invocation = call({"do": "echo", "text": "hi"}, egress=["api.example:443"])
    assert invocation.effect is Effect.NON_IDEMPOTENT
    kinds = house.settle(invocation.id)
    assert "RECORDED" in kinds
    assert "DISPATCHED" not in kinds


def garbage(content: bytes) -> JsonObject:
    return {"do": "write", "bytes": base64.b64encode(content).decode()}


NO_PROGRAM = {"command": ["/bin/no-such-program"]}
ABSENT = {"image": f"sha256:{'0' * 64}"}
SHORT: JsonObject = {"settings": {"limits": {"timeout": 5, "attempt_timeout": 1, "max_attempts": 1}}}

ENDINGS: dict[str, tuple[JsonObject, JsonObject, type[Outcome], str | None]] = {
    "an image that does not exist": ({}, ABSENT, ToolFailed, "IMAGE_MISSING"),
    "a program that does not exist": ({}, NO_PROGRAM, ToolFailed, "PROGRAM_NOT_STARTED"),
    "one that exits at once": ({"do": "leave", "code": 1, "text": "no"}, {}, ToolFailed, "PROGRAM_FAILED"),
    "one that says nothing": ({"do": "leave", "code": 0}, {}, ToolFailed, "OUTPUT_INVALID"),
    "garbage": (garbage(bytes(range(256))), {}, ToolFailed, "OUTPUT_INVALID"),
    "invalid JSON": (garbage(b'{"a": '), {}, ToolFailed, "OUTPUT_INVALID"),
    "NaN": (garbage(b'{"a": NaN}'), {}, ToolFailed, "OUTPUT_INVALID"),
    "depth 10,000": (garbage(b"[" * 10_000 + b"]" * 10_000), {}, ToolFailed, "OUTPUT_INVALID"),
    "10 MB on one line": ({"do": "flood", "count": 10_000_000}, {}, LimitExceeded, "response_bytes"),
    "more memory than there is": ({"do": "eat"}, {"memory_bytes": 64 << 20}, LimitExceeded, "memory"),
    "no end": ({"do": "sleep", "milliseconds": 60_000}, SHORT, TimedOut, None),
}


@pytest.mark.slow
@pytest.mark.parametrize(("order", "changes", "kind", "whose"), ENDINGS.values(), ids=ENDINGS.keys())
def test_a_bad_program_has_an_outcome_that_says_whose_fault_it_was(
    call: Call, order: JsonObject, changes: JsonObject, kind: type[Outcome], whose: str | None
) -> None:
    with within(20):
        outcome = call(order or {"do": "echo"}, **changes).outcome
    assert isinstance(outcome, kind), outcome
    assert (getattr(outcome, "fault", None) or getattr(outcome, "limit", None)) == whose
    assert not getattr(outcome, "effect_possible", False)


def test_a_program_reaches_what_its_manifest_names_and_its_way_is_on_record(
    call: Call, hostile: Hostile, house: House, collector: Collector
) -> None:
    place = hostile.url.removeprefix("http://")
    invocation = call({"do": "fetch", "url": f"{hostile.url}/plain"}, egress=[f"http://{place}"])
    assert result(invocation)["status"] == 200
    assert invocation.effect is Effect.NON_IDEMPOTENT
    (attempt,) = invocation.attempts
    (connection,) = attempt.connections
    assert (f"{connection.host}:{connection.port}", connection.address, connection.verdict) == (place, "127.0.0.1", "open")
    assert connection.bytes_out > 0
    eventually(lambda: spans_of_attempts(collector, invocation), what="the span of the attempt")
    (span,) = spans_of_attempts(collector, invocation)
    assert [value.string_value for value in span.attributes["callgate.egress.hosts"].values] == [place]
    assert [value.string_value for value in span.attributes["callgate.egress.verdicts"].values] == ["open"]
    assert [value.int_value for value in span.attributes["callgate.egress.bytes_out"].values] == [connection.bytes_out]


def spans_of_attempts(collector: Collector, invocation: Invocation) -> list[Seen]:
    return [span for span in collector.of(invocation.trace_id) if span.name == "callgate.attempt"]


@pytest.mark.slow
def test_what_breaks_after_it_may_have_sent_is_not_repeated(call: Call, hostile: Hostile) -> None:
    place = hostile.url
    limits = {"limits": {"timeout": 10, "attempt_timeout": 2, "max_attempts": 3}}
    invocation = call({"do": "fetch", "url": f"{place}/hang"}, egress=[place], settings=limits)
    assert isinstance(invocation.outcome, Unknown)
    assert len(invocation.attempts) == 1


def test_the_runner_adds_the_secret_that_the_program_never_holds(house: House, shop: OpenShop, image: str) -> None:
    name, place, path = "list_orders_by_program", shop.url.removeprefix("http://"), "secret/data/by_program"
    credential = {"path": path, "field": "token", "place": "header", "name": "Authorization", "prefix": "Bearer "}
    container = {"image": image, "command": ["/bin/tool", "unwrap"], "egress": [shop.url]}
    manifest = {"toolset": TOOLSET, "operations": {name: {"container": container, "credential": credential, "effect": "READ"}}}
    report = house.client.toolsets.import_openapi(document(name), TOOLSET, manifest=json.dumps(manifest).encode())
    assert report.faults == ()
    house.provide(report, path, shop.token)
    invocation = house.client.call(name, {"body": {"do": "fetch", "url": f"http://{place}/orders"}})
    assert result(invocation)["status"] == 200
    assert shop.token not in str(invocation)
    assert len(shop.state.traceparents) == 1
