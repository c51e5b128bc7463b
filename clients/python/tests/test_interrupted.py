"""Whatever ends the wait for a call: its key, and its id once that is known, are in the error."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator

import pytest

from callgate import AsyncClient, CallgateError, Client, Invocation, errors, interrupted_call
from callgate.interrupted import InterruptedCall
from callgate.retry import Pacing, RetryPolicy
from clients.python.tests.conftest import TOKEN, Gateway

KEY = "order-of-the-14th-step"


@pytest.fixture
def under_way(gateway: Gateway) -> Iterator[threading.Event]:
    """Set once the gateway has the request, to which it does not answer."""
    arrived = threading.Event()
    gateway.ended = threading.Event()
    gateway.script.append(arrived.set)
    yield arrived
    gateway.ended.set()


def begun(client: AsyncClient) -> "asyncio.Task[Invocation]":
    return asyncio.create_task(client.call("pay", {}, key=KEY))


async def has_arrived(under_way: threading.Event) -> None:
    assert await asyncio.to_thread(under_way.wait, 30)


async def test_a_timeout_of_asyncio_has_the_key(gateway: Gateway, under_way: threading.Event) -> None:
    async with AsyncClient(gateway.address, token=TOKEN) as client:
        with pytest.raises(TimeoutError) as ended:
            await asyncio.wait_for(client.call("pay", {}, key=KEY), 0.2)
    assert interrupted_call(ended.value) == InterruptedCall(KEY)


async def test_a_cancelled_task_has_the_key_and_its_traceback_says_it(gateway: Gateway, under_way: threading.Event) -> None:
    async with AsyncClient(gateway.address, token=TOKEN) as client:
        call = begun(client)
        await has_arrived(under_way)
        call.cancel()
        with pytest.raises(asyncio.CancelledError) as ended:
            await call
    assert interrupted_call(ended.value) == InterruptedCall(KEY)
    assert any(f"idempotency key {KEY}" in note for note in ended.value.__notes__)


async def test_a_key_that_the_client_has_made_is_there_too(gateway: Gateway, under_way: threading.Event) -> None:
    async with AsyncClient(gateway.address, token=TOKEN) as client:
        with pytest.raises(TimeoutError) as ended:
            await asyncio.wait_for(client.call("pay", {}), 0.2)
    handle = interrupted_call(ended.value)
    assert handle is not None
    assert handle.idempotency_key == gateway.requests[0].idempotency_key


async def test_once_the_gateway_has_told_the_id_the_error_has_it(gateway: Gateway) -> None:
    gateway.under_way = 1
    asleep = asyncio.Event()

    async def sleep(_: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    async with AsyncClient(gateway.address, token=TOKEN) as client:
        client._session.pacing = Pacing(sleep)
        call = begun(client)
        await asleep.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError) as ended:
            await call
    assert interrupted_call(ended.value) == InterruptedCall(KEY, "inv-1")


async def test_a_client_that_is_closed_meanwhile_ends_the_call_with_an_error_of_the_sdk_that_has_the_key(
    gateway: Gateway, under_way: threading.Event
) -> None:
    client = AsyncClient(gateway.address, token=TOKEN)
    call = begun(client)
    await has_arrived(under_way)
    await client.close()
    with pytest.raises(CallgateError, match="closed") as ended:
        await call
    assert interrupted_call(ended.value) == InterruptedCall(KEY)


async def test_a_task_that_is_cancelled_and_whose_client_is_closed_is_cancelled(
    gateway: Gateway, under_way: threading.Event
) -> None:
    client = AsyncClient(gateway.address, token=TOKEN)
    call = begun(client)
    await has_arrived(under_way)
    call.cancel()
    await client.close()
    with pytest.raises(asyncio.CancelledError):
        await call


def test_a_blocking_client_that_another_thread_closes_ends_the_call_so_as_well(
    gateway: Gateway, under_way: threading.Event
) -> None:
    client = Client(gateway.address, token=TOKEN, retry=RetryPolicy(patience=0))
    closing = threading.Thread(target=lambda: under_way.wait(30) and client.close())
    closing.start()
    with pytest.raises(CallgateError) as ended:
        client.call("pay", {}, key=KEY)
    closing.join()
    assert interrupted_call(ended.value) == InterruptedCall(KEY)


def test_a_client_that_is_closed_already_gives_the_key_back(gateway: Gateway) -> None:
    client = Client(gateway.address, token=TOKEN)
    client.close()
    with pytest.raises(errors.RequestInvalid, match="closed") as ended:
        client.call("pay", {}, key=KEY)
    assert interrupted_call(ended.value) == InterruptedCall(KEY)


def test_ctrl_c_has_the_key(gateway: Gateway, under_way: threading.Event) -> None:
    gateway.script.clear()
    gateway.script.append(lambda: os.kill(os.getpid(), signal.SIGINT))
    with Client(gateway.address, token=TOKEN) as client, pytest.raises(KeyboardInterrupt) as ended:
        client.call("pay", {}, key=KEY)
    assert interrupted_call(ended.value) == InterruptedCall(KEY)


def test_a_wait_that_takes_too_long_has_the_id(client: Client, gateway: Gateway) -> None:
    gateway.settles = False
    with pytest.raises(errors.NoAnswer) as ended:
        client.invocations.handle("inv-7").wait(timeout=0.2)
    assert interrupted_call(ended.value) == InterruptedCall(invocation_id="inv-7")


async def test_a_wait_that_is_cancelled_has_the_id(gateway: Gateway) -> None:
    gateway.settles = False
    async with AsyncClient(gateway.address, token=TOKEN) as client:
        with pytest.raises(TimeoutError) as ended:
            await asyncio.wait_for(client.invocations.handle("inv-7").wait(), 0.2)
    assert interrupted_call(ended.value) == InterruptedCall(invocation_id="inv-7")


def test_an_error_that_is_about_no_call_has_no_handle() -> None:
    assert interrupted_call(ValueError("x")) is None
    assert interrupted_call(CallgateError("x")) is None
    assert interrupted_call(None) is None
