"""The users of gateways that share a run directory: each has its own, however many others are there."""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path

import pytest

from sandbox.api.engine_trouble import EngineTrouble
from sandbox.api.errors import EngineUnavailable, SandboxError
from sandbox.reaping import liveness
from sandbox.reaping.place import GatewayPlace

FIRST = 100_000
Range = tuple[int, int]


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def hold(held: ExitStack, directory: Path) -> liveness.LivenessLock:
    lock = liveness.hold(directory)
    assert lock is not None
    held.callback(lock.release)
    return lock


def reserved(held: ExitStack, run_dir: Path, sizes: Sequence[int]) -> list[Range]:
    """The ranges of gateways that come one after the other, each with so many users."""
    locks = [hold(held, run_dir / f"gw-{number}") for number in range(len(sizes))]
    return [(liveness.reserve_users(lock, FIRST, size), size) for lock, size in zip(locks, sizes, strict=True)]


def overlap(one: Range, other: Range) -> bool:
    return one[0] < sum(other) and other[0] < sum(one)


@pytest.mark.parametrize(
    "sizes", [(32, 1), (32, 1, 1, 1, 32), (1, 32, 1), (8, 3, 50, 1, 8), (1,) * 40 + (7,), (1000, 1, 1000, 1)], ids=str
)
def test_gateways_get_users_of_their_own_whatever_the_sizes_of_the_others_ranges(
    sizes: tuple[int, ...], held: ExitStack, tmp_path: Path
) -> None:
    ranges = reserved(held, tmp_path, sizes)
    assert all(begin >= FIRST for begin, _ in ranges)
    assert not any(overlap(one, other) for one, other in combinations(ranges, 2))


def test_a_gap_between_two_ranges_is_used_where_it_is_wide_enough(held: ExitStack, tmp_path: Path) -> None:
    for name, begin in (("low", FIRST), ("high", FIRST + 36)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lock").write_text(f"{begin} 32\n")
    assert reserved(held, tmp_path, (4, 1)) == [(FIRST + 32, 4), (FIRST + 68, 1)]


@pytest.mark.parametrize("written", ["", "100000", "a b", "100000 32 7", "-5 2"])
def test_a_lock_file_without_a_range_takes_no_users(written: str, held: ExitStack, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "lock").write_text(written)
    assert reserved(held, tmp_path, (4,)) == [(FIRST, 4)]


async def test_where_no_users_are_left_the_refusal_has_a_cure_and_leaves_no_directory(tmp_path: Path) -> None:
    (tmp_path / "greedy").mkdir()
    (tmp_path / "greedy" / "lock").write_text(f"{FIRST} {2**32}\n")
    place = GatewayPlace(tmp_path / "late", FIRST, 1)
    with pytest.raises(EngineUnavailable, match="users in a row") as refused:
        await place.take()
    assert refused.value.trouble is EngineTrouble.USERS_TAKEN
    assert "CALLGATE_RUN_DIR" in refused.value.cure
    assert [path.name for path in tmp_path.iterdir()] == ["greedy"]
    assert not place.taken


async def test_a_place_that_cannot_be_written_is_refused_with_its_cure_and_leaves_no_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int, _content: bytes, _offset: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(EngineUnavailable, match="No space left") as refused:
        await GatewayPlace(tmp_path / "late", FIRST, 1).take()
    assert refused.value.trouble is EngineTrouble.DISK_FULL
    assert list(tmp_path.iterdir()) == []


async def test_the_place_of_another_gateway_is_left_as_it_is(held: ExitStack, tmp_path: Path) -> None:
    hold(held, tmp_path / "gw")
    with pytest.raises(SandboxError, match="Another gateway runs"):
        await GatewayPlace(tmp_path / "gw", FIRST, 1).take()
    assert (tmp_path / "gw" / "lock").exists()


async def test_a_run_directory_that_is_a_file_is_refused_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineUnavailable) as refused:
        await GatewayPlace(tmp_path / "file" / "gw", FIRST, 1).take()
    assert refused.value.trouble is EngineTrouble.PLACE_LOST
