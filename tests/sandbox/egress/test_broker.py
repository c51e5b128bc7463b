"""The broker, asked as a hostile box would ask: over its real socket, in raw bytes."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from sandbox.api.job import Destination, Egress
from sandbox.egress.broker import Broker
from sandbox.egress.connect_request import LONGEST_HEAD
from sandbox.egress.resolve import look_up
from sandbox.egress.send_permission import SendPermission

Ask = Callable[..., Awaitable[bytes]]
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@pytest.fixture
def broker_run(run_dir):
    """Run a scenario with an open broker; its `ask` sends bytes and reads to the end."""

    def run(scenario, *, egress: Egress | None = None, uid: int | None = None, lookup=look_up):
        async def body():
            path = run_dir / "egress.sock"
            path.unlink(missing_ok=True)
            broker = Broker(path, os.getuid() if uid is None else uid, lookup)
            await broker.open()
            if egress is not None:
                broker.allow(egress)

            async def ask(message: bytes) -> bytes:
                reader, writer = await asyncio.open_unix_connection(str(path))
                writer.write(message)
                answer = b""
                with suppress(ConnectionError):
                    async with asyncio.timeout(10):
                        answer = await reader.read()
                writer.close()
                return answer

            try:
                return await scenario(broker, ask)
            finally:
                broker.close()

        return asyncio.run(body())

    return run


def connect(upstream) -> bytes:
    return f"CONNECT 127.0.0.1:{upstream.server_port} HTTP/1.1\r\n\r\n".encode()


NOWHERE = b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n"
REQUEST = b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"


def test_what_is_permitted_is_connected_and_counted(broker_run, upstream):
    async def scenario(broker, ask):
        answer = await ask(connect(upstream) + REQUEST)
        return answer, broker.connections

    answer, [connection] = broker_run(scenario, egress=upstream.egress)
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head == b"HTTP/1.1 200 OK\r\n".strip()
    assert rest.endswith(b"hello")
    assert (connection.bytes_out, connection.bytes_in) == (len(REQUEST), len(rest))


def test_before_there_is_a_job_everything_is_denied(broker_run, upstream):
    async def scenario(broker, ask):
        return await ask(connect(upstream) + REQUEST), broker.connections

    answer, [connection] = broker_run(scenario)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert connection.verdict == "this box has no job"
    assert upstream.requests == []


def test_a_closed_broker_is_gone(broker_run, upstream):
    async def scenario(broker, ask):
        broker.close()
        with pytest.raises(OSError):  # noqa: PT011
            await ask(connect(upstream))

    broker_run(scenario, egress=upstream.egress)


def test_closing_ends_what_is_open(broker_run, upstream):
    async def scenario(broker, ask):
        asking = asyncio.create_task(ask(connect(upstream) + b"GET /slow HTTP/1.1\r\n\r\n"))
        async with asyncio.timeout(5):
            while not upstream.requests:
                await asyncio.sleep(0.01)
        broker.close()
        async with asyncio.timeout(2):
            return await asking

    assert broker_run(scenario, egress=upstream.egress).startswith(b"HTTP/1.1 200")


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
def test_anything_but_a_plain_connect_to_a_listed_destination_is_refused(broker_run, upstream, message):
    async def scenario(broker, ask):
        return await ask(message.replace(b"{port}", str(upstream.server_port).encode()) + REQUEST)

    assert broker_run(scenario, egress=upstream.egress).startswith(b"HTTP/1.1 403 ")
    assert upstream.requests == []


def test_another_user_is_not_served(broker_run, upstream, run_dir):
    """Not even where the file would let it connect. The kernel notes who connects; root is whom gVisor connects as."""

    async def scenario(broker, ask):
        run_dir.chmod(0o711)
        (run_dir / "egress.sock").chmod(0o666)
        connection = socket.socket(socket.AF_UNIX)
        os.seteuid(100_001)
        try:
            connection.connect(str(run_dir / "egress.sock"))
        finally:
            os.seteuid(0)
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        writer.write(connect(upstream))
        async with asyncio.timeout(10):
            answer = await until_it_ends(reader)
        writer.close()
        return answer, broker.connections

    assert broker_run(scenario, egress=upstream.egress, uid=100_002) == (b"", ())


async def until_it_ends(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def test_a_permitted_host_that_cannot_be_read_is_permitted_to_nobody(broker_run, upstream):
    async def scenario(broker, ask):
        return await ask(f"CONNECT 127.1:{upstream.server_port} HTTP/1.1\r\n\r\n".encode())

    egress = Egress((replace(upstream.destination, host="127.1"),))
    assert broker_run(scenario, egress=egress).startswith(b"HTTP/1.1 403 ")


def test_an_upstream_that_is_down_is_not_a_denial(broker_run, upstream, free_port):
    port = free_port()

    async def scenario(broker, ask):
        return await ask(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())

    egress = Egress((replace(upstream.destination, port=port),))
    assert broker_run(scenario, egress=egress).startswith(b"HTTP/1.1 502 ")


@pytest.fixture
def early_run(broker_run, run_dir):
    """Connect, let the job begin, and only then say something: the answer to the end, and what is on record."""

    def run(message: bytes, egress: Egress):
        async def scenario(broker, ask):
            reader, writer = await asyncio.open_unix_connection(str(run_dir / "egress.sock"))
            await ask(NOWHERE)  # by its end, the earlier connection has been taken, too
            broker.allow(egress)
            writer.write(message)
            async with asyncio.timeout(10):
                answer = await reader.read()
            writer.close()
            return answer, broker.connections

        return broker_run(scenario)

    return run


def test_a_connection_that_was_made_before_the_job_is_its_own_once_it_asks(early_run, upstream):
    answer, connections = early_run(connect(upstream) + REQUEST, upstream.egress)
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
def test_a_connection_that_was_made_before_the_job_gets_no_more_than_others(early_run, message, egress, verdict):
    answer, connections = early_run(message, egress)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert verdict in answer.decode()
    assert verdict in connections[-1].verdict


def test_a_connection_that_says_nothing_is_not_on_record(broker_run, run_dir):
    async def scenario(broker, ask):
        _, writer = await asyncio.open_unix_connection(str(run_dir / "egress.sock"))
        await ask(NOWHERE)
        broker.allow(Egress())
        writer.close()
        return broker.connections

    assert [connection.port for connection in broker_run(scenario)] == [1]


def test_bytes_beyond_the_bound_do_not_leave(broker_run, upstream):
    async def scenario(broker, ask):
        await ask(connect(upstream) + REQUEST)
        return broker.connections, broker.exceeded

    [connection], exceeded = broker_run(scenario, egress=replace(upstream.egress, bytes_out=len(REQUEST) - 1))
    assert upstream.requests == []
    assert "bytes out" in connection.verdict
    assert "bytes out" in exceeded


def test_bytes_beyond_the_bound_do_not_come_in(broker_run, upstream):
    async def scenario(broker, ask):
        return await ask(connect(upstream) + b"GET /endless HTTP/1.1\r\n\r\n"), broker.connections

    answer, [connection] = broker_run(scenario, egress=replace(upstream.egress, bytes_in=100_000))
    assert len(answer) <= 100_000 + len(b"HTTP/1.1 200 OK\r\n\r\n")
    assert "bytes in" in connection.verdict


def test_connections_beyond_the_bound_are_cut_and_said_once(broker_run, upstream):
    async def scenario(broker, ask):
        answers = [await ask(b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n") for _ in range(5)]
        return answers, broker.connections

    answers, connections = broker_run(scenario, egress=replace(upstream.egress, connections=2))
    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 403", b"HTTP/1.1 403", b"", b"", b""]
    assert [connection.verdict for connection in connections][2:] == ["the job may have no more than 2 connections"]


def test_the_permission_is_asked_once_and_before_a_name_is_resolved(broker_run, upstream):
    asked: list[str] = []

    async def permit() -> float | None:
        asked.append("permission")
        return 5.0

    async def lookup(name: str, port: int):
        asked.append(name)
        return (ip_address("127.0.0.1"),)

    async def scenario(broker, ask):
        broker.require_permission(SendPermission(permit))
        message = f"CONNECT api.example:{upstream.server_port} HTTP/1.1\r\n\r\n".encode() + REQUEST
        return await asyncio.gather(ask(message), ask(message))

    egress = Egress((Destination("api.example", upstream.server_port, LOOPBACK, tls=False),))
    answers = broker_run(scenario, egress=egress, lookup=lookup)
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    assert asked == ["permission", "api.example", "api.example"]


def test_without_the_permission_only_the_preparation_gets_out(broker_run, upstream):
    async def permit() -> float | None:
        return None

    async def scenario(broker, ask):
        broker.require_permission(SendPermission(permit))
        return await ask(connect(upstream) + REQUEST)

    assert broker_run(scenario, egress=upstream.egress).startswith(b"HTTP/1.1 403 ")
    assert upstream.requests == []
    prepared = Egress((replace(upstream.destination, preparation=True),))
    assert broker_run(scenario, egress=prepared).startswith(b"HTTP/1.1 200 ")


def test_the_connection_that_was_made_ahead_is_the_one_that_the_box_gets(broker_run, upstream):
    looked_up: list[str] = []

    async def lookup(name: str, port: int):
        looked_up.append(name)
        return (ip_address("127.0.0.1"),)

    async def scenario(broker, ask):
        broker.connect_ahead()
        message = f"CONNECT api.example:{upstream.server_port} HTTP/1.1\r\n\r\n".encode() + REQUEST
        return await ask(message), broker.connections

    egress = Egress((Destination("api.example", upstream.server_port, LOOPBACK, tls=False),))
    answer, [connection] = broker_run(scenario, egress=egress, lookup=lookup)
    assert answer.endswith(b"hello")
    assert (looked_up, connection.address) == (["api.example"], "127.0.0.1")
