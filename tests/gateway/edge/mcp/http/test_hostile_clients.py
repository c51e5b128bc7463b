"""What a client could draw out, fill up or flood: each is bounded, and others are served meanwhile."""

import asyncio
import json
import socket

import pytest

from callgate.testing import FakeGateway
from gateway.edge.mcp.http import bodies, connection, entrance
from gateway.edge.mcp.http.entrance import named
from gateway.edge.mcp.http.shares import CallerShares
from tests.conftest import Until
from tests.gateway.edge.mcp.http.conftest import BODY_BYTES, INITIALIZE, Door, RawClient


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times that a test can wait for."""
    monkeypatch.setattr(connection, "HEAD_WITHIN", 0.2)
    monkeypatch.setattr(connection, "TAKE_WITHIN", 0.2)


@pytest.mark.parametrize("sent", [b"", b"POST /mcp HTTP/1.1\r\nhost: 127"])
async def test_a_head_that_does_not_come_to_its_end_ends_the_connection(short: None, door: Door, sent: bytes) -> None:
    client = await door.raw()
    await client.send(sent)
    assert await client.ended()


async def test_a_second_head_has_no_more_time_than_the_first(short: None, door: Door) -> None:
    client = await door.raw()
    await client.send(door.head("GET", "/.well-known/oauth-protected-resource"))
    assert (await client.answer()).status == 200
    await client.send(b"GET /mcp HTTP/1.1\r\n")
    assert await client.ended()


async def test_a_body_that_does_not_come_to_its_end_is_refused(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies.body_of, "__defaults__", (0.2,))
    client = await door.raw()
    await client.send(door.head(content_length="100") + b"{")
    assert (await client.answer()).status == 408
    assert await client.ended()


async def test_a_client_that_takes_nothing_of_an_answer_is_cut_off(
    short: None, door: Door, fake: FakeGateway, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel has room for little of it."""
    monkeypatch.setattr(entrance, "_prepare", lambda one: one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096))

    @fake.tool
    def much() -> dict[str, str]:
        return {"text": "x" * 200_000}

    id = await door.session()
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", door.port))
    body = b'{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"much","arguments":{}}}'
    with raw:
        await asyncio.get_running_loop().sock_sendall(raw, door.head(mcp_session_id=id, content_length=str(len(body))) + body)
        await until(lambda: door.serving.connections == 1)
        await until(lambda: door.serving.connections == 0)


@pytest.mark.parametrize(
    "header", [("x", "y" * 20_000), ("content-length", "1" * 30), ("content-length", "-1"), ("host", "a\x00b")]
)
async def test_a_head_that_is_too_long_or_malformed_is_refused(door: Door, header: tuple[str, str]) -> None:
    client = await door.raw()
    await client.send(door.head(**{header[0].replace("-", "_"): header[1]}))
    assert (await client.answer()).status in {400, 403, 413}


@pytest.mark.parametrize("length", [str(BODY_BYTES + 1), "9" * 20])
async def test_a_body_that_announces_too_much_is_refused_before_it_comes(door: Door, length: str) -> None:
    client = await door.raw()
    await client.send(door.head(content_length=length))
    assert (await client.answer()).status == 413


async def test_a_body_in_chunks_is_refused_where_it_has_become_too_long(door: Door) -> None:
    client = await door.raw()
    piece = b"x" * 10_000
    await client.send(door.head(transfer_encoding="chunked") + b"".join([b"%x\r\n%b\r\n" % (len(piece), piece)] * 11))
    assert (await client.answer()).status == 413


@pytest.mark.parametrize(
    ("value", "status"), [("[]", 413), ("{}", 413), ("1", 413), ('"a,b:[{"', 200), (r'"\"\\\\,,,,,,,,,"', 200)]
)
async def test_a_body_of_very_many_values_is_refused_and_one_of_long_texts_is_not(
    door: Door, monkeypatch: pytest.MonkeyPatch, value: str, status: int
) -> None:
    monkeypatch.setattr(bodies, "MOST_VALUES", 1000)
    body = (
        json.dumps({**INITIALIZE, "more": "@"})
        .replace('"@"', f"[{','.join([value] * (1100 if status == 413 else 500))}]")
        .encode()
    )
    client = await door.raw()
    await client.send(door.head(content_length=str(len(body))) + body)
    assert (await client.answer()).status == status


async def test_two_lengths_are_one_request_too_many(door: Door) -> None:
    """Request smuggling: a proxy before the door may go by the other one."""
    client = await door.raw()
    await client.send(door.head(content_length="5", transfer_encoding="chunked") + b"0\r\n\r\nGET /x HTTP/1.1\r\n\r\n")
    first = await client.answer()
    assert first.status >= 400
    assert await client.ended()


async def test_a_caller_has_so_many_requests_at_one_time(door: Door) -> None:
    door.app.shares.of_caller = 2
    id = await door.session()
    streams = [await standing(door, id) for _ in range(1)]
    other = await door.session()
    streams.append(await standing(door, other))
    refused = await door.ask(body=INITIALIZE)
    assert refused.status == 429
    assert refused.headers["retry-after"] == "1"


async def standing(door: Door, id: str) -> RawClient:
    """A stream that stays open."""
    client = await door.raw()
    await client.send(door.head("GET", mcp_session_id=id, content_type=None))
    assert (await client.head())[0] == 200
    return client


async def test_what_a_caller_holds_of_bodies_is_bounded_and_given_back() -> None:
    shares = CallerShares()
    with shares.body("one", 4 << 20):
        for caller, size in (("one", 1), ("two", 32 << 20)):
            with pytest.raises(Exception, match="large"), shares.body(caller, size):
                pass
        with shares.body("two", 4 << 20):
            pass
    with shares.body("one", 4 << 20), shares.request("one"):
        pass


async def test_the_oldest_connection_without_a_token_gives_way_and_one_with_a_token_stays(door: Door) -> None:
    door.serving.entrance.unproven_of_host = 3
    known = await door.raw()
    id = await door.session()
    await known.send(door.head("GET", mcp_session_id=id, content_type=None))
    assert (await known.head())[0] == 200
    idle = [await door.raw() for _ in range(4)]
    assert await idle[0].ended()
    await known.send(b"")
    assert not known.reader.at_eof()
    assert await door.session()


async def test_a_host_has_so_many_connections(door: Door, until: Until) -> None:
    door.serving.entrance.of_host = 2
    first, second = await door.raw(), await door.raw()
    third = await door.raw()
    assert await third.ended()
    first.writer.close()
    await until(lambda: door.serving.connections == 1)
    await second.send(door.head("GET", "/.well-known/oauth-protected-resource"))
    assert (await second.answer()).status == 200
    assert (await door.ask(body=INITIALIZE)).status == 200


async def test_a_stream_ends_with_its_token(door: Door, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.edge.mcp.http.app.GOOD_FOR", 0.05)
    monkeypatch.setattr("gateway.edge.mcp.http.tokens.GOOD_FOR", 0.05)
    id = await door.session()
    stream = await standing(door, id)
    token, fake.token = fake.token, "another"
    while await stream.reader.read(1000):
        pass
    fake.token = token
    assert (await door.ask("GET", mcp_session_id=id, content_type=None)).status == 404


@pytest.mark.parametrize(
    ("family", "address", "peer", "host"),
    [
        (socket.AF_INET, ("192.0.2.1", 5), "ipv4:192.0.2.1:5", "192.0.2.1"),
        (socket.AF_INET6, ("2001:db8::1", 5, 0, 0), "ipv6:[2001:db8::1]:5", "2001:db8::/64"),
        (socket.AF_INET6, ("::ffff:192.0.2.1", 5, 0, 0), "ipv4:192.0.2.1:5", "192.0.2.1"),
        (socket.AF_INET6, ("fe80::1%eth0", 5, 0, 2), "ipv6:[fe80::1]:5", "fe80::/64"),
        (socket.AF_UNIX, "", "unix:", ""),
    ],
)
def test_peers_are_named_as_grpc_names_them_and_counted_by_what_one_of_them_has(
    family: int, address: object, peer: str, host: str
) -> None:
    assert named(family, address) == (peer, host)


def test_the_bounds_of_one_host_are_below_those_of_all() -> None:
    assert entrance.OF_HOST < entrance.MOST
    assert entrance.UNPROVEN_OF_HOST < entrance.UNPROVEN < entrance.MOST
