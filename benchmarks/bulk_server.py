"""An upstream of large bodies: `GET /bulk/N` answers with N bytes, `POST /bulk` counts what it gets.

`--port PORT`, on loopback.
"""

import argparse
import asyncio

import uvloop

PIECE = bytes(256 << 10)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, one request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    method, path, _ = head.split(" ", 2)
    if method == "GET":
        await _give(writer, int(path.rpartition("/")[2]))
    else:
        lines = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        counted = b'{"bytes": %d}' % await _count(reader, int(lines["content-length"]))
        writer.write(_head("application/json", len(counted)) + counted)
    await writer.drain()
    writer.close()


async def _give(writer: asyncio.StreamWriter, size: int) -> None:
    writer.write(_head("application/octet-stream", size))
    for begin in range(0, size, len(PIECE)):
        writer.write(PIECE[: size - begin])
        await writer.drain()


async def _count(reader: asyncio.StreamReader, size: int) -> int:
    counted = 0
    while counted < size and (piece := await reader.read(1 << 20)):
        counted += len(piece)
    return counted


def _head(kind: str, size: int) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode()


async def serve(port: int) -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", port, limit=4 << 20)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(serve(parser.parse_args().port))
