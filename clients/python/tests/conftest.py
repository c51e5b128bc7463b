"""A real gRPC server on loopback that answers as it is told, and both clients against it."""
# ruff: noqa: N802 - gRPC names a servicer's methods

import asyncio
import contextvars
import inspect
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias, TypeVar

import grpc
import pytest

from callgate import AsyncClient, AsyncRun, Client
from callgate.retry import Pacing
from callgate.session import Noun
from callgate.v1 import catalog_service_pb2 as catalog
from callgate.v1 import (
    catalog_service_pb2_grpc,
    error_pb2,
    invocation_pb2,
    invocation_service_pb2_grpc,
    review_service_pb2_grpc,
    tool_pb2,
)
from callgate.v1 import invocation_service_pb2 as invocations
from callgate.v1 import review_service_pb2 as reviews

TOKEN = "a-token-for-tests"
Context: TypeAlias = grpc.ServicerContext
Connection = TypeVar("Connection", Client, AsyncClient)


def make_tool(name: str) -> tool_pb2.Tool:
    schema = b'{"type":"object"}'
    return tool_pb2.Tool(name=name, version="1.0.0", digest="sha256:00", input_schema_json=schema, effect=tool_pb2.EFFECT_READ)


def succeeded(body: bytes = b'{"ok":true}') -> invocation_pb2.Outcome:
    return invocation_pb2.Outcome(
        succeeded=invocation_pb2.Succeeded(result=invocation_pb2.ToolResult(http_status=200, body=body))
    )


@dataclass
class Refusal:
    """What an RPC ends in, in place of an answer."""

    code: grpc.StatusCode
    detail: error_pb2.ErrorDetail | None = None
    first: Callable[[], None] | None = None
    text: str = "as the script says"


@dataclass
class Gateway(
    invocation_service_pb2_grpc.InvocationServiceServicer,
    catalog_service_pb2_grpc.CatalogServiceServicer,
    review_service_pb2_grpc.ReviewServiceServicer,
):
    """Each RPC first uses up one entry of `script`, a refusal or something to do; without one it answers."""

    script: deque[Refusal | Callable[[], None]] = field(default_factory=deque)
    requests: list[Any] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    """Idempotency key → invocation, for those who look for one."""
    metadata: list[dict[str, Any]] = field(default_factory=list)
    outcome: invocation_pb2.Outcome = field(default_factory=succeeded)
    ended: threading.Event | None = None
    """Where there is one, a call is under way until it is set."""
    under_way: int = 0
    """How many calls are answered without an outcome first."""
    attempts: int = 1
    """How many attempts the call under review has."""
    events: int = 5
    events_before_break: int | None = None
    heartbeats_before_break: int = 0
    """How many watches are broken off after no more than a heartbeat."""
    settles: bool = True
    progress: tuple[int, ...] = (0, 3, 5)
    reports: bool = True
    ended_streams: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    unsettled: threading.Event = field(default_factory=threading.Event)
    address: str = "127.0.0.1:0"
    _server: Any = None

    preview: invocations.PreviewInvocationResponse = field(default_factory=invocations.PreviewInvocationResponse)

    def start(self) -> None:
        self._server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
        invocation_service_pb2_grpc.add_InvocationServiceServicer_to_server(self, self._server)
        catalog_service_pb2_grpc.add_CatalogServiceServicer_to_server(self, self._server)
        review_service_pb2_grpc.add_ReviewServiceServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port(self.address)}"
        self._server.start()

    def kill(self) -> None:
        self._server.stop(grace=None).wait(10)

    def refuse(self, code: grpc.StatusCode, *, first: Callable[[], None] | None = None, **detail: Any) -> None:
        """Let the next RPC end like this; `detail` are the fields of its ErrorDetail, none for a bare status."""
        self.script.append(Refusal(code, error_pb2.ErrorDetail(**detail) if detail else None, first))

    def break_off(self, first: Callable[[], None] | None = None, text: str = "Socket closed") -> None:
        """Let the next RPC end as gRPC ends it where there is no gateway to say anything."""
        self.script.append(Refusal(grpc.StatusCode.UNAVAILABLE, None, first, text))

    def Invoke(self, request: invocations.InvokeRequest, context: Context) -> invocations.InvokeResponse:
        self._follow_script(request, context)
        if self.ended is not None and not self.ended.wait(
            request.wait.ToMilliseconds() / 1000 if request.HasField("wait") else 60
        ):
            return invocations.InvokeResponse(
                invocation=invocation_pb2.Invocation(id="inv-1", state="INVOCATION_STATE_DISPATCHED")
            )
        if self.under_way:
            self.under_way -= 1
            return invocations.InvokeResponse(
                invocation=invocation_pb2.Invocation(id="inv-1", state="INVOCATION_STATE_DISPATCHED")
            )
        ended = invocation_pb2.InvocationState.INVOCATION_STATE_SUCCEEDED
        return invocations.InvokeResponse(invocation=invocation_pb2.Invocation(id="inv-1", state=ended, outcome=self.outcome))

    def PreviewInvocation(
        self, request: invocations.PreviewInvocationRequest, context: Context
    ) -> invocations.PreviewInvocationResponse:
        self._follow_script(request, context)
        return self.preview

    def GetInvocation(self, request: invocations.GetInvocationRequest, context: Context) -> invocations.GetInvocationResponse:
        self._follow_script(request, context)
        return invocations.GetInvocationResponse(invocation=invocation_pb2.Invocation(id=request.id))

    def FindInvocation(
        self, request: invocations.FindInvocationRequest, context: Context
    ) -> invocations.FindInvocationResponse:
        if request.idempotency_key not in self.known:
            self.refuse(grpc.StatusCode.NOT_FOUND, reason=error_pb2.ERROR_REASON_INVOCATION_NOT_FOUND)
        self._follow_script(request, context)
        found = invocation_pb2.Invocation(id=self.known[request.idempotency_key])
        return invocations.FindInvocationResponse(invocation=found)

    def ListInvocations(
        self, request: invocations.ListInvocationsRequest, context: Context
    ) -> invocations.ListInvocationsResponse:
        self._follow_script(request, context)
        return invocations.ListInvocationsResponse()

    def CancelInvocation(
        self, request: invocations.CancelInvocationRequest, context: Context
    ) -> invocations.CancelInvocationResponse:
        self._follow_script(request, context)
        return invocations.CancelInvocationResponse(invocation=invocation_pb2.Invocation(id=request.id))

    def WatchInvocation(
        self, request: invocations.WatchInvocationRequest, context: Context
    ) -> Iterator[invocations.WatchInvocationResponse]:
        context.add_callback(self.ended_streams.release)
        self._follow_script(request, context)
        yield invocations.WatchInvocationResponse(heartbeat={})
        if self.heartbeats_before_break:
            self.heartbeats_before_break -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
        for number in range(request.after + 1, self.events + 1):
            if request.answer_events:
                told = invocation_pb2.AnswerEvent(attempt=1, number=number, data=b"%d" % number)
                yield invocations.WatchInvocationResponse(answer_event=told)
            yield invocations.WatchInvocationResponse(event=invocation_pb2.InvocationEvent(number=number, kind="CLAIMED"))
            if number == self.events_before_break:
                self.events_before_break = None
                context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
        while not self.settles and context.is_active():
            self.unsettled.wait(0.01)

    def ListTools(self, request: catalog.ListToolsRequest, context: Context) -> catalog.ListToolsResponse:
        self._follow_script(request, context)
        first = int(request.page_token or 0)
        tools = [make_tool(f"tool_{first}"), make_tool(f"tool_{first + 1}")]
        return catalog.ListToolsResponse(tools=tools, next_page_token="2" if first == 0 else "")

    def GetTool(self, request: catalog.GetToolRequest, context: Context) -> catalog.GetToolResponse:
        self._follow_script(request, context)
        return catalog.GetToolResponse(tool=make_tool(request.tool))

    def SearchTools(self, request: catalog.SearchToolsRequest, context: Context) -> catalog.SearchToolsResponse:
        self._follow_script(request, context)
        found = [catalog.FoundTool(tool=make_tool(f"tool_{number}"), score=9 - number) for number in range(3)]
        return catalog.SearchToolsResponse(tools=found)

    def ImportToolset(
        self, request_iterator: Iterator[catalog.ImportToolsetRequest], context: Context
    ) -> Iterator[catalog.ImportToolsetResponse]:
        context.add_callback(self.ended_streams.release)
        parts = list(request_iterator)
        self._follow_script(parts, context)
        for done in self.progress:
            yield catalog.ImportToolsetResponse(progress=catalog.ImportProgress(done=done, total=5, faults=1))
        while not self.settles and context.is_active():
            self.unsettled.wait(0.01)
        if self.reports:
            yield catalog.ImportToolsetResponse(report=catalog.ImportReport(tools=[make_tool("tool_0")], added=1))

    def GetReview(self, request: reviews.GetReviewRequest, context: Context) -> reviews.GetReviewResponse:
        self._follow_script(request, context)
        return reviews.GetReviewResponse(review=self._review(request.id))

    def ResolveReview(self, request: reviews.ResolveReviewRequest, context: Context) -> reviews.ResolveReviewResponse:
        self._follow_script(request, context)
        return reviews.ResolveReviewResponse(review=self._review(request.id))

    def _review(self, id: str) -> reviews.Review:
        made = [invocation_pb2.InvocationAttempt(number=number) for number in range(1, self.attempts + 1)]
        return reviews.Review(invocation=invocation_pb2.Invocation(id=id, attempts=made))

    def _follow_script(self, request: object, context: Context) -> None:
        self.requests.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        step = self.script.popleft() if self.script else None
        if isinstance(step, Refusal):
            if step.first:
                step.first()
            if step.detail:
                context.set_trailing_metadata((("callgate-error-bin", step.detail.SerializeToString()),))
            context.abort(step.code, step.text)
        elif step:
            step()


@dataclass
class Pauses:
    """Time that passes only while a client sleeps."""

    now: float = 0.0
    taken: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)
        self.now += seconds

    async def sleep_aio(self, seconds: float) -> None:
        self.sleep(seconds)

    def pace(self, client: Connection) -> Connection:
        """Let this time be the client's."""
        client._session.pacing = Pacing(self.sleep_aio, clock=lambda: self.now, random=lambda: 0.5)
        return client


class Driven:
    """An AsyncClient, or a part of one, with blocking verbs, so that one test body holds both clients to the same promises."""

    def __init__(self, runner: asyncio.Runner, asynchronous: Any) -> None:
        self._runner = runner
        self._asynchronous = asynchronous

    def close(self) -> None:
        self._runner.run(self._asynchronous.close())
        self._runner.close()

    def __getattr__(self, name: str) -> Any:
        return self._driven(getattr(self._asynchronous, name))

    def _driven(self, found: Any) -> Any:
        if isinstance(found, Noun | AsyncRun):
            return Driven(self._runner, found)
        return partial(self._drive, found) if callable(found) else found

    def _drive(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        done = verb(*args, **kwargs)
        if inspect.isasyncgen(done):
            return iter(self._wait_for(collected(done)))
        return self._wait_for(done) if inspect.iscoroutine(done) else self._driven(done)

    def _wait_for(self, asked: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(asked, context=contextvars.copy_context())


async def collected(stream: AsyncIterator[Any]) -> list[Any]:
    return [one async for one in stream]


def driven(make: Callable[[], AsyncClient]) -> Driven:
    """The client is made within a loop: a channel of asyncio's belongs to one."""

    async def begin() -> AsyncClient:
        return make()

    runner = asyncio.Runner()
    return Driven(runner, runner.run(begin()))


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    gateway.start()
    yield gateway
    gateway.kill()


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture(params=["blocking", "asyncio"])
def client(request: pytest.FixtureRequest, gateway: Gateway, pauses: Pauses) -> Iterator[Client]:
    if request.param == "blocking":
        client: Any = pauses.pace(Client(gateway.address, token=TOKEN))
    else:
        client = driven(lambda: pauses.pace(AsyncClient(gateway.address, token=TOKEN)))
    yield client
    client.close()
