"""The upstream of both tenants: `python -m benchmarks.hostile.upstream --port PORT`, on loopback. It answers by the path.

`/answers/…` with a value that has one wrong leaf, or with as much as an answer may have, `/headers/…` with headers that are
work to read, `/slow` after a while, all else with an empty object.
"""

import argparse
import asyncio
import json
import re
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping
from typing import Any

import uvloop

from benchmarks.hostile.schemas import cases

#: Bytes, close below the most that an answer may have.
MOST = 1_000_000
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
#: Seconds.
SLOW = 25.0

LARGE: Mapping[str, bytes] = {
    "values": b"[" + b"0," * (MOST // 2 - 2) + b"0]",
    "lists": b"[" + b"[]," * (MOST // 3 - 2) + b"0]",
    "texts": b"[" + b'"",' * (MOST // 3 - 2) + b"0]",
    "text": json.dumps("\\" * (MOST // 2 - 2)).encode(),
    "deep": b"[" * 1_000 + b"]" * 1_000,
    "no_json": b"[" * (MOST // 2),
}

Pairs = list[tuple[str, str]]

HEADERS: Mapping[str, Pairs] = {
    "spaces": [("Link", "<" + " " * 200_000)],
    "angles": [("Link", "<" * 200_000)],
    "parameters": [("Link", "<a>" + "; a=b" * 40_000)],
    "quotes": [("Link", '<a>; rel="' + '\\"' * 90_000)],
    "links": [("Link", "<a>; rel=next, " * 13_000)],
    "many": [(f"X-Header-{number}", "x" * 20) for number in range(90)],
    "retry": [("Retry-After", "9" * 100_000)],
    "type": [("Content-Type", "application/json" + "; charset=utf-8" * 10_000)],
    "challenge": [("WWW-Authenticate", "Bearer " + "a=b, " * 40_000)],
}


def written(body: bytes, headers: Pairs, status: int = 200) -> bytes:
    fixed: Pairs = [] if any(name == "Content-Type" for name, _ in headers) else [("Content-Type", "application/json")]
    lines = [f"{name}: {value}\r\n" for name, value in (*fixed, *headers)]
    head = f"HTTP/1.1 {status} OK\r\n{''.join(lines)}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def answers() -> dict[str, bytes]:
    """By path."""
    found = {f"/answers/answer_{number}": json.dumps(case.wrong).encode() for number, case in enumerate(cases())}
    found |= {f"/answers/answer_large_{name}": body for name, body in LARGE.items()}
    made = {path: written(body, []) for path, body in found.items()}
    return made | {f"/headers/{name}": written(b"{}", pairs) for name, pairs in HEADERS.items()}


def server(known: dict[str, bytes]) -> Any:
    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if length := _LENGTH.search(head):
                await reader.readexactly(int(length[1]))
            path = head.split(b" ", 2)[1].split(b"?")[0].decode()
            await asyncio.sleep(SLOW if path == "/slow" else 0)
            writer.write(known.get(path, written(b"{}", [])))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    return answer


async def serve(port: int) -> None:
    listening = await asyncio.start_server(server(answers()), "127.0.0.1", port, limit=1 << 22)
    async with listening:
        await listening.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(serve(parser.parse_args().port))
