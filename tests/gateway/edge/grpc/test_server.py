"""The edge over a real gRPC port: what a client sees of errors, of hanging up, of a gateway that stops."""

import asyncio
from collections.abc import Awaitable
from typing import NoReturn

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from callgate.errors import MessageTooLarge
from callgate.status import translate
from callgate.v1 import catalog_service_pb2, invocation_pb2, invocation_service_pb2
from callgate.v1.catalog_service_pb2_grpc import CatalogServiceStub
from callgate.v1.error_pb2 import ErrorDetail, ErrorReason
from callgate.v1.invocation_service_pb2 import InvokeRequest, InvokeResponse
from callgate.v1.invocation_service_pb2_grpc import InvocationServiceStub
from gateway.edge.grpc.server import CREDENTIALS
from gateway.model.config import ConfigInvalid
from gateway.model.errors import StoreUnavailable
from gateway.secrets.roles import TOKEN_TIMEOUT
from registry.model.errors import ArgumentsInvalid, Violation
from tests.gateway.edge.grpc.serving import CANARY, TOKEN, Serve, Served

METADATA = (("authorization", f"Bearer {TOKEN}"),)
Invoking = grpc.aio.UnaryUnaryCall[InvokeRequest, InvokeResponse]
SERVICES = {f"callgate.v1.{name}Service" for name in ("Catalog", "Invocation", "Review", "Recording")} | {""}
Metadata = tuple[tuple[str, str], ...]


async def refused(call: Awaitable[object]) -> tuple[grpc.StatusCode, str, ErrorDetail]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async with asyncio.timeout(5):
            await call
    details = dict(caught.value.trailing_metadata() or ())
    return caught.value.code(), caught.value.details() or "", ErrorDetail.FromString(details.get("callgate-error-bin", b""))


def invoke(channel: grpc.aio.Channel, *, timeout: float | None = None) -> Invoking:
    request = InvokeRequest(tool="t", args_json=b"{}", idempotency_key="k" * 16)
    call: Invoking = InvocationServiceStub(channel).Invoke(request, metadata=METADATA, timeout=timeout)
    return call


async def cancel_itself() -> NoReturn:
    raise asyncio.CancelledError


async def store_down() -> NoReturn:
    raise StoreUnavailable("Redis did not do as asked")


async def test_a_defect_reaches_the_client_as_an_id_and_nothing_else(serve: Serve) -> None:
    served = await serve()
    code, text, detail = await refused(invoke(served.channel))
    assert code is grpc.StatusCode.INTERNAL
    assert CANARY not in text + str(detail)
    assert detail.reason == ErrorReason.ERROR_REASON_INTERNAL


async def test_a_handler_that_ends_cancelled_still_answers(serve: Serve) -> None:
    served = await serve(cancel_itself)
    code, _, detail = await refused(invoke(served.channel))
    assert code is grpc.StatusCode.CANCELLED
    assert detail.reason == ErrorReason.ERROR_REASON_CANCELLED


async def test_a_call_that_takes_longer_than_the_rpcs_deadline_is_answered_as_it_stands(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.edge.grpc.invocation_wire.ANSWER_SHARE", 0.98)  # it is answered long before the deadline
    go_on = asyncio.Event()

    async def take_long() -> NoReturn:
        await go_on.wait()
        raise StoreUnavailable("the end, which the caller does not wait for")

    served = await serve(take_long)
    answer = await invoke(served.channel, timeout=10.0)
    assert answer.invocation.state == invocation_pb2.INVOCATION_STATE_PENDING
    assert not answer.invocation.HasField("outcome")
    go_on.set()


async def test_an_expected_error_carries_reason_cure_and_delay(serve: Serve) -> None:
    served = await serve(store_down)
    code, _, detail = await refused(invoke(served.channel))
    assert code is grpc.StatusCode.UNAVAILABLE
    assert detail.reason == ErrorReason.ERROR_REASON_STORE_UNAVAILABLE
    assert detail.retryable
    assert detail.retry_after.ToMilliseconds() == 1000
    assert "doctor" in detail.cure


@pytest.mark.parametrize(
    ("error", "violations"),
    [
        (StoreUnavailable("no id " + "☃" * 100_000, cure="Look " + "☃" * 100_000), 0),
        (ArgumentsInvalid((Violation("/" + "☃" * 100_000, "☃" * 100_000),) * 10), 1),
        (ArgumentsInvalid((Violation("/" + "☃" * 200, "an integer"),) * 10), 3),
    ],
)
async def test_a_refusal_that_repeats_what_is_long_still_reaches_the_client_whole(
    serve: Serve, error: Exception, violations: int
) -> None:
    async def refuse() -> NoReturn:
        raise error

    served = await serve(refuse)
    _, text, detail = await refused(invoke(served.channel))
    assert (detail.message[:100], text[:100], text[-1]) == (str(error)[:100], str(error)[:100], "…")
    assert detail.cure
    assert len(detail.violations) == violations


@pytest.mark.parametrize("metadata", [(), (("authorization", "Bearer wrong"),)])
async def test_every_rpc_wants_a_token(serve: Serve, metadata: Metadata) -> None:
    served = await serve()
    catalog, invocations = CatalogServiceStub(served.channel), InvocationServiceStub(served.channel)
    calls = [
        catalog.ListTools(catalog_service_pb2.ListToolsRequest(), metadata=metadata),
        catalog.GetTool(catalog_service_pb2.GetToolRequest(tool="t"), metadata=metadata),
        catalog.ImportToolset(iter([]), metadata=metadata).read(),
        invocations.Invoke(InvokeRequest(), metadata=metadata),
        invocations.GetInvocation(invocation_service_pb2.GetInvocationRequest(), metadata=metadata),
        invocations.CancelInvocation(invocation_service_pb2.CancelInvocationRequest(), metadata=metadata),
        invocations.WatchInvocation(invocation_service_pb2.WatchInvocationRequest(), metadata=metadata).read(),
    ]
    codes = [(await refused(call))[0] for call in calls]
    assert set(codes) == {grpc.StatusCode.UNAUTHENTICATED}


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
async def test_a_malformed_request_is_named_as_such(serve: Serve, wrong: dict[str, str]) -> None:
    served = await serve()
    request = InvokeRequest(tool="t", args_json=b"{}", idempotency_key="k" * 16)
    for field, value in wrong.items():
        setattr(request, field, value)
    code, _, detail = await refused(InvocationServiceStub(served.channel).Invoke(request, metadata=METADATA))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert detail.reason == ErrorReason.ERROR_REASON_REQUEST_INVALID


async def test_a_call_goes_on_when_its_caller_hangs_up(serve: Serve) -> None:
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def act() -> NoReturn:
        begun.set()
        await go_on.wait()
        ended.set()
        raise StoreUnavailable("the caller has hung up")

    served = await serve(act)
    call = invoke(served.channel)
    async with asyncio.timeout(5):
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        go_on.set()
        await ended.wait()


async def test_stopping_lets_calls_under_way_end_and_takes_no_new_ones(serve: Serve) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def act() -> NoReturn:
        begun.set()
        await go_on.wait()
        raise StoreUnavailable("the end of the first call")

    served = await serve(act)
    first = asyncio.ensure_future(refused(invoke(served.channel)))
    await begun.wait()
    stopping = asyncio.create_task(served.server.invocations.drain(5.0))
    await asyncio.sleep(0)
    assert (await refused(invoke(served.channel)))[2].reason == ErrorReason.ERROR_REASON_SHUTTING_DOWN
    go_on.set()
    assert (await first)[2].reason == ErrorReason.ERROR_REASON_STORE_UNAVAILABLE
    await stopping


@pytest.mark.parametrize(("reflection", "answers"), [(False, False), (True, True)])
async def test_reflection_answers_only_when_asked_for(serve: Serve, reflection: bool, answers: bool) -> None:
    served = await serve(reflection=reflection)
    stub = reflection_pb2_grpc.ServerReflectionStub(served.channel)
    stream = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
    if not answers:
        assert (await refused(stream.read()))[0] is grpc.StatusCode.UNIMPLEMENTED
        return
    names = [service.name for service in (await stream.read()).list_services_response.service]
    assert "callgate.v1.InvocationService" in names


async def test_health_tells_whether_the_gateway_serves(serve: Serve) -> None:
    served = await serve()
    stub = health_pb2_grpc.HealthStub(served.channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service="callgate.v1.InvocationService"))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize(
    ("records", "calls", "serving"),
    [
        (True, False, {"callgate.v1.CatalogService", "callgate.v1.ReviewService", "callgate.v1.RecordingService"}),
        (False, True, set()),
        (False, False, set()),
        (True, True, SERVICES),
    ],
)
async def test_health_tells_of_each_service_what_it_needs(serve: Serve, records: bool, calls: bool, serving: set[str]) -> None:
    served = await serve()
    await served.server.tell(records=records, calls=calls)
    assert await healthy(served) == serving
    await served.server.tell(records=True, calls=True)
    assert await healthy(served) == SERVICES


async def test_what_is_wrong_with_the_login_to_vault_has_a_name_of_its_own(serve: Serve) -> None:
    served = await serve()
    await served.server.tell(records=True, calls=True, credentials=False)
    assert await healthy(served, CREDENTIALS) == set()
    assert await healthy(served) == SERVICES
    await served.server.tell(records=True, calls=True)
    assert await healthy(served, CREDENTIALS) == {CREDENTIALS}


async def test_a_gateway_that_stops_says_nothing_else_any_more(serve: Serve) -> None:
    begun, released = asyncio.Event(), asyncio.Event()

    async def wait() -> NoReturn:
        begun.set()
        await released.wait()
        raise StoreUnavailable("over")

    served = await serve(wait)
    call = asyncio.create_task(refused(invoke(served.channel)))
    await begun.wait()
    stopping = asyncio.create_task(served.server.stop())
    async with asyncio.timeout(5):
        while await healthy(served):
            await asyncio.sleep(0.01)
    await served.server.tell(records=True, calls=False)
    await served.server.tell(records=True, calls=True)
    assert await healthy(served) == set()
    released.set()
    await asyncio.gather(call, stopping)


async def healthy(served: Served, *names: str) -> set[str]:
    """Those of the names, or of all services, that the gateway says it serves."""
    stub, serving = health_pb2_grpc.HealthStub(served.channel), health_pb2.HealthCheckResponse.SERVING
    answers = {name: await stub.Check(health_pb2.HealthCheckRequest(service=name)) for name in names or SERVICES}
    return {name for name, answer in answers.items() if answer.status == serving}


async def test_a_message_over_four_mebibytes_is_refused(serve: Serve) -> None:
    served = await serve()
    request = InvokeRequest(tool="t", args_json=b" " * (5 << 20), idempotency_key="k" * 16)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await InvocationServiceStub(served.channel).Invoke(request, metadata=METADATA)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert isinstance(translate(caught.value), MessageTooLarge)


async def test_a_second_gateway_on_the_same_port_does_not_start(serve: Serve) -> None:
    first = await serve()
    with pytest.raises(ConfigInvalid, match="another gateway"):
        await serve(listen=first.address)


async def test_a_gateway_that_stops_answers_until_what_was_begun_at_token_endpoints_has_ended(serve: Serve) -> None:
    served, begun, ended = await serve(), asyncio.Event(), asyncio.Event()

    async def drain_tokens(grace: float) -> None:
        assert grace > TOKEN_TIMEOUT
        begun.set()
        await ended.wait()

    served.server.drain_tokens = drain_tokens
    stopping = asyncio.create_task(served.server.stop())
    async with asyncio.timeout(5):
        await begun.wait()
        health = await health_pb2_grpc.HealthStub(served.channel).Check(health_pb2.HealthCheckRequest())
    assert health.status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert not stopping.done()
    ended.set()
    await stopping
