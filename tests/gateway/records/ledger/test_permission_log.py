"""What a gateway has let go outlives its process, and no more of it is kept than is said."""

import errno
import subprocess
import sys
from pathlib import Path

import msgpack
import pytest

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


def test_what_a_disk_has_spoiled_is_passed_over_with_all_that_follows(path: Path) -> None:
    log = PermissionLog(path)
    log.keep("acme", "inv_1", mark(3), PACKED)
    whole = path.stat().st_size
    log.keep("acme", "inv_2", mark(4), PACKED)
    log.close()
    spoiled = bytearray(path.read_bytes())
    spoiled[whole + 20] ^= 1
    path.write_bytes(spoiled)
    assert kept_in(path) == [("inv_1", 3)]


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


def test_a_full_disk_is_told(path: Path) -> None:
    """In a process of its own, in which no file may have more than a kilobyte."""
    told = subprocess.run([sys.executable, "-c", WITHOUT_ROOM, str(path)], capture_output=True, check=True)
    assert told.stdout.decode().strip() == errno.errorcode[errno.EFBIG]


WITHOUT_ROOM = """
import errno, resource, signal, sys
from pathlib import Path
from gateway.records.ledger.permission_log import PermissionLog
from gateway.records.ledger.specification.mark import Mark

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
log = PermissionLog(Path(sys.argv[1]))
try:
    log.keep("acme", "inv_1", Mark(1, b"12345678", 1), b"x" * 10_000)
except OSError as error:
    print(errno.errorcode[error.errno])
"""
