"""What a gateway has let go outlives its process, and no more of it is kept than is said."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgpack
import pytest
from structlog.testing import capture_logs

from benchmarks.faults.clocks import SteppedClock
from gateway.records.ledger import permission_log
from gateway.records.ledger.permission_log import PermissionLog
from gateway.records.ledger.specification.mark import Mark

PACKED = msgpack.packb([b"st", b"DISPATCHED", b"args", b'{"a": "\xc3\xa4\x00"}'])


def mark(number: int) -> Mark:
    return Mark(number, b"\x00\xff345678", 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "permissions"


def kept_in(path: Path) -> list[tuple[str, int]]:
    log = PermissionLog(path)
    try:
        return [(one.id, one.mark.number) for one in log.beyond("acme", 0)]
    finally:
        log.close()


def test_the_next_process_knows_what_this_one_has_let_go(path: Path) -> None:
    log = PermissionLog(path)
    log.keep("acme", "inv_1", mark(3), PACKED)
    log.close()
    found = PermissionLog(path).beyond("acme", 2)
    assert [(one.id, one.mark, one.packed, one.alive) for one in found] == [("inv_1", mark(3), PACKED, False)]


def test_the_newest_word_on_a_record_counts(path: Path) -> None:
    log = PermissionLog(path)
    log.keep("acme", "inv_1", mark(3), PACKED)
    log.keep("acme", "inv_2", mark(4), PACKED)
    log.keep("acme", "inv_1", mark(5), msgpack.packb([b"st", b"SUCCEEDED"]))
    log.strike("acme", "inv_2")
    log.strike("acme", "inv_3")
    assert kept_in(path) == [("inv_1", 5)]


def test_each_tenant_has_its_own_and_only_what_is_later_is_found(path: Path) -> None:
    log = PermissionLog(path)
    log.keep("acme", "inv_1", mark(3), PACKED)
    log.keep("initech", "inv_1", mark(9), PACKED)
    assert [one.tenant for one in log.beyond("initech", 0)] == ["initech"]
    assert log.beyond("acme", 3) == []
    assert (log.newest("initech"), log.newest("umbrella")) == (mark(9), Mark())


@pytest.mark.parametrize("torn", [1, 7, 30])
def test_what_a_crash_has_torn_off_is_passed_over(path: Path, torn: int) -> None:
    log = PermissionLog(path)
    log.keep("acme", "inv_1", mark(3), PACKED)
    whole = path.stat().st_size
    log.keep("acme", "inv_2", mark(4), PACKED)
    log.close()
    path.write_bytes(path.read_bytes()[: whole + torn])
    assert kept_in(path) == [("inv_1", 3)]
    assert kept_in(path) == [("inv_1", 3)]


@pytest.mark.parametrize("place", [0, 5, 9, 12, 30], ids=["sign", "length", "its complement", "checksum", "body"])
@pytest.mark.parametrize("spoiled", [2, 3], ids=["in the middle", "at the end"])
def test_what_a_disk_has_spoiled_is_told_and_all_else_is_read(path: Path, place: int, spoiled: int) -> None:
    log = PermissionLog(path)
    begins = {}
    for number in (1, 2, 3):
        begins[number] = path.stat().st_size
        log.keep("acme", f"inv_{number}", mark(number), PACKED)
    log.close()
    content = bytearray(path.read_bytes())
    content[begins[spoiled] + place] ^= 1
    path.write_bytes(content)
    found = PermissionLog.read_only(path)
    assert found.damaged
    assert [one.id for one in found.beyond("acme", 0)] == [f"inv_{number}" for number in (1, 2, 3) if number != spoiled]


def test_blanks_at_the_end_are_a_power_failures(path: Path) -> None:
    log = PermissionLog(path)
    log.keep("acme", "inv_1", mark(3), PACKED)
    log.close()
    path.write_bytes(path.read_bytes() + bytes(100))
    found = PermissionLog.read_only(path)
    assert (found.damaged, found.has("acme", "inv_1")) == (False, True)


@pytest.mark.parametrize(
    "meddle", [Path.unlink, Path.touch, lambda path: os.truncate(path, 3)], ids=["removed", "as it is", "cut"]
)
def test_a_file_that_was_removed_or_emptied_is_made_again(path: Path, meddle: Callable[[Path], None]) -> None:
    log = PermissionLog(path)
    log.keep("acme", "inv_1", mark(3), PACKED)
    meddle(path)
    log.tidy()
    log.keep("acme", "inv_2", mark(4), PACKED)
    log.close()
    assert kept_in(path) == [("inv_1", 3), ("inv_2", 4)]


def test_a_file_that_was_replaced_is_made_again(path: Path) -> None:
    log = PermissionLog(path)
    log.keep("acme", "inv_1", mark(3), PACKED)
    path.with_name("other").write_bytes(path.read_bytes())
    path.with_name("other").replace(path)
    log.tidy()
    log.keep("acme", "inv_2", mark(4), PACKED)
    log.close()
    assert kept_in(path) == [("inv_1", 3), ("inv_2", 4)]


def test_the_oldest_go_first_and_it_is_told_up_to_where(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permission_log, "KEPT_BYTES", 300)
    log = PermissionLog(path)
    for number in range(5):
        log.keep("acme", f"inv_{number}", mark(number + 1), PACKED)
    log.close()
    known = PermissionLog(path)
    left = [one.mark.number for one in known.beyond("acme", 0)]
    assert 0 < len(left) < 5
    assert known.forgotten == {"acme": left[0] - 1}


def test_the_oldest_are_forgotten_together_and_not_at_the_cost_of_each_that_is_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permission_log, "KEPT_BYTES", 10_000)
    log = PermissionLog(path)
    forgotten = set()
    for number in range(1000):
        log.keep("acme", f"inv_{number}", mark(number + 1), PACKED)
        forgotten.add(log.forgotten.get("acme"))
    of_entry = path.stat().st_size // 1000
    assert 10 < len(forgotten) < 1000 / (10_000 / of_entry / 8) + 10


def test_after_an_hour_an_entry_is_forgotten(path: Path) -> None:
    now = [0.0]
    log = PermissionLog(path, lambda: now[0])
    log.keep("acme", "inv_1", mark(3), PACKED)
    now[0] = 3599.0
    log.tidy()
    assert log.has("acme", "inv_1")
    now[0] = 3601.0
    log.tidy()
    assert not log.has("acme", "inv_1")
    assert log.forgotten == {"acme": 3}


def test_what_was_found_in_the_file_is_new_to_this_process(path: Path) -> None:
    log = PermissionLog(path, lambda: 9_000_000.0)
    log.keep("acme", "inv_1", mark(3), PACKED)
    log.close()
    now = [50.0]  # the machine was started anew
    again = PermissionLog(path, lambda: now[0])
    now[0] += 3599.0
    again.tidy()
    assert again.has("acme", "inv_1")
    now[0] += 2.0
    again.tidy()
    assert again.forgotten == {"acme": 3}


def test_a_wall_clock_that_is_ahead_for_a_moment_makes_nothing_old(path: Path) -> None:
    """In a process of its own, which sets its clock."""
    clock = path.with_name("clock")
    environment = {**os.environ, **SteppedClock(clock).environment}
    command = [sys.executable, "-c", TWO_HOURS_AHEAD, str(path), str(clock)]
    told = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert told.stdout.decode().strip() == "True {}"


TWO_HOURS_AHEAD = """
import sys, time
from pathlib import Path
from benchmarks.faults.clocks import SteppedClock
from gateway.records.ledger.permission_log import PermissionLog
from gateway.records.ledger.specification.mark import Mark

log, begun = PermissionLog(Path(sys.argv[1])), time.time()
log.keep("acme", "inv_1", Mark(1, b"12345678", 1), b"x")
SteppedClock(Path(sys.argv[2])).step(7200.0)
while time.time() < begun + 7000.0:
    pass
log.tidy()
print(log.has("acme", "inv_1"), log.forgotten)
"""


def test_the_file_does_not_grow_beyond_what_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permission_log, "SLACK", 1000)
    log = PermissionLog(path)
    for number in range(200):
        log.keep("acme", "inv_1", mark(number + 1), PACKED)
        log.tidy()
    assert path.stat().st_size < 2000
    assert kept_in(path) == [("inv_1", 200)]


def test_a_dead_gateways_log_is_taken_over(path: Path, tmp_path: Path) -> None:
    dead = PermissionLog(tmp_path / "dead")
    dead.keep("acme", "inv_1", mark(3), PACKED)
    dead.keep("acme", "inv_2", mark(4), PACKED)
    log = PermissionLog(path)
    log.keep("acme", "inv_2", mark(5), PACKED)
    log.take_over(dead)
    assert sorted(kept_in(path)) == [("inv_1", 3), ("inv_2", 5)]


def without_room(path: Path, then: str) -> str:
    """What is printed by a process of its own, in which no file may have more than a kilobyte until it is `given_room`."""
    told = subprocess.run([sys.executable, "-c", WITHOUT_ROOM + then, str(path)], capture_output=True, check=True)
    return told.stdout.decode().strip()


WITHOUT_ROOM = """
import errno, os, resource, signal, sys
from pathlib import Path
from gateway.records.ledger.permission_log import PermissionLog
from gateway.records.ledger.specification.mark import Mark

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, most))
log = PermissionLog(Path(sys.argv[1]))

def keep(id, size, alive=True):
    try:
        log.keep("acme", id, Mark(1, b"12345678", 1), b"x" * size, alive=alive)
    except OSError as error:
        print(errno.errorcode[error.errno], end=" ")

def given_room():
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
"""


def test_a_full_disk_is_told(path: Path) -> None:
    assert without_room(path, "keep('inv_1', 10_000)") == errno.errorcode[errno.EFBIG]


def test_what_follows_a_write_that_was_cut_short_is_read(path: Path) -> None:
    assert without_room(path, "keep('inv_1', 10); keep('inv_2', 10_000); given_room(); keep('inv_3', 10)") == "EFBIG"
    found = PermissionLog.read_only(path)
    assert (found.damaged, [one.id for one in found.beyond("acme", 0)]) == (False, ["inv_1", "inv_3"])


def test_nothing_follows_a_part_of_an_entry_until_the_file_was_written_anew(path: Path) -> None:
    """The file system does not let the part be cut off either."""
    refuse = "def refuse(*_): raise OSError(errno.EIO, 'no')\nos.ftruncate = refuse\n"
    story = "keep('inv_1', 10); keep('inv_2', 10_000); given_room(); keep('inv_3', 10); log.tidy(); keep('inv_4', 10)"
    assert without_room(path, refuse + story) == "EFBIG EIO"
    found = PermissionLog.read_only(path)
    assert (found.damaged, [one.id for one in found.beyond("acme", 0)]) == (False, ["inv_1", "inv_4"])


END = "keep('inv_1', 10); keep('inv_1', 2000, alive=False); "


def test_an_end_that_could_not_be_written_counts_in_memory_and_the_file_is_written_anew_with_it(path: Path) -> None:
    told = "print(len(log.kept('acme', 'inv_1').packed), end=' '); "
    assert without_room(path, END + told + "given_room(); log.tidy()") == "EFBIG 2000"
    assert [len(one.packed) for one in PermissionLog.read_only(path).beyond("acme", 0)] == [2000]


def test_a_permission_that_could_not_be_written_is_not_kept(path: Path) -> None:
    assert without_room(path, "keep('inv_1', 2000); given_room(); log.tidy(); print(log.has('acme', 'inv_1'))") == "EFBIG False"
    assert kept_in(path) == []


def test_a_file_that_could_not_be_written_anew_leaves_no_trial_of_it(path: Path) -> None:
    refused = "try: log.tidy()\nexcept OSError: print(os.listdir(log._path.parent))"
    assert without_room(path, END + "\n" + refused) == "EFBIG ['permissions']"


def test_a_file_that_is_merely_too_long_stays_where_it_cannot_be_written_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permission_log, "SLACK", 1000)
    log, in_the_way = PermissionLog(path), path.with_suffix(".new")
    in_the_way.mkdir()
    with capture_logs() as told:
        for number in range(20):
            log.keep("acme", "inv_1", mark(number + 1), PACKED)
            log.tidy()
            log.tidy()
    assert {line["event"] for line in told} == {"permissions_not_shortened"}
    assert len(told) == path.stat().st_size // 1000 - 1, "it is tried again only after it has grown"
    in_the_way.rmdir()
    for number in range(20, 40):
        log.keep("acme", "inv_1", mark(number + 1), PACKED)
        log.tidy()
    assert path.stat().st_size < 2000
    log.close()
    assert kept_in(path) == [("inv_1", 40)]
