"""One contract, two bodies: the SDK's FakeGateway, and a gateway's edge and pipeline over an upstream on loopback.

The upstream does with a request what a FakeGateway's function does with a call: both follow one script.
"""

import json
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
import pytest

from callgate import (
    AsyncClient,
    DeclareFailed,
    DeclareSucceeded,
    Effect,
    FaultCode,
    Result,
    State,
    Succeeded,
    ToolFailed,
    Unknown,
    errors,
)
from callgate.status import BY_REASON
from callgate.testing import FakeGateway
from callgate.testing.refusals import ROWS
from callgate.v1.catalog_service_pb2_grpc import add_CatalogServiceServicer_to_server
from callgate.v1.invocation_service_pb2_grpc import add_InvocationServiceServicer_to_server
from callgate.v1.recording_service_pb2_grpc import add_RecordingServiceServicer_to_server
from callgate.v1.review_service_pb2_grpc import add_ReviewServiceServicer_to_server
from callgate.v1.run_service_pb2_grpc import add_RunServiceServicer_to_server
from gateway.decisions.policy import Policy, Rule
from gateway.edge.grpc.boundary import Boundary
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.edge.grpc.invocation_service import InvocationEdge
from gateway.edge.grpc.recording_service import RecordingEdge
from gateway.edge.grpc.review_service import ReviewEdge
from gateway.edge.grpc.run_service import RunEdge
from gateway.edge.grpc.status import TABLE
from gateway.model.principal import Caller
from registry.compiler.compiler import compile_document
from registry.document.loading import load
from registry.manifest.toolset import ToolsetHeader
from tests.gateway.edge.grpc.serving import knowing
from tests.gateway.pipeline.desk import CALLER, NO_VAULT, Desk
from tests.gateway.pipeline.upstreams import LOOPBACK

TOKEN = "a-token"
KEY = "a-key-of-sixteen-characters"
BODY = {"body": {"item": "tea"}}
MAY = Rule(("*",), may_review=True, may_record=True)

ANSWERS, HANGS_UP, IS_BUSY, FAILS, HOLDS = "answers", "hangs up", "is busy", "fails", "holds"
STREAMS = "streams"


@dataclass
class Script:
    """What the tools do, one word for each time; and how often they did something."""

    does: deque[str] = field(default_factory=deque)
    done: int = 0
    held: threading.Event = field(default_factory=threading.Event)

    def next(self) -> str:
        self.done += 1
        word = self.does.popleft() if self.does else ANSWERS
        if word == HOLDS:
            self.held.wait(30)
        return word


@dataclass(frozen=True)
class Subject:
    """A gateway, and what its tools do."""

    address: str
    token: str
    script: Script

    def client(self, **options: Any) -> AsyncClient:
        return AsyncClient(self.address, **{"token": self.token, **options})


def answer_of(word: str) -> Any:
    """What a function answers in place of the upstream."""
    told: dict[str, Any] = {
        HANGS_UP: Unknown("the upstream hung up"),
        IS_BUSY: ToolFailed(Result(429, "", b""), FaultCode.HTTP_STATUS, "busy", False, not_done=True),
        FAILS: ToolFailed(Result(400, "", b""), FaultCode.HTTP_STATUS, "no", False),
    }
    return ({"n": number} for number in (1, 2)) if word == STREAMS else told.get(word, {"id": 7})


def nested(levels: int) -> dict[str, Any]:
    return {"body": nested(levels - 1)} if levels else {}


@asynccontextmanager
async def fake(script: Script) -> AsyncIterator[Subject]:
    async with FakeGateway() as gateway:

        @gateway.tool
        def act(body: dict[str, Any]) -> Any:
            return answer_of(script.next())

        @gateway.tool(effect=Effect.READ)
        def look() -> Any:
            return answer_of(script.next())

        yield Subject(gateway.address, gateway.token, script)


class Door(BaseHTTPRequestHandler):
    script: Script

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def do_GET(self) -> None:
        word = self.script.next()
        self.close_connection = True
        if word != HANGS_UP:
            self.send_response({IS_BUSY: 429, FAILS: 400}.get(word, 200))
            self.send_header("Content-Type", "application/x-ndjson" if word == STREAMS else "application/json")
            self.end_headers()
            self.wfile.write(b'{"n": 1}\n{"n": 2}\n' if word == STREAMS else b'{"id": 7}')

    def log_message(self, *_: object) -> None:
        """A test's output is its own."""


@contextmanager
def upstream(script: Script) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Scripted", (Door,), {"script": script}))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def document() -> bytes:
    answer = {"responses": {"200": {"description": "done"}}}
    item = {"type": "object", "properties": {"item": {"type": "string"}}}
    body = {"required": True, "content": {"application/json": {"schema": item}}}
    paths = {
        "/act": {"post": {"operationId": "act", "requestBody": body, **answer}},
        "/look": {"get": {"operationId": "look", **answer}},
    }
    return json.dumps({"openapi": "3.1.0", "info": {"title": "Scripted", "version": "1"}, "paths": paths}).encode()


@asynccontextmanager
async def real(script: Script) -> AsyncIterator[Subject]:
    with upstream(script) as url:
        desk = Desk(rule=MAY)
        await desk.catalog.add(compile_document(load(document()), ToolsetHeader("scripted", url)).drafts)
        authentication, policy = knowing({TOKEN: Caller(CALLER, MAY)}), Policy(private=LOOPBACK, vault=NO_VAULT)
        server = grpc.aio.server(interceptors=[Boundary()])
        invocations = InvocationEdge(authentication, desk.calls_in_flight(), desk.ledger, desk.previews, runs=desk.ledger.runs)
        add_InvocationServiceServicer_to_server(invocations, server)
        add_ReviewServiceServicer_to_server(ReviewEdge(authentication, desk.reviews), server)
        add_CatalogServiceServicer_to_server(CatalogEdge(authentication, policy, desk.catalogs), server)
        add_RunServiceServicer_to_server(RunEdge(authentication, desk.runs), server)
        recordings = RecordingEdge(authentication, desk.invoker.replay_and_cache.recordings, policy)
        add_RecordingServiceServicer_to_server(recordings, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        yield Subject(f"127.0.0.1:{port}", TOKEN, script)
        script.held.set()
        await server.stop(None)
        await desk.close()


@pytest.fixture(params=[fake, real], ids=["fake", "gateway"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with request.param(Script()) as subject:
        yield subject
        subject.script.held.set()


@pytest.fixture
async def client(subject: Subject) -> AsyncIterator[AsyncClient]:
    async with subject.client() as client:
        yield client


async def test_a_search_finds_what_fits_and_is_wanted(client: AsyncClient) -> None:
    assert [one.tool.name for one in await client.tools.search("Act on an item")] == ["act"]
    (look,) = await client.tools.search("look, act", effects=[Effect.READ])
    assert (look.tool, look.score > 0) == (await client.tools.get("look"), True)
    assert await client.tools.search("act", toolset="another") == ()
    assert await client.tools.search("act", tags=["another"]) == ()
    assert await client.tools.search("weather") == ()


@pytest.mark.parametrize("how", [{"query": " "}, {"query": "x" * 1001}, {"limit": 51}, {"tags": [""]}, {"tags": ["x"] * 21}])
async def test_a_search_out_of_bounds_is_refused(client: AsyncClient, how: dict[str, Any]) -> None:
    with pytest.raises(errors.RequestInvalid) as refused:
        await client.tools.search(**{"query": "act", **how})
    assert refused.value.reason == "REQUEST_INVALID"


async def test_a_call_is_answered_and_the_same_call_from_its_record(subject: Subject, client: AsyncClient) -> None:
    first, again = [await client.call("act", BODY, key=KEY) for _ in range(2)]
    looked = await client.call("look", {})
    assert (first.key_retention, looked.key_retention) == (7 * 86_400, 3_600)
    assert first.json() == again.json() == {"id": 7}
    assert (first.from_record, again.from_record) == (False, True)
    assert (first.id, first.tool, first.state, len(first.attempts)) == (again.id, "act@1.0.0", State.SUCCEEDED, 1)
    assert (first.under_review, first.run_id, first.outcome_source) == (False, "", "")
    assert first.ended is not None
    assert first.key_expires == first.ended + timedelta(seconds=first.key_retention)
    assert subject.script.done == 2


@pytest.mark.parametrize(("tool", "arguments"), [("act", {"body": {"item": "coffee"}}), ("look", {}), ("act@1.0.0", BODY)])
async def test_a_key_belongs_to_one_call(subject: Subject, client: AsyncClient, tool: str, arguments: Any) -> None:
    first = await client.call("act", BODY, key=KEY)
    with pytest.raises(errors.KeyReused) as refused:
        await client.call(tool, arguments, key=KEY)
    assert (refused.value.invocation_id, subject.script.done) == (first.id, 1)


async def test_a_call_under_way_is_attached_to_and_made_once(subject: Subject, client: AsyncClient) -> None:
    subject.script.does.append(HOLDS)
    begun = await client.call("act", BODY, key=KEY, wait=0)
    attached = await client.call("act", BODY, key=KEY, wait=0)
    assert (begun.outcome, attached.outcome, begun.id) == (None, None, attached.id)
    assert (attached.from_record, attached.attempts) == (False, ())
    subject.script.held.set()
    assert isinstance((await client.invocations.handle(begun.id).wait(timeout=20)).outcome, Succeeded)
    assert (await client.call("act", BODY, key=KEY)).from_record
    assert subject.script.done == 1


async def test_a_call_of_unknown_outcome_waits_for_a_person(subject: Subject, client: AsyncClient) -> None:
    subject.script.does.append(HANGS_UP)
    lost = await client.call("act", BODY, key=KEY)
    assert isinstance(lost.outcome, Unknown)
    assert (lost.state, lost.under_review, lost.key_expires) == (State.UNKNOWN, True, None)
    handle = client.invocations.handle(lost.id)
    assert [event.number async for event in handle.watch(until_settled=True, timeout=20)]
    (review,) = [one async for one in client.reviews.list()]
    assert (review.invocation.id, review.open, review.request.arguments) == (lost.id, True, BODY)

    decided = await client.reviews.decide(lost.id, DeclareSucceeded({"id": 8}), reason="it happened")
    assert (decided.open, decided.reason) == (False, "it happened")
    found = await client.call("act", BODY, key=KEY)
    assert (found.json(), found.outcome_source, found.under_review) == ({"id": 8}, "review", False)
    assert found.raise_for_outcome().result.http_status == 0
    with pytest.raises(errors.ReviewNotOpen):
        await client.reviews.decide(lost.id, DeclareFailed(), reason="no")
    assert [one async for one in client.reviews.list()] == []
    assert subject.script.done == 1


async def test_a_person_declares_it_failed(subject: Subject, client: AsyncClient) -> None:
    subject.script.does.append(HANGS_UP)
    lost = await client.call("act", BODY, key=KEY)
    assert [event async for event in client.invocations.handle(lost.id).watch(until_settled=True, timeout=20)]
    await client.reviews.decide(lost.id, DeclareFailed(effect_possible=True), reason="give up")
    found = await client.invocations.get(lost.id)
    assert isinstance(found.outcome, ToolFailed)
    assert (found.outcome.fault, found.outcome.effect_possible) == (FaultCode.REVIEWED, True)


async def test_what_was_never_under_review_has_none(client: AsyncClient) -> None:
    done = await client.call("act", BODY, key=KEY)
    with pytest.raises(errors.InvocationNotFound):
        await client.reviews.get(done.id)
    with pytest.raises(errors.InvocationNotFound):
        await client.reviews.decide(done.id, DeclareFailed(), reason="no", attempts_seen=None)


@pytest.mark.parametrize(
    ("reason", "seen", "kind"),
    [
        ("", 1, errors.RequestInvalid),
        ("a\nb", 1, errors.RequestInvalid),
        ("x" * 1001, 1, errors.RequestInvalid),
        ("x", 2, errors.ReviewNotOpen),
    ],
)
async def test_a_decision_has_a_reason_and_is_about_what_its_author_has_seen(
    subject: Subject, client: AsyncClient, reason: str, seen: int, kind: type[errors.CallgateError]
) -> None:
    subject.script.does.append(HANGS_UP)
    lost = await client.call("act", BODY, key=KEY)
    assert [event async for event in client.invocations.handle(lost.id).watch(until_settled=True, timeout=20)]
    with pytest.raises(kind):
        await client.reviews.decide(lost.id, DeclareFailed(), reason=reason, attempts_seen=seen)
    assert (await client.reviews.get(lost.id)).open


async def test_what_was_not_done_leaves_its_key_free(subject: Subject, client: AsyncClient) -> None:
    subject.script.does.extend([IS_BUSY] * 9)
    refused = await client.call("act", BODY, key=KEY)
    assert isinstance(refused.outcome, ToolFailed)
    assert refused.outcome.not_done
    assert (refused.outcome.http_status, refused.under_review) == (429, False)
    subject.script.does.clear()
    made = await client.call("act", {"body": {"item": "coffee"}}, key=KEY)
    assert (made.id, made.json(), made.from_record) == (refused.id, {"id": 7}, False)


async def test_a_failure_that_is_an_answer_is_recorded(subject: Subject, client: AsyncClient) -> None:
    subject.script.does.append(FAILS)
    first, again = [await client.call("look", {}, key=KEY) for _ in range(2)]
    assert (isinstance(first.outcome, ToolFailed) and first.outcome == again.outcome) or first.outcome is not None
    assert (first.state, again.from_record, subject.script.done) == (State.FAILED, True, 1)


@pytest.mark.parametrize(
    ("tool", "arguments", "kind"),
    [
        ("none", {}, errors.ToolNotFound),
        ("act@2", BODY, errors.ToolNotFound),
        ("act", {}, errors.ArgumentsInvalid),
        ("look", {"extra": 1}, errors.ArgumentsInvalid),
        ("act", {"body": "tea"}, errors.ArgumentsInvalid),
        ("act", {"body": None}, errors.ArgumentsInvalid),
        ("act", {"body": {"number": 1 << 64}}, errors.ArgumentsInvalid),
        ("act", {"body": nested(64)}, errors.ArgumentsInvalid),
        ("act@", BODY, errors.RequestInvalid),
        ("act@latest", BODY, errors.RequestInvalid),
        ("act ", BODY, errors.RequestInvalid),
        ("act@1.0.0.0", BODY, errors.RequestInvalid),
    ],
)
async def test_what_is_refused_leaves_no_record(
    subject: Subject, client: AsyncClient, tool: str, arguments: Any, kind: type[errors.CallgateError]
) -> None:
    with pytest.raises(kind) as refused:
        await client.call(tool, arguments, key=KEY)
    assert bool(refused.value.violations) == (kind is errors.ArgumentsInvalid)
    assert await client.invocations.find(KEY) is None
    assert subject.script.done == 0


async def test_the_events_of_a_call_are_numbered_and_read_from_any_on(client: AsyncClient) -> None:
    handle = client.invocations.handle((await client.call("act", BODY, key=KEY)).id)
    settled = [event async for event in handle.watch(until_settled=True, timeout=20)]
    assert [event.number for event in settled] == list(range(1, len(settled) + 1))
    kinds = [event.kind for event in settled]
    assert [kind for kind in kinds if kind in ("CLAIMED", "DISPATCHED", "RECORDED")] == ["CLAIMED", "DISPATCHED", "RECORDED"]
    assert kinds.index("RECORDED") < kinds.index("BOX_REMOVED") if "BOX_REMOVED" in kinds else True
    assert [event async for event in handle.watch(after=2, until_settled=True, timeout=20)] == settled[2:]
    assert [event.kind async for event in handle.watch(timeout=20)][-1] in ("RECORDED", kinds[-1])


async def test_a_streamed_answer_has_events_and_a_result(subject: Subject, client: AsyncClient) -> None:
    subject.script.does.append(STREAMS)
    stream = client.stream("act", BODY, key=KEY)
    events = [event async for event in stream]
    assert [(event.attempt, event.number, event.json()) for event in events] == [(1, 1, {"n": 1}), (1, 2, {"n": 2})]
    assert stream.invocation is not None
    assert isinstance(stream.invocation.outcome, Succeeded)
    assert stream.invocation.outcome.result.body == b'{"n": 1}\n{"n": 2}\n'
    again = client.stream("act", BODY, key=KEY)
    assert [event async for event in again] == events
    handle = client.invocations.handle(stream.invocation.id)
    assert [event async for event in handle.answer_events()] == events
    assert [event async for event in handle.answer_events(after=events[0])] == events[1:]
    assert subject.script.done == 1


async def test_an_answer_that_is_no_stream_has_no_events(client: AsyncClient) -> None:
    stream = client.stream("act", BODY, key=KEY)
    assert [event async for event in stream] == []
    assert stream.invocation is not None
    assert stream.invocation.json() == {"id": 7}


@pytest.mark.parametrize("tool", ["act", "look"])
async def test_a_call_that_is_cancelled_says_whether_it_may_have_acted(
    subject: Subject, client: AsyncClient, tool: str
) -> None:
    subject.script.does.append(HOLDS)
    begun = await client.call(tool, BODY if tool == "act" else {}, key=KEY, wait=0)
    async for event in client.invocations.handle(begun.id).watch(timeout=20):
        if event.kind == "DISPATCHED":
            break
    await client.invocations.handle(begun.id).cancel()
    ended = await client.invocations.handle(begun.id).wait(timeout=20)
    assert ended.state is (State.UNKNOWN if tool == "act" else State.CANCELLED)


@pytest.mark.parametrize("tool", ["act", "look"])
async def test_a_call_whose_time_is_over_says_whether_it_may_have_acted(
    subject: Subject, client: AsyncClient, tool: str
) -> None:
    subject.script.does.extend([HOLDS] * 9)
    ended = await client.call(tool, BODY if tool == "act" else {}, key=KEY, timeout=1)
    assert ended.state is (State.UNKNOWN if tool == "act" else State.FAILED)
    assert ended.under_review == (tool == "act")


async def test_calls_are_listed_the_last_first_by_what_is_asked_for(client: AsyncClient) -> None:
    act = (await client.call("act", BODY, key=KEY, run_id="thread-7")).id
    look = (await client.call("look", {}, key=f"{KEY}-2")).id
    assert [one.id async for one in client.invocations.list()] == [look, act]
    for wanted, found in (
        ({"tool": "act"}, [act]),
        ({"tool": "look@1.0.0"}, [look]),
        ({"run_id": "thread-7"}, [act]),
        ({"key": KEY}, [act]),
        ({"states": [State.SUCCEEDED]}, [look, act]),
        ({"states": [State.UNKNOWN]}, []),
    ):
        assert [one.id async for one in client.invocations.list(**wanted)] == found, wanted
    told = await client.invocations.find(KEY)
    assert told is not None
    assert [one.id async for one in client.invocations.list(until=told.accepted)] == []


async def test_what_no_list_can_be_asked_for_is_refused(client: AsyncClient) -> None:
    for ask in (client.tools.list(name="x" * 201), client.invocations.list(states=[State.UNSPECIFIED])):
        with pytest.raises(errors.RequestInvalid):
            await anext(ask)


async def test_tools_are_found_by_name_and_version(client: AsyncClient) -> None:
    assert [tool.name async for tool in client.tools.list()] == ["act", "look"]
    for reference in ("act", "act@1", "act@1.0", "act@1.0.0"):
        assert (await client.tools.get(reference)).reference == "act@1.0.0"
    tool = await client.tools.get("act")
    assert (await client.tools.get(f"act@{tool.digest}")) == tool
    with pytest.raises(errors.ToolNotFound):
        await client.tools.get("act@1.1")


async def test_a_stranger_is_refused(subject: Subject) -> None:
    async with subject.client(token="another") as stranger:
        with pytest.raises(errors.Unauthenticated):
            await stranger.call("act", BODY)


async def test_an_invocation_that_is_not_there_is_not_found(client: AsyncClient) -> None:
    handle = client.invocations.handle("inv_none")
    for ask in (client.invocations.get("inv_none"), handle.cancel(), handle.wait(), client.reviews.get("inv_none")):
        with pytest.raises(errors.InvocationNotFound):
            await ask


def test_each_refusal_has_the_status_that_a_gateway_gives_it() -> None:
    known = {(BY_REASON[row.reason], row.code, row.retryable) for row in TABLE.values()}
    told = {(kind, row.code, row.retryable) for kind, row in ROWS.items() if kind is not errors.GatewayDefect}
    assert told <= known
    assert set(ROWS) == set(BY_REASON.values()) - {errors.RequestCancelled}
