"""What a proxy is asked, and what its answers mean. `tests/real_apis/test_proxies.py` has the table of what goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_address

import pytest

from sandbox.api.job import Proxy
from sandbox.egress.addresses import Address
from sandbox.egress.http_proxy import ProxyRefused, answer_of, ask_for_tunnel
from sandbox.egress.tunnel import CHUNK, Stream

#: Connects to a proxy that says these bytes once it was asked.
Meet = Callable[[bytes], Awaitable[tuple[Stream, Proxy]]]


@pytest.fixture
async def asked() -> list[bytes]:
    return []


@pytest.fixture
async def meet(asked: list[bytes]) -> AsyncIterator[Meet]:
    servers: list[asyncio.Server] = []

    async def meet(says: bytes) -> tuple[Stream, Proxy]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(says)
            writer.close()

        servers.append(await asyncio.start_server(serve, "127.0.0.1", 0))
        port = servers[-1].sockets[0].getsockname()[1]
        return await asyncio.open_connection("127.0.0.1", port, limit=CHUNK), Proxy("127.0.0.1", port, "user:pass word")

    yield meet
    for server in servers:
        server.close()


@pytest.mark.parametrize(
    ("host", "authority"),
    [("api.example", "api.example:443"), (ip_address("192.0.2.1"), "192.0.2.1:443"), (ip_address("::1"), "[::1]:443")],
    ids=str,
)
async def test_it_is_asked_for_the_host_as_it_was_named_with_the_login(
    meet: Meet, asked: list[bytes], host: str | Address, authority: str
) -> None:
    stream, proxy = await meet(b"HTTP/1.1 200 OK\r\n\r\n")
    await ask_for_tunnel(stream, proxy, host, 443)
    stream[1].transport.abort()
    assert asked[0].startswith(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n".encode())
    assert b"\r\nProxy-Authorization: Basic dXNlcjpwYXNzIHdvcmQ=\r\n" in asked[0]


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 Connection established\r\n\r\n",
        b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 299 Odd\r\nVia: x\r\n\r\n",
    ],
)
async def test_what_comes_behind_the_answer_is_the_upstreams(meet: Meet, head: bytes) -> None:
    stream, proxy = await meet(head + b"220 hello\r\n")
    await ask_for_tunnel(stream, proxy, "api.example", 25)
    assert await stream[0].read() == b"220 hello\r\n"
    stream[1].transport.abort()


async def test_no_login_is_told_where_the_proxy_refuses(meet: Meet) -> None:
    stream, proxy = await meet(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=a\r\n\r\n")
    with pytest.raises(ProxyRefused) as refused:
        await ask_for_tunnel(stream, proxy, "api.example", 443)
    stream[1].transport.abort()
    assert "pass word" not in str(refused.value)
    assert "pass word" not in repr(proxy)


async def test_the_kinds_of_login_are_a_few_short_words_whatever_it_says(meet: Meet) -> None:
    offers = b"".join(b"Proxy-Authenticate: kind%d x\r\n" % number for number in range(500))
    stream, proxy = await meet(b"HTTP/1.1 407 No\r\n" + offers[:15_000] + b"\r\n\r\n")
    answer = await answer_of(stream, proxy, "api.example", 443)
    stream[1].transport.abort()
    assert (answer.status, len(answer.logins)) == (407, 4)
