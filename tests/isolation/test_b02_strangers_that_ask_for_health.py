"""Each watch of health was a defect with its stack in the log, as often as a stranger pleased, and requests of four megabytes
were gathered for health in any number. None that takes nothing may keep a state from others, or a gateway from its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub, add_HealthServicer_to_server

from benchmarks.hostile import http2_frames as http2
from gateway.edge.grpc.boundary import Boundary
from gateway.edge.grpc.health_service import OF_HOST, HealthEdge
from gateway.edge.grpc.strangers import BYTES, Strangers
from tests.conftest import FreePort
from tests.gateway.edge.grpc.serving import Serve, Served

WATCH, CHECK, OF_ALL_SERVICES = b"/grpc.health.v1.Health/Watch", b"/grpc.health.v1.Health/Check", b"\x00" * 5
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
FRAME_HEAD = 9


@pytest.fixture
async def served(serve: Serve) -> Served:
    return await serve()


@asynccontextmanager
async def watching_without_a_window(address: str) -> AsyncIterator[None]:
    """A watch that has been answered, and has no room for the first state."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    asked = http2.frame(http2.HEADERS, http2.END_HEADERS, 1, http2.request(WATCH, "none"))
    asked += http2.frame(http2.DATA, http2.END_STREAM, 1, OF_ALL_SERVICES)
    writer.write(http2.PREFACE + http2.settings((http2.INITIAL_WINDOW_SIZE, 0)) + asked)
    kind = None
    while kind != http2.HEADERS:
        head = await asyncio.wait_for(reader.readexactly(FRAME_HEAD), 10)
        kind = head[3]
        await reader.readexactly(int.from_bytes(head[:3]))
    yield
    writer.close()


async def test_who_takes_nothing_keeps_no_state_of_health_from_others(served: Served) -> None:
    stub = HealthStub(served.channel)
    async with watching_without_a_window(served.address), asyncio.timeout(10):
        states = stub.Watch(health_pb2.HealthCheckRequest())
        assert (await states.read()).status == SERVING
        await served.server.tell(records=False, calls=False)
        assert (await states.read()).status == NOT_SERVING
        assert (await stub.Check(health_pb2.HealthCheckRequest())).status == NOT_SERVING
        await served.server.stop()


async def test_a_host_has_so_many_watches_of_health_and_gives_back_what_it_ends(served: Served) -> None:
    stub = HealthStub(served.channel)
    for _ in range(2):
        watches = [stub.Watch(health_pb2.HealthCheckRequest()) for _ in range(OF_HOST)]
        for one in watches:
            assert (await one.read()).status == SERVING
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.Watch(health_pb2.HealthCheckRequest()).read()
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert (await stub.Check(health_pb2.HealthCheckRequest())).status == SERVING
        for one in watches:
            one.cancel()
        async with asyncio.timeout(10):
            while served.server._health._watches:
                await asyncio.sleep(0.01)


@pytest.fixture
async def impatient(free_port: FreePort) -> AsyncIterator[str]:
    """The address of health alone, which reads two requests at a time, each for a tenth of a second."""
    server, health = grpc.aio.server(interceptors=[Boundary(), Strangers(2, 0.1)]), HealthEdge()
    address = f"127.0.0.1:{free_port()}"
    health.tell({"": True})
    add_HealthServicer_to_server(health, server)
    server.add_insecure_port(address)
    await server.start()
    yield address
    await server.stop(None)


async def test_requests_of_strangers_that_do_not_come_to_their_end_are_given_up(impatient: str) -> None:
    begun = [
        http2.frame(http2.HEADERS, http2.END_HEADERS, stream, http2.request(CHECK, "none"))
        + http2.frame(http2.DATA, 0, stream, b"\x00\x00\x3f\xff\xff" + b"x" * 100)
        for stream in range(1, 20, 2)
    ]
    connection = await http2.Connection.open(impatient, http2.PREFACE + http2.settings() + b"".join(begun))
    async with grpc.aio.insecure_channel(impatient) as channel, asyncio.timeout(10):
        stub = HealthStub(channel)
        for _ in range(5):
            assert (await stub.Check(health_pb2.HealthCheckRequest())).status == SERVING
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.Check(health_pb2.HealthCheckRequest(service="x" * (BYTES + 1)))
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    connection.close()
