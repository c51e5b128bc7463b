"""The broker, asked as a hostile box would ask: over its real socket, in raw bytes."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Protocol

import pytest

from sandbox.api.job import Destination, Egress
from sandbox.api.result import Connection
from sandbox.egress.addresses import Address
from sandbox.egress.broker import Broker
from sandbox.egress.connect_request import LONGEST_HEAD
from sandbox.egress.resolve import look_up
from sandbox.egress.send_permission import SendPermission
from tests.conftest import FreePort, Until, Upstream
from tests.sandbox.permits import refused

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


#: Sends bytes over a connection of its own, and answers what comes back until its end.
Ask = Callable[[bytes], Coroutine[object, object, bytes]]
#: Connects, lets the job begin, and only then sends: what comes back until the end, and what is on record.
AskEarly = Callable[[bytes, Egress], Awaitable[tuple[bytes, tuple[Connection, ...]]]]
Lookup = Callable[[str, int], Awaitable[tuple[Address, ...]]]


class OpenBroker(Protocol):
    """`async with open_broker(egress) as broker`. Without an egress the broker's box has no job."""

    def __call__(
        self, egress: Egress | None = None, *, uid: int | None = None, lookup: Lookup = look_up
    ) -> AbstractAsyncContextManager[Broker]: ...


@pytest.fixture
def path(run_dir: Path) -> Path:
    """Where the broker listens."""
    return run_dir / "egress.sock"


@pytest.fixture
def open_broker(path: Path) -> OpenBroker:
    @asynccontextmanager
    async def open_(egress: Egress | None = None, *, uid: int | None = None, lookup: Lookup = look_up) -> AsyncIterator[Broker]:
        path.unlink(missing_ok=True)
        broker = Broker(path, os.getuid() if uid is None else uid, lookup)
        await broker.open()
        if egress is not None:
            broker.allow(egress)
        try:
            yield broker
        finally:
            broker.close()

    return open_


@pytest.fixture
async def broker(open_broker: OpenBroker, upstream: Upstream) -> AsyncIterator[Broker]:
    """Of a box whose job may reach the upstream."""
    async with open_broker(upstream.egress) as broker:
        yield broker


@pytest.fixture
def ask(path: Path) -> Ask:
    async def exchange(message: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(message)
        answer = b""
        with suppress(ConnectionError):
            async with asyncio.timeout(10):
                answer = await reader.read()
        writer.close()
        return answer

    return exchange


def connect(upstream: Upstream) -> bytes:
    return f"CONNECT 127.0.0.1:{upstream.server_port} HTTP/1.1\r\n\r\n".encode()


NOWHERE = b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n"
REQUEST = b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_what_is_permitted_is_connected_and_counted(broker: Broker, ask: Ask, upstream: Upstream) -> None:
    answer = await ask(connect(upstream) + REQUEST)
    [connection] = broker.connections
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head == b"HTTP/1.1 200 OK\r\n".strip()
    assert rest.endswith(b"hello")
    assert (connection.bytes_out, connection.bytes_in) == (len(REQUEST), len(rest))


async def test_before_there_is_a_job_everything_is_denied(open_broker: OpenBroker, ask: Ask, upstream: Upstream) -> None:
    async with open_broker() as broker:
        answer, [connection] = await ask(connect(upstream) + REQUEST), broker.connections
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert connection.verdict == "this box has no job"
    assert upstream.requests == []


async def test_a_closed_broker_is_gone(broker: Broker, ask: Ask, upstream: Upstream) -> None:
    broker.close()
    with pytest.raises(OSError):  # noqa: PT011
        await ask(connect(upstream))


async def test_closing_ends_what_is_open(broker: Broker, ask: Ask, upstream: Upstream, until: Until) -> None:
    asking = asyncio.create_task(ask(connect(upstream) + b"GET /slow HTTP/1.1\r\n\r\n"))
    await until(lambda: upstream.requests, 5)
    broker.close()
    async with asyncio.timeout(2):
        answer = await asking
    assert answer.startswith(b"HTTP/1.1 200")


HOSTILE = {
    "plain request": b"GET http://127.0.0.1:{port}/echo HTTP/1.1\r\n\r\n",
    "another port": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n",
    "another spelling": b"CONNECT 127.1:{port} HTTP/1.1\r\n\r\n",
    "a number": b"CONNECT 2130706433:{port} HTTP/1.1\r\n\r\n",
    "mapped": b"CONNECT [::ffff:127.0.0.1]:{port} HTTP/1.1\r\n\r\n",
    "a name for it": b"CONNECT localhost:{port} HTTP/1.1\r\n\r\n",
    "userinfo": b"CONNECT a@127.0.0.1:{port} HTTP/1.1\r\n\r\n",
    "a scheme": b"CONNECT http://127.0.0.1:{port} HTTP/1.1\r\n\r\n",
    "no port": b"CONNECT 127.0.0.1 HTTP/1.1\r\n\r\n",
    "line feeds only": b"CONNECT 127.0.0.1:{port} HTTP/1.1\n\n\r\n\r\n",
    "an old version": b"CONNECT 127.0.0.1:{port} HTTP/1.0\r\n\r\n",
    "a space before the colon": b"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost : x\r\n\r\n",
    "a folded header": b"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n y\r\n\r\n",
    "a head that is too long": b"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nX: " + LONGEST_HEAD * b"x" + b"\r\n\r\n",
    "a head without end": b"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nX: " + 200_000 * b"x",
    "noise": bytes(range(256)) + b"\r\n\r\n",
}


@pytest.mark.parametrize("message", HOSTILE.values(), ids=HOSTILE.keys())
async def test_anything_but_a_plain_connect_to_a_listed_destination_is_refused(
    broker: Broker, ask: Ask, upstream: Upstream, message: bytes
) -> None:
    answer = await ask(message.replace(b"{port}", str(upstream.server_port).encode()) + REQUEST)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert upstream.requests == []


async def test_another_user_is_not_served(open_broker: OpenBroker, path: Path, upstream: Upstream) -> None:
    """Not even where the file would let it connect. The kernel notes the user that connects; gVisor connects as root."""
    async with open_broker(upstream.egress, uid=100_002) as broker:
        path.parent.chmod(0o711)
        path.chmod(0o666)
        connection = socket.socket(socket.AF_UNIX)
        os.seteuid(100_001)
        try:
            connection.connect(str(path))
        finally:
            os.seteuid(0)
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        writer.write(connect(upstream))
        async with asyncio.timeout(10):
            answer = await until_it_ends(reader)
        writer.close()
        assert (answer, broker.connections) == (b"", ())


async def until_it_ends(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


async def test_a_permitted_host_that_cannot_be_read_is_permitted_to_no_box(
    open_broker: OpenBroker, ask: Ask, upstream: Upstream
) -> None:
    egress = Egress((replace(upstream.destination, host="127.1"),))
    async with open_broker(egress):
        answer = await ask(f"CONNECT 127.1:{upstream.server_port} HTTP/1.1\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403 ")


async def test_an_upstream_that_is_down_is_not_a_denial(
    open_broker: OpenBroker, ask: Ask, upstream: Upstream, free_port: FreePort
) -> None:
    port = free_port()
    egress = Egress((replace(upstream.destination, port=port),))
    async with open_broker(egress):
        answer = await ask(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 502 ")


@pytest.fixture
def ask_early(open_broker: OpenBroker, ask: Ask, path: Path) -> AskEarly:
    async def exchange(message: bytes, egress: Egress) -> tuple[bytes, tuple[Connection, ...]]:
        async with open_broker() as broker:
            reader, writer = await asyncio.open_unix_connection(str(path))
            await ask(NOWHERE)  # by its end, the earlier connection has been taken, too
            broker.allow(egress)
            writer.write(message)
            async with asyncio.timeout(10):
                answer = await reader.read()
            writer.close()
            return answer, broker.connections

    return exchange


async def test_a_connection_that_was_made_before_the_job_is_its_own_once_it_asks(
    ask_early: AskEarly, upstream: Upstream
) -> None:
    answer, connections = await ask_early(connect(upstream) + REQUEST, upstream.egress)
    assert answer.endswith(b"hello")
    [_, connection] = connections
    assert (connection.verdict, connection.bytes_out) == ("open", len(REQUEST))


@pytest.mark.parametrize(
    ("message", "egress", "verdict"),
    [
        (NOWHERE, Egress(), "not among the destinations"),
        (b"GET / HTTP/1.1\r\n\r\n", Egress(), "only CONNECT is served here"),
        (NOWHERE, Egress(connections=0), "no more than 0 connections"),
    ],
)
async def test_a_connection_that_was_made_before_the_job_gets_no_more_than_others(
    ask_early: AskEarly, message: bytes, egress: Egress, verdict: str
) -> None:
    answer, connections = await ask_early(message, egress)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert verdict in answer.decode()
    assert verdict in connections[-1].verdict


async def test_a_connection_that_says_nothing_is_not_on_record(open_broker: OpenBroker, ask: Ask, path: Path) -> None:
    async with open_broker() as broker:
        _, writer = await asyncio.open_unix_connection(str(path))
        await ask(NOWHERE)
        broker.allow(Egress())
        writer.close()
        assert [connection.port for connection in broker.connections] == [1]


async def test_the_runners_connection_is_not_on_record_where_the_job_comes_before_it_is_taken(
    open_broker: OpenBroker, ask: Ask, path: Path
) -> None:
    async with open_broker() as broker:
        with socket.socket(socket.AF_UNIX) as made:
            made.connect(str(path))
            broker.allow(Egress())
            await ask(NOWHERE)
        assert [connection.port for connection in broker.connections] == [1]


async def test_bytes_beyond_the_bound_do_not_leave(open_broker: OpenBroker, ask: Ask, upstream: Upstream) -> None:
    async with open_broker(replace(upstream.egress, bytes_out=len(REQUEST) - 1)) as broker:
        await ask(connect(upstream) + REQUEST)
        [connection], exceeded = broker.connections, broker.exceeded
    assert upstream.requests == []
    assert "bytes out" in connection.verdict
    assert "bytes out" in exceeded


async def test_bytes_beyond_the_bound_do_not_come_in(open_broker: OpenBroker, ask: Ask, upstream: Upstream) -> None:
    async with open_broker(replace(upstream.egress, bytes_in=100_000)) as broker:
        answer, [connection] = await ask(connect(upstream) + b"GET /endless HTTP/1.1\r\n\r\n"), broker.connections
    assert len(answer) <= 100_000 + len(b"HTTP/1.1 200 OK\r\n\r\n")
    assert "bytes in" in connection.verdict


async def test_connections_beyond_the_bound_are_cut_and_said_once(
    open_broker: OpenBroker, ask: Ask, upstream: Upstream
) -> None:
    async with open_broker(replace(upstream.egress, connections=2)) as broker:
        answers = [await ask(b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n") for _ in range(5)]
        connections = broker.connections
    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 403", b"HTTP/1.1 403", b"", b"", b""]
    assert [connection.verdict for connection in connections][2:] == ["the job may have no more than 2 connections"]


async def test_the_permission_is_asked_once_and_before_a_name_is_resolved(
    open_broker: OpenBroker, ask: Ask, upstream: Upstream
) -> None:
    asked: list[str] = []

    async def permit() -> float | None:
        asked.append("permission")
        return 5.0

    async def lookup(name: str, port: int) -> tuple[Address, ...]:
        asked.append(name)
        return (ip_address("127.0.0.1"),)

    egress = Egress((Destination("api.example", upstream.server_port, LOOPBACK, tls=False),))
    async with open_broker(egress, lookup=lookup) as broker:
        broker.require_permission(SendPermission(permit))
        message = f"CONNECT api.example:{upstream.server_port} HTTP/1.1\r\n\r\n".encode() + REQUEST
        answers = await asyncio.gather(ask(message), ask(message))
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    assert asked == ["permission", "api.example", "api.example"]


async def test_without_the_permission_only_the_preparation_gets_out(
    open_broker: OpenBroker, ask: Ask, upstream: Upstream
) -> None:
    async with open_broker(upstream.egress) as broker:
        broker.require_permission(SendPermission(refused))
        assert (await ask(connect(upstream) + REQUEST)).startswith(b"HTTP/1.1 403 ")
    assert upstream.requests == []
    async with open_broker(Egress((replace(upstream.destination, preparation=True),))) as broker:
        broker.require_permission(SendPermission(refused))
        assert (await ask(connect(upstream) + REQUEST)).startswith(b"HTTP/1.1 200 ")


async def test_the_way_that_was_set_out_for_is_the_one_that_the_box_gets(
    open_broker: OpenBroker, ask: Ask, upstream: Upstream
) -> None:
    looked_up: list[str] = []

    async def lookup(name: str, port: int) -> tuple[Address, ...]:
        looked_up.append(name)
        return (ip_address("127.0.0.1"),)

    egress = Egress((Destination("api.example", upstream.server_port, LOOPBACK, tls=False),))
    async with open_broker(egress, lookup=lookup) as broker:
        broker.connect_ahead()
        message = f"CONNECT api.example:{upstream.server_port} HTTP/1.1\r\n\r\n".encode() + REQUEST
        answer, [connection] = await ask(message), broker.connections
    assert answer.endswith(b"hello")
    assert (looked_up, connection.address) == (["api.example"], "127.0.0.1")
