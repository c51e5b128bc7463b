"""The edge over a real gRPC port: what a client sees of errors, of hanging up, of a gateway that stops."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from callgate.v1 import catalog_service_pb2, invocation_pb2, invocation_service_pb2
from callgate.v1.catalog_service_pb2_grpc import CatalogServiceStub
from callgate.v1.error_pb2 import ErrorDetail, ErrorReason
from callgate.v1.invocation_service_pb2_grpc import InvocationServiceStub
from gateway.decisions.policy import Policy, Rule
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.edge.grpc.invocation_service import InvocationEdge
from gateway.edge.grpc.recording_service import RecordingEdge
from gateway.edge.grpc.review_service import ReviewEdge
from gateway.edge.grpc.server import Server
from gateway.model.config import Config
from gateway.model.errors import StoreUnavailable
from gateway.model.invocation import Request
from gateway.model.principal import Principal
from gateway.pipeline.call import invocation_id
from gateway.pipeline.calls_in_flight import CallsInFlight
from gateway.pipeline.reviews import Reviews
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.recordings.protocol import MemoryRecordings
from registry.calling.arguments import ArgumentChecker
from registry.catalog.catalog import MemoryCatalog
from registry.model.tool import Effect

CALLER = Principal("acme", "planner", "ada")
TOKEN = "a-token"
METADATA = (("authorization", f"Bearer {TOKEN}"),)
CANARY = "hunter2-canary"
REQUEST = Request(
    tool="t",
    version="t@1.0.0",
    digest="sha256:0",
    effect=Effect.READ,
    args_json=b"{}",
    run_id="",
    traceparent="",
    timeout=60.0,
    max_attempts=3,
)
Act = Callable[[], Awaitable[Any]]


class Invoker:
    """Stands where the pipeline stands, and does what a test says."""

    def __init__(self, ledger: MemoryLedger, act: Act) -> None:
        self._ledger = ledger
        self._act = act

    def recent_outcome(self, *_: object) -> None:
        """Nothing was answered before."""

    async def invoke(self, principal: Principal, call: Any, ticket: Any) -> Any:
        await self._ledger.claim(invocation_id(principal, call.key), "", principal, REQUEST, lease=15.0)
        ticket.accepted.set()
        return await self._act()

    async def read(self, principal: Principal, id: str) -> Any:
        return await self._ledger.read(principal.tenant, id)

    cancel = read


@asynccontextmanager
async def serving(
    port: int, act: Callable[[], Awaitable[Any]], **settings: Any
) -> AsyncIterator[tuple[Server, grpc.aio.Channel]]:
    nowhere = Path("/nonexistent")
    config = Config(
        principals_file=nowhere,
        vault_role_id_file=nowhere,
        vault_secret_id_file=nowhere,
        listen=f"127.0.0.1:{port}",
        drain_seconds=5.0,
        **settings,
    )
    authentication = Authentication({sha256(TOKEN.encode()).hexdigest(): CALLER}, {CALLER: Rule(("*",), True)})
    policy = Policy(authentication.rules, private=(), vault="http://127.0.0.1:1")
    ledger = MemoryLedger()
    invocations = InvocationEdge(authentication, CallsInFlight(Invoker(ledger, act)), ledger)  # type: ignore[arg-type]
    reviews = ReviewEdge(authentication, Reviews(policy, ledger, MemoryCatalog(), ArgumentChecker()))
    recordings = RecordingEdge(authentication, MemoryRecordings())
    server = Server(config, CatalogEdge(authentication, policy, MemoryCatalog()), invocations, reviews, recordings)
    await server.start()
    try:
        async with grpc.aio.insecure_channel(config.listen) as channel:
            yield server, channel
    finally:
        await server.stop()


async def refused(call: Awaitable[Any]) -> tuple[grpc.StatusCode, str, ErrorDetail]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async with asyncio.timeout(5):
            await call
    details = dict(caught.value.trailing_metadata() or ())
    return caught.value.code(), caught.value.details() or "", ErrorDetail.FromString(details.get("callgate-error-bin", b""))


def invoke(channel: grpc.aio.Channel, **options: Any) -> Any:
    request = invocation_service_pb2.InvokeRequest(tool="t", args_json=b"{}", idempotency_key="k" * 16)
    return InvocationServiceStub(channel).Invoke(request, metadata=METADATA, **options)


async def fail() -> None:
    raise RuntimeError(CANARY)


async def cancel_itself() -> None:
    raise asyncio.CancelledError


async def store_down() -> None:
    raise StoreUnavailable("Redis did not do as asked")


def test_a_defect_reaches_the_client_as_an_id_and_nothing_else(free_port: Callable[[], int]) -> None:
    async def scenario() -> None:
        async with serving(free_port(), fail) as (_, channel):
            code, text, detail = await refused(invoke(channel))
            assert code is grpc.StatusCode.INTERNAL
            assert CANARY not in text + str(detail)
            assert detail.reason == ErrorReason.ERROR_REASON_INTERNAL

    asyncio.run(scenario())


def test_a_handler_that_ends_cancelled_still_answers(free_port: Callable[[], int]) -> None:
    async def scenario() -> None:
        async with serving(free_port(), cancel_itself) as (_, channel):
            code, _, detail = await refused(invoke(channel))
            assert code is grpc.StatusCode.CANCELLED
            assert detail.reason == ErrorReason.ERROR_REASON_CANCELLED

    asyncio.run(scenario())


def test_a_call_that_takes_longer_than_the_rpcs_deadline_is_answered_as_it_stands(free_port: Callable[[], int]) -> None:
    async def scenario() -> None:
        async def take_long() -> Any:
            await asyncio.sleep(8.0)

        async with serving(free_port(), take_long) as (_, channel):
            answer = await invoke(channel, timeout=4.0)
            assert answer.invocation.state == invocation_pb2.STATE_PENDING
            assert not answer.invocation.HasField("outcome")

    asyncio.run(scenario())


def test_an_expected_error_carries_reason_cure_and_delay(free_port: Callable[[], int]) -> None:
    async def scenario() -> None:
        async with serving(free_port(), store_down) as (_, channel):
            code, _, detail = await refused(invoke(channel))
            assert code is grpc.StatusCode.UNAVAILABLE
            assert detail.reason == ErrorReason.ERROR_REASON_STORE_UNAVAILABLE
            assert detail.retryable
            assert detail.retry_after.ToMilliseconds() == 1000
            assert "doctor" in detail.cure

    asyncio.run(scenario())


@pytest.mark.parametrize("metadata", [(), (("authorization", "Bearer wrong"),)])
def test_every_rpc_wants_a_token(free_port: Callable[[], int], metadata: Any) -> None:
    async def scenario() -> None:
        async with serving(free_port(), fail) as (_, channel):
            catalog, invocations = CatalogServiceStub(channel), InvocationServiceStub(channel)
            calls = [
                catalog.ListTools(catalog_service_pb2.ListToolsRequest(), metadata=metadata),
                catalog.GetTool(catalog_service_pb2.GetToolRequest(tool="t"), metadata=metadata),
                catalog.ImportToolset(iter([]), metadata=metadata).read(),
                invocations.Invoke(invocation_service_pb2.InvokeRequest(), metadata=metadata),
                invocations.GetInvocation(invocation_service_pb2.GetInvocationRequest(), metadata=metadata),
                invocations.CancelInvocation(invocation_service_pb2.CancelInvocationRequest(), metadata=metadata),
                invocations.WatchInvocation(invocation_service_pb2.WatchInvocationRequest(), metadata=metadata).read(),
            ]
            codes = [(await refused(call))[0] for call in calls]
            assert set(codes) == {grpc.StatusCode.UNAUTHENTICATED}

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "wrong",
    [
        {"idempotency_key": "short"},
        {"idempotency_key": "k" * 256},
        {"idempotency_key": "with spaces in between"},
        {"tool": ""},
        {"run_id": "x" * 256},
        {"run_id": "two\nlines"},
    ],
)
def test_a_malformed_request_is_named_as_such(free_port: Callable[[], int], wrong: dict[str, str]) -> None:
    async def scenario() -> None:
        good = {"tool": "t", "args_json": b"{}", "idempotency_key": "k" * 16}
        async with serving(free_port(), fail) as (_, channel):
            request = invocation_service_pb2.InvokeRequest(**(good | wrong))  # type: ignore[arg-type]
            code, _, detail = await refused(InvocationServiceStub(channel).Invoke(request, metadata=METADATA))
            assert code is grpc.StatusCode.INVALID_ARGUMENT
            assert detail.reason == ErrorReason.ERROR_REASON_REQUEST_INVALID

    asyncio.run(scenario())


def test_a_call_goes_on_when_its_caller_hangs_up(free_port: Callable[[], int]) -> None:
    async def scenario() -> None:
        begun, go_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def act() -> None:
            begun.set()
            await go_on.wait()
            ended.set()
            raise StoreUnavailable("nobody listens any more")

        async with serving(free_port(), act) as (_, channel):
            call = invoke(channel)
            async with asyncio.timeout(5):
                await begun.wait()
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
                go_on.set()
                await ended.wait()

    asyncio.run(scenario())


def test_stopping_lets_calls_under_way_end_and_takes_no_new_ones(free_port: Callable[[], int]) -> None:
    async def scenario() -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def act() -> None:
            begun.set()
            await go_on.wait()
            raise StoreUnavailable("the end of the first call")

        async with serving(free_port(), act) as (server, channel):
            first = asyncio.ensure_future(refused(invoke(channel)))
            await begun.wait()
            stopping = asyncio.create_task(server.invocations.drain(5.0))
            await asyncio.sleep(0)
            assert (await refused(invoke(channel)))[2].reason == ErrorReason.ERROR_REASON_SHUTTING_DOWN
            go_on.set()
            assert (await first)[2].reason == ErrorReason.ERROR_REASON_STORE_UNAVAILABLE
            await stopping

    asyncio.run(scenario())


@pytest.mark.parametrize(("reflection", "answers"), [(False, False), (True, True)])
def test_reflection_answers_only_when_asked_for(free_port: Callable[[], int], reflection: bool, answers: bool) -> None:
    async def scenario() -> None:
        async with serving(free_port(), fail, reflection=reflection) as (_, channel):
            stub = reflection_pb2_grpc.ServerReflectionStub(channel)
            stream = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
            if not answers:
                assert (await refused(stream.read()))[0] is grpc.StatusCode.UNIMPLEMENTED
                return
            names = [service.name for service in (await stream.read()).list_services_response.service]
            assert "callgate.v1.InvocationService" in names

    asyncio.run(scenario())


def test_health_tells_whether_the_gateway_serves(free_port: Callable[[], int]) -> None:
    async def scenario() -> None:
        async with serving(free_port(), fail) as (_, channel):
            stub = health_pb2_grpc.HealthStub(channel)
            answer = await stub.Check(health_pb2.HealthCheckRequest(service="callgate.v1.InvocationService"))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING

    asyncio.run(scenario())


def test_a_message_over_four_mebibytes_is_refused(free_port: Callable[[], int]) -> None:
    async def scenario() -> None:
        async with serving(free_port(), fail) as (_, channel):
            request = invocation_service_pb2.InvokeRequest(tool="t", args_json=b" " * (5 << 20), idempotency_key="k" * 16)
            code, _, _ = await refused(InvocationServiceStub(channel).Invoke(request, metadata=METADATA))
            assert code is grpc.StatusCode.RESOURCE_EXHAUSTED

    asyncio.run(scenario())


def test_a_second_gateway_on_the_same_port_does_not_start(free_port: Callable[[], int]) -> None:
    async def scenario() -> None:
        port = free_port()
        async with serving(port, fail):
            with pytest.raises(Exception, match="another gateway"):
                async with serving(port, fail):
                    pass

    asyncio.run(scenario())
