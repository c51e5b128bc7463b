"""A short run of the fuzzers, always the same one: the seeds, changed by chance with a seed of its own."""

import tracemalloc
from collections.abc import Iterator
from random import Random

import pytest

from tests.fuzz.targets import TARGETS, Target

CHANGED = 400
LARGE = 65_536
_PIECES = (
    b"",
    b"\0",
    b"\xff",
    b"\n",
    b'"',
    b"[",
    b"{",
    b"\\",
    b"<",
    b",",
    b";",
    b": ",
    b"\xe2\x80\xae",
    b"9" * 400,
    b"1e999",
    b"A",
)


def _changed(seed: bytes, chance: Random) -> bytes:
    """Some bytes cut out, doubled, replaced, or put in."""
    said = bytearray(seed)
    for _ in range(chance.randint(1, 6)):
        at, to = sorted(chance.randrange(len(said) + 1) for _ in range(2))
        match chance.randrange(4):
            case 0:
                del said[at : min(to, at + 16)]
            case 1:
                said[at:at] = said[at:to] * chance.choice((1, 2, 20))
            case 2:
                said[at : at + 1] = chance.randbytes(1)
            case _:
                said[at:at] = chance.choice(_PIECES) * chance.choice((1, 3, 50))
    return bytes(said[:LARGE])


def _inputs(target: Target) -> Iterator[bytes]:
    seeds, chance = [*target.seeds()], Random(20261129)
    yield from (b"", *seeds, *_PIECES)
    for _ in range(CHANGED):
        yield _changed(chance.choice(seeds), chance)


def _large(target: Target) -> Iterator[bytes]:
    """Pieces of the seeds, and bytes that mean much, over and over."""
    for seed in target.seeds():
        yield from ((seed * (LARGE // len(seed) + 1))[:LARGE], seed[:40] + seed[40:60] * (LARGE // 20))
        yield from (seed[: len(seed) // 2] + piece * (LARGE // len(piece)) for piece in _PIECES if piece)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_a_seed_is_read_as_what_it_is_and_a_change_of_it_ends_well(target: Target) -> None:
    for said in _inputs(target):
        target.read(said)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_much_of_it_takes_no_more_time_and_memory_than_its_size(target: Target) -> None:
    for said in _large(target):
        target.read(said)
        tracemalloc.start()
        try:
            target.reader(said)
            assert tracemalloc.get_traced_memory()[1] <= target.memory
        finally:
            tracemalloc.stop()
