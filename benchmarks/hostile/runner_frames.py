"""Runners that were taken over: in the place of each box's runner, the attacker sends what no runner does.

A box's directory is there before its container has started, so a process that is root on the host can come first. The hostile
tenant's calls then lease what looks like a waiting box, and each gets another answer: heads with thousands of headers, ends
with thousands of phases, faults with long texts, numbers that no JSON number can be, frames that end nowhere.
"""

import asyncio
import socket
import struct
from contextlib import suppress
from itertools import count
from pathlib import Path
from time import monotonic

from benchmarks.hostile.repeating import Tally, refusals
from benchmarks.hostile.target import Target
from callgate import AsyncClient

LOOK_EVERY = 0.01
CALLERS = 4
_HEADER = struct.Struct(">cI")
HEAD = b'{"status": 200, "headers": [["content-type", "application/json"]]}'


def frame(kind: bytes, payload: bytes) -> bytes:
    return _HEADER.pack(kind, len(payload)) + payload


def _phases(number: int) -> bytes:
    return b'{"phases": [' + b",".join([b'{"name": "p", "offset_us": 1, "duration_us": 1}'] * number) + b"]}"


def _headers(number: int) -> bytes:
    return b'{"status": 200, "headers": [' + b",".join([b'["x-a", "b"]'] * number) + b"]}"


#: What is sent after the job.
ANSWERS: tuple[bytes, ...] = (
    frame(b"H", _headers(200_000)),
    frame(b"H", HEAD) + frame(b"B", b"{}") + frame(b"E", _phases(200_000)),
    frame(b"F", b'{"fault": "CONNECT_FAILED", "evidence": "NOT_SENT", "message": "' + b"x" * 8_000_000 + b'", "phases": []}'),
    frame(b"H", b'{"status": -5, "headers": []}'),
    frame(b"H", b'{"status": 1e308, "headers": []}'),
    frame(b"H", b"[" * 8_000_000),
    frame(b"H", b'{"status": ' + b"9" * 8_000_000 + b"}"),
    frame(b"H", HEAD) + b"".join(frame(b"B", b"x") for _ in range(200_000)),
    frame(b"H", HEAD) + b"".join(frame(b"B", b"") for _ in range(400_000)),
    frame(b"A", b"") * 400_000,
    _HEADER.pack(b"H", 16 * 2**20) + b"x" * 8_000_000,
    _HEADER.pack(b"E", 0xFFFFFFFF),
    b"\x00" * 1_000_000,
    frame(b"H", b'{"status": 200, "headers": [["link", "<' + b" " * 2_000_000 + b'"]]}') + frame(b"E", _phases(0)),
)


async def attack(target: Target, seconds: float) -> int:
    tally, end = Tally(), monotonic() + seconds
    taking = asyncio.create_task(_take_over(Path(target.run_dir), end, tally))
    async with AsyncClient(target.gateway, token=target.token) as client:
        await asyncio.gather(*(_call(client, end) for _ in range(CALLERS)))
    await taking
    return tally.made


async def _call(client: AsyncClient, end: float) -> None:
    while monotonic() < end:
        with refusals(Tally()):
            await client.call("ordinary", {"word": "hinge"}, timeout=5.0)


async def _take_over(run_dir: Path, end: float, tally: Tally) -> None:
    known, numbers = _boxes(run_dir), count()
    async with asyncio.TaskGroup() as group:
        while monotonic() < end:
            for box in _boxes(run_dir) - known:
                known.add(box)
                group.create_task(_be_its_runner(box, ANSWERS[next(numbers) % len(ANSWERS)], end, tally))
            await asyncio.sleep(LOOK_EVERY)


async def _be_its_runner(box: Path, answer: bytes, end: float, tally: Tally) -> None:
    with refusals(tally), suppress(ConnectionError):
        async with asyncio.timeout(max(1.0, end - monotonic())):
            reader, writer = await asyncio.open_unix_connection(sock=_connected(box))
            writer.write(frame(b"R", b""))
            await reader.readexactly(_HEADER.size)  # the job has come
            tally.made += 1
            writer.write(answer)
            await writer.drain()
            await reader.read()


def _boxes(run_dir: Path) -> set[Path]:
    return set(run_dir.glob("*/cg-*"))


def _connected(box: Path) -> socket.socket:
    connected = socket.socket(socket.AF_UNIX)
    connected.connect(str(box / "io.sock"))  # which lets root in, as gVisor connects for what runs in it
    connected.setblocking(False)
    return connected
