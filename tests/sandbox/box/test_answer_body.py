"""The body of an answer, where its spill is slower than what comes: each byte arrives once, and in its order."""

import asyncio
from dataclasses import dataclass, field
from itertools import count

import pytest

from sandbox.api.job import Job
from sandbox.api.result import Head
from sandbox.box.answer_body import AnswerBody

HEAD = Head(200, ())


@dataclass(slots=True)
class SlowSpill:
    """Looks at a piece only after others have had many turns."""

    most: int = 100 << 20
    turns: int = 20
    taken: bytearray = field(default_factory=bytearray)

    async def write(self, _head: Head, piece: bytes | bytearray | memoryview) -> None:
        for _ in range(self.turns):
            await asyncio.sleep(0)
        self.taken += piece


async def received(sizes: list[int], bound: int) -> tuple[bytes, bytes]:
    """What came in pieces of these sizes, and what the spill has of it."""
    spill, numbers, whole = SlowSpill(), count(), bytearray()
    body = AnswerBody(Job("GET", "http://a.example", (), None, 60, bound, spill=spill))
    for size in sizes:
        piece = bytes(next(numbers) % 251 for _ in range(size % 1009)).ljust(size, b"%d" % (next(numbers) % 10))
        whole += piece
        body.add(piece)
        await body.pass_on(HEAD)
    await body.finish(HEAD)
    assert body.spilled
    return bytes(whole), bytes(spill.taken)


@pytest.mark.parametrize(
    ("sizes", "bound"),
    [
        ([32 << 10] * 200, 64 << 10),
        ([1 << 20] * 5, 1 << 20),
        ([3 << 20, 1, 3 << 20, 1 << 20, 7], 4 << 20),
        ([1, 2, 3], 2),
        ([(1 << 20) - 1, 1, (1 << 20) + 1] * 3, 10),
    ],
    ids=["small pieces", "large pieces", "a long beginning", "a few bytes", "around the step"],
)
async def test_a_slow_spill_gets_each_byte_in_its_order(sizes: list[int], bound: int) -> None:
    whole, taken = await received(sizes, bound)
    assert taken == whole


async def test_a_step_that_is_cancelled_loses_nothing() -> None:
    spill = SlowSpill()
    body = AnswerBody(Job("GET", "http://a.example", (), None, 60, 10, spill=spill))
    for letter in (b"a", b"b", b"c"):
        body.add(letter * (1 << 20))
        step = asyncio.ensure_future(body.pass_on(HEAD))
        await asyncio.sleep(0)
        step.cancel()
        await asyncio.wait([step])
    await body.finish(HEAD)
    assert bytes(spill.taken) == b"".join(letter * (1 << 20) for letter in (b"a", b"b", b"c"))
