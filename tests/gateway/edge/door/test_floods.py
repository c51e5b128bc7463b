"""Floods of frames end the connection that they came over, and no other; the door's log tells of few."""

import asyncio
import struct
from pathlib import Path

import pytest

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
    PRIORITY,
    SETTINGS,
    WINDOW_UPDATE,
    frame,
    index,
    literal,
    reset,
    settings,
)
from tests.gateway.edge.door.backend import OURS
from tests.gateway.edge.door.conftest import Behind, Open, streamed, unary
from tests.gateway.edge.door.frames import asking, headers

MANY = 3000
ECHO = f"{OURS}/Echo"
OPENED = frame(HEADERS, END_HEADERS, 1, headers(f"{OURS}/Swallow"))
PUSH_PROMISE = 5


def rapid_reset() -> bytes:
    streams = range(1, 2 * MANY, 2)
    return b"".join(frame(HEADERS, END_HEADERS, number, headers(ECHO)) + reset(number) for number in streams)


def bombs() -> bytes:
    """A long field goes into the table, and is named by a byte as often as a frame has bytes."""
    first = frame(HEADERS, END_HEADERS | END_STREAM, 1, headers(ECHO) + literal(b"x", b"y" * 3_900, indexed=True))
    block = headers(ECHO) + index(62) * 12_000
    return first + b"".join(frame(HEADERS, END_HEADERS | END_STREAM, number, block) for number in range(3, 100, 2))


def endless_block() -> bytes:
    piece = b"".join(literal(b"x-a", b"b" * 100) for _ in range(150))[:LONGEST]
    return frame(HEADERS, 0, 1, headers(ECHO)) + frame(CONTINUATION, 0, 1, piece) * 200


def empty_blocks() -> bytes:
    return frame(HEADERS, 0, 1, headers(ECHO)) + frame(CONTINUATION, 0, 1) * MANY


FLOODS = {
    "SETTINGS": settings((3, 100), (INITIAL_WINDOW_SIZE, 65_535)) * MANY,
    "acknowledged SETTINGS": frame(SETTINGS, 1, 0) * MANY,
    "PING": frame(PING, 0, 0, b"callgate") * MANY,
    "acknowledged PING": frame(PING, 1, 0, b"callgate") * MANY,
    "PRIORITY": b"".join(frame(PRIORITY, 0, 3 + 2 * number, struct.pack(">IB", 1, 16)) for number in range(MANY)),
    "empty DATA": OPENED + frame(DATA, 0, 1) * MANY,
    "DATA of a byte": OPENED + frame(DATA, 0, 1, b"\x00") * (3 * MANY),
    "DATA that is padding": OPENED + frame(DATA, 8, 1, b"\xff" + bytes(255)) * (3 * MANY),
    "DATA of a stream that is over": asking(1, ECHO) + frame(DATA, END_STREAM, 1) * (3 * MANY),
    "rapid reset": rapid_reset(),
    "RST_STREAM": OPENED + reset(1) * MANY,
    "CONTINUATION": endless_block(),
    "empty CONTINUATION": empty_blocks(),
    "GOAWAY": frame(GOAWAY, 0, 0, struct.pack(">II", 1, 0) + b"x" * 1_000) * MANY,
    "PUSH_PROMISE": frame(PUSH_PROMISE, END_HEADERS, 1, struct.pack(">I", 2)) * MANY,
    "unknown": frame(0xEE, 0, 0, b"x" * 10) * MANY,
    "WINDOW_UPDATE": frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)) * (3 * MANY),
    "bombs": bombs(),
}


@pytest.mark.parametrize("kind", FLOODS)
async def test_a_flood_ends_its_own_connection_and_no_other(open_door: Open, kind: str) -> None:
    behind = await open_door()
    channel = await behind.channel()
    watch = streamed(channel, "Wait")(b"", timeout=60)
    assert await watch.read() == b"begun"
    flooding = await behind.raw()
    assert await flooding.send_until_ended(FLOODS[kind], times=3), kind
    assert await unary(channel, "Echo")(b"still there", timeout=60) == b"still there"
    assert not watch.done()
    assert behind.door.pid


async def flood(behind: Behind, kind: str = "PING") -> None:
    client = await behind.raw()
    assert await client.send_until_ended(FLOODS[kind], times=3)
    client.close()


async def test_the_log_tells_of_a_flood_and_not_of_each(open_door: Open) -> None:
    behind = await open_door()
    await asyncio.gather(*[flood(behind) for _ in range(30)])
    told = behind.told("connection_ended")
    assert len(told) == 1
    assert (told[0]["flood"], told[0]["times"]) == ("PING", 1)
    assert told[0]["peer"].startswith("ipv4:127.0.0.1:")


async def test_frames_one_by_one_are_metered_like_those_in_a_piece(open_door: Open) -> None:
    """A head may come in two parts; what is in a payload is no head."""
    behind = await open_door()
    client = await behind.raw()
    written = frame(0xEE, 0, 0, b"\x00\x00\x00\x04" * 50) * 9
    for start in range(0, len(written), 7):
        await client.send(written[start : start + 7])
    await client.send(asking(1, ECHO, b"heard"))
    assert (await client.end_of(1))[0] == HEADERS
    assert not client.ended


@pytest.mark.slow
async def test_a_door_that_was_flooded_has_no_more_memory_than_before(open_door: Open) -> None:
    behind = await open_door()
    kinds = ("bombs", "CONTINUATION", "rapid reset")
    await asyncio.gather(*[flood(behind, kind) for kind in kinds * 10])
    before = resident(behind)
    for _ in range(2):
        await asyncio.gather(*[flood(behind, kind) for kind in kinds * 10])
    assert resident(behind) < before + 30_000


def resident(behind: Behind) -> int:
    """Kilobytes."""
    lines = Path(f"/proc/{behind.door.pid}/status").read_text().splitlines()
    [found] = [line for line in lines if line.startswith("VmRSS")]
    return int(found.split()[1])
