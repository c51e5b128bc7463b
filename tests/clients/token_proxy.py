"""A proxy that adds a bearer token to each request: for a client that cannot send one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

#: Bytes that are passed on at once, and those of a head.
PIECE, HEAD = 64 << 10, 64 << 10


@asynccontextmanager
async def with_token(port: int, token: str) -> AsyncIterator[int]:
    """Listens on loopback before the server on that port of it, and answers where: requests come with a length, or no body."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        back = asyncio.create_task(_pass_on(to_reader, writer))
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await _requests(reader, to_writer, token)
        to_writer.close()
        await asyncio.wait({back})

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=HEAD)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def _requests(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        first, _, fields = head.partition(b"\r\n")
        writer.write(first + b"\r\nAuthorization: Bearer " + token.encode() + b"\r\n" + fields)
        named = (line.partition(b":") for line in fields.split(b"\r\n"))
        left = next((int(value) for name, _, value in named if name.lower() == b"content-length"), 0)
        while left:
            piece = await reader.readexactly(min(left, PIECE))
            left -= len(piece)
            writer.write(piece)
            await writer.drain()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()
