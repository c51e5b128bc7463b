"""What a gateway has seen of the store outlives it, in a folder that it has for itself."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

import msgpack
import pytest
from structlog.testing import capture_logs

from gateway.records.ledger.permission_log import PermissionLog
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.witness import Witness
from sandbox.api.errors import HostCopied

PACKED = msgpack.packb([b"st", b"DISPATCHED"])


def mark(number: int, epoch: int = 1) -> Mark:
    return Mark(number, b"\x00\xff345678", epoch)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    witness = Witness(tmp_path)
    yield witness
    witness.release()


async def test_a_gateway_that_starts_again_is_the_same_one_and_knows_what_it_had_seen(witness: Witness, tmp_path: Path) -> None:
    witness.saw("acme", mark(7))
    await witness.sync()
    witness.saw("acme", mark(8))
    witness.release()
    again = Witness(tmp_path)
    assert (again.id, again.mark("acme"), again.tenants()) == (witness.id, mark(7), ["acme"])
    again.release()


def test_a_permission_that_is_newer_than_the_marks_on_the_disk_is_seen_too(witness: Witness, tmp_path: Path) -> None:
    witness.saw("acme", mark(7))
    witness.permissions.keep("acme", "inv_1", mark(9), PACKED)
    witness.release()
    again = Witness(tmp_path)
    assert again.mark("acme") == mark(9)
    again.release()


def test_a_mark_is_the_latest_and_that_of_the_epoch_before_is_kept_beside_it(witness: Witness) -> None:
    for seen in (mark(7), mark(5), mark(2, epoch=2), mark(9)):
        witness.saw("acme", seen)
    assert (witness.mark("acme"), witness.before("acme")) == (mark(2, epoch=2), mark(7))


def test_two_gateways_of_a_host_have_each_their_own_folder(witness: Witness, tmp_path: Path) -> None:
    other = Witness(tmp_path)
    assert other.id != witness.id
    assert other.dead == []
    other.release()


@pytest.fixture
def dead(tmp_path: Path) -> Witness:
    """A gateway that shared the state directory with another one, and was killed."""
    first, dead = Witness(tmp_path), Witness(tmp_path)
    dead.saw("acme", mark(7))
    dead.permissions.keep("acme", "inv_1", mark(9), PACKED)
    dead.release()
    first.release()
    return dead


def test_a_dead_gateways_folder_is_whole_until_it_was_answered_for(dead: Witness, tmp_path: Path) -> None:
    for _ in range(2):  # the first heir dies, too
        heir = Witness(tmp_path)
        assert [one.id for one in heir.dead] == [dead.id]
        assert heir.dead[0].mark("acme") == mark(9)
        assert heir.dead[0].permissions.has("acme", "inv_1")
        heir.release()
    heir = Witness(tmp_path)
    heir.answered_for(heir.dead[0])
    heir.release()
    assert Witness(tmp_path).dead == []


def test_a_dead_gateways_folder_is_held_by_one_heir(dead: Witness, tmp_path: Path) -> None:
    heir, other = Witness(tmp_path), Witness(tmp_path)
    assert other.dead == []
    assert len({heir.id, other.id, dead.id}) == 3
    heir.release()
    other.release()


def test_a_dead_gateways_folder_may_be_removed_by_an_operator_before_its_heir_does(dead: Witness, tmp_path: Path) -> None:
    heir = Witness(tmp_path)
    assert [one.id for one in heir.dead] == [dead.id]
    shutil.rmtree(tmp_path / "witness" / "1")
    heir.answered_for(heir.dead[0])
    assert heir.dead == []
    heir.release()


def test_a_folder_of_which_the_removal_was_cut_short_is_no_gateways(dead: Witness, tmp_path: Path) -> None:
    (tmp_path / "witness" / "1").rename(tmp_path / "witness" / "1.done")
    heir = Witness(tmp_path)
    assert heir.dead == []
    assert [path.name for path in (tmp_path / "witness").iterdir()] == ["0"]
    heir.release()


async def test_a_living_gateway_whose_folder_was_removed_never_takes_a_dead_ones(tmp_path: Path) -> None:
    dead, alive = Witness(tmp_path), Witness(tmp_path)
    dead.permissions.keep("acme", "inv_1", mark(9), PACKED)
    dead.release()
    shutil.rmtree(tmp_path / "witness" / "1")
    alive.saw("acme", mark(11))
    await alive.sync()
    alive.release()
    heir = Witness(tmp_path)
    assert heir.id == dead.id
    assert heir.permissions.has("acme", "inv_1")
    assert [one.id for one in heir.dead] == [alive.id]
    heir.release()


async def test_a_folder_of_which_only_the_lock_was_removed_stays_that_gateways(witness: Witness, tmp_path: Path) -> None:
    (tmp_path / "witness" / "0" / "lock").unlink()
    await witness.sync()
    other = Witness(tmp_path)
    assert other.id != witness.id
    assert sorted(path.name for path in (tmp_path / "witness").iterdir()) == ["0", "1"]
    other.release()


async def test_no_foreign_file_is_closed_while_the_folder_cannot_be_made_again(witness: Witness, tmp_path: Path) -> None:
    """A file where the folder was lets no directory be made, for root neither."""
    folder = tmp_path / "witness"
    shutil.rmtree(folder)
    folder.touch()
    with pytest.raises(OSError, match="exists"):
        await witness.sync()
    ours = [os.open(tmp_path, os.O_RDONLY) for _ in range(3)]  # of another call, say
    with pytest.raises(OSError, match="exists"):
        await witness.sync()
    folder.unlink()
    await witness.sync()
    for file in ours:
        os.close(file)
    assert (folder / "0" / "permissions").exists()


@pytest.mark.parametrize("damage", ["removed", "spoiled"])
@pytest.mark.parametrize("of_a_dead_one", [False, True])
async def test_what_is_lost_of_the_log_counts_as_forgotten(
    witness: Witness, tmp_path: Path, damage: str, of_a_dead_one: bool
) -> None:
    other = Witness(tmp_path)
    other.saw("acme", mark(7))
    other.permissions.keep("initech", "inv_1", mark(9), PACKED)
    await other.sync()
    other.release()
    file = tmp_path / "witness" / "1" / "permissions"
    if damage == "removed":
        other.saw("initech", mark(9))
        file.unlink()
    else:
        file.write_bytes(b"\xff" * 40 + file.read_bytes())
    witness.release()
    if not of_a_dead_one:
        shutil.rmtree(tmp_path / "witness" / "0")
    again = Witness(tmp_path)
    memory = again.dead[0] if of_a_dead_one else again
    assert memory.id == other.id
    assert memory.permissions.forgotten["acme"] >= 7
    assert memory.permissions.has("initech", "inv_1") == (damage == "spoiled")
    again.release()


def test_a_folder_that_cannot_be_read_stops_the_start(witness: Witness, tmp_path: Path) -> None:
    witness.close()
    (tmp_path / "witness" / "0" / "marks.json").unlink()
    (tmp_path / "witness" / "0" / "marks.json").mkdir()
    with pytest.raises(IsADirectoryError):
        Witness(tmp_path)


SPOILED = [b"{", b"[]", b'{"acme": 7}', b'{"acme": [7, "zz", 1]}', b'{"acme": [null, "00", 1]}', b"\xff\x00"]


@pytest.mark.parametrize("content", SPOILED)
@pytest.mark.parametrize("of_a_dead_one", [False, True])
def test_the_store_waits_for_a_gateway_whose_marks_are_spoiled_and_all_of_its_log_is_known(
    witness: Witness, tmp_path: Path, content: bytes, of_a_dead_one: bool
) -> None:
    other = Witness(tmp_path)
    other.permissions.keep("acme", "inv_1", mark(9), PACKED)
    other.close()
    witness.close()
    spoiled = tmp_path / "witness" / "1" / "marks.json"
    spoiled.write_bytes(content)
    if not of_a_dead_one:
        shutil.rmtree(tmp_path / "witness" / "0")
    with capture_logs() as told:
        again = Witness(tmp_path)
    memory = again.dead[0] if of_a_dead_one else again
    assert memory.id not in {"", other.id, witness.id}
    assert memory.permissions.has("acme", "inv_1")
    assert memory.permissions.forgotten["acme"] > 9
    assert [(line["event"], line["path"], line["gateway"]) for line in told] == [("marks_lost", str(spoiled), other.id)]
    assert "callgate store acknowledge" in told[0]["cure"]
    again.release()


@pytest.mark.parametrize("spoil", [Path.unlink, lambda id: id.write_text(""), lambda id: id.write_bytes(b"\xff" * 12)])
@pytest.mark.parametrize("of_a_dead_one", [False, True])
def test_a_gateway_that_finds_permissions_and_no_id_takes_one_for_good(
    witness: Witness, tmp_path: Path, spoil: Callable[[Path], None], of_a_dead_one: bool
) -> None:
    other = Witness(tmp_path)
    other.permissions.keep("acme", "inv_1", mark(9), PACKED)
    other.close()
    witness.close()
    spoil(tmp_path / "witness" / "1" / "id")
    if not of_a_dead_one:
        shutil.rmtree(tmp_path / "witness" / "0")
    with capture_logs() as told:
        again = Witness(tmp_path)
    memory = again.dead[0] if of_a_dead_one else again
    assert re.fullmatch("[0-9a-f]{12}", memory.id)
    assert memory.permissions.has("acme", "inv_1")
    assert [line["event"] for line in told] == ["id_lost"]
    again.release()
    last = Witness(tmp_path)
    assert last.id == again.id
    last.release()


def test_a_gateway_has_its_id_on_the_disk_before_its_log(tmp_path: Path) -> None:
    folder = tmp_path / "witness" / "0"
    (folder / "permissions.new").mkdir(parents=True)  # where the log is made
    with pytest.raises(IsADirectoryError):
        Witness(tmp_path)
    assert re.fullmatch("[0-9a-f]{12}", (folder / "id").read_text())


async def test_a_gateways_own_folder_stays_though_the_log_cannot_be_written_there(witness: Witness, tmp_path: Path) -> None:
    folder = tmp_path / "witness" / "0"
    (folder / "lock").unlink()
    (folder / "permissions.new").mkdir()
    with pytest.raises(IsADirectoryError):
        await witness.sync()
    assert (folder / "id").read_text() == witness.id
    (folder / "permissions.new").rmdir()
    await witness.sync()
    assert sorted(path.name for path in folder.iterdir()) == ["id", "lock", "marks.json", "permissions"]


def test_no_folder_is_left_of_those_that_a_full_disk_did_not_let_be_made(tmp_path: Path) -> None:
    told = subprocess.run([sys.executable, "-c", REMOVED_ON_A_FULL_DISK, str(tmp_path)], capture_output=True, check=True)
    assert told.stdout.decode().split() == ["EFBIG"] * 3 + ["[]", "['0']"]


REMOVED_ON_A_FULL_DISK = """
import asyncio, errno, os, resource, shutil, sys
from pathlib import Path
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.witness import Witness

state = Path(sys.argv[1])
witness = Witness(state)
witness.permissions.keep("acme", "inv_1", Mark(1, b"12345678", 1), b"x" * 2000)
shutil.rmtree(state / "witness")
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, most))
for _ in range(3):
    try:
        asyncio.run(witness.sync())
    except OSError as error:
        print(errno.errorcode[error.errno])
print(os.listdir(state / "witness"))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
asyncio.run(witness.sync())
print(os.listdir(state / "witness"))
"""


def test_a_dead_gateways_folder_stays_while_its_heirs_file_lacks_an_end_of_it(tmp_path: Path) -> None:
    told = subprocess.run([sys.executable, "-c", HEIR_ON_A_FULL_DISK, str(tmp_path)], capture_output=True, check=True)
    assert told.stdout.decode().split() == ["EFBIG", "EFBIG", "['0',", "'1']", "['0']"]


HEIR_ON_A_FULL_DISK = """
import errno, os, resource, sys
from pathlib import Path
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.witness import Witness

state = Path(sys.argv[1])
first, killed = Witness(state), Witness(state)
killed.permissions.keep("acme", "inv_1", Mark(1, b"12345678", 1), b"x" * 2000, alive=False)
first.release()
killed.release()
heir = Witness(state)
[dead] = heir.dead

def answer():
    try:
        heir.permissions.take_over(dead.permissions)
        heir.answered_for(dead)
    except OSError as error:
        print(errno.errorcode[error.errno])

_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, most))
answer()
answer()
print(sorted(os.listdir(state / "witness")))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
answer()
print(os.listdir(state / "witness"))
"""


async def test_marks_that_cannot_be_written_leave_no_draft(witness: Witness, tmp_path: Path) -> None:
    folder = tmp_path / "witness" / "0"
    (folder / "marks.json").unlink()
    (folder / "marks.json").mkdir()
    witness.saw("acme", mark(7))
    with pytest.raises(IsADirectoryError):
        await witness.sync()
    assert sorted(path.name for path in folder.iterdir()) == ["id", "lock", "marks.json", "permissions"]


class SlowDisk(PermissionLog):
    """Its first flush goes on until it is let go."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.flushing, self.let_go = Event(), Event()

    def sync(self) -> None:
        if not self.flushing.is_set():
            self.flushing.set()
            self.let_go.wait(10)
        super().sync()


async def test_a_write_that_was_cancelled_does_not_meet_the_last_one(witness: Witness, tmp_path: Path) -> None:
    witness.permissions.close()
    witness.permissions = log = SlowDisk(tmp_path / "witness" / "0" / "permissions")
    witness.saw("acme", mark(7))
    writing = asyncio.create_task(witness.sync())
    await asyncio.to_thread(log.flushing.wait, 10)
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing
    witness.saw("acme", mark(8))
    closing = asyncio.create_task(asyncio.to_thread(witness.close))
    await asyncio.wait({closing}, timeout=0.1)  # it must not end before the other write has
    log.let_go.set()
    await closing
    await asyncio.get_running_loop().shutdown_default_executor()
    again = Witness(tmp_path)
    assert (again.id, again.mark("acme")) == (witness.id, mark(8))
    again.release()


def test_an_end_that_a_full_disk_did_not_take_is_written_when_the_gateway_stops(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", STOPPED_AFTER_A_FULL_DISK, str(tmp_path)], check=True)
    again = Witness(tmp_path)
    kept = again.permissions.kept("acme", "inv_1")
    assert kept
    assert len(kept.packed) == 2000
    again.release()


STOPPED_AFTER_A_FULL_DISK = """
import resource, sys
from contextlib import suppress
from pathlib import Path
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.witness import Witness

witness = Witness(Path(sys.argv[1]))
witness.permissions.keep("acme", "inv_1", Mark(1, b"12345678", 1), b"x")
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, most))
with suppress(OSError):
    witness.permissions.keep("acme", "inv_1", Mark(2, b"12345678", 1), b"x" * 2000, alive=False)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
witness.close()
"""


async def test_a_gateway_that_has_let_its_folder_go_writes_nothing_there(witness: Witness, tmp_path: Path) -> None:
    witness.permissions.keep("acme", "inv_1", mark(9), PACKED)
    witness.close()
    shutil.rmtree(tmp_path / "witness")
    other = Witness(tmp_path)
    witness.close()
    await witness.sync()
    other.release()
    again = Witness(tmp_path)
    assert not again.permissions.has("acme", "inv_1")
    again.release()


def test_a_gateway_that_stops_writes_nothing_into_a_folder_that_is_another_ones_by_now(
    witness: Witness, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "witness")
    other = Witness(tmp_path)
    witness.saw("acme", mark(7))
    witness.close()
    assert (tmp_path / "witness" / "0" / "id").read_text() == other.id
    assert (tmp_path / "witness" / "1" / "id").read_text() == witness.id
    other.release()


async def test_a_folder_that_an_operator_removed_is_made_again(witness: Witness, tmp_path: Path) -> None:
    witness.saw("acme", mark(7))
    witness.permissions.keep("acme", "inv_1", mark(7), PACKED)
    await witness.sync()
    shutil.rmtree(tmp_path / "witness")
    await witness.sync()
    witness.permissions.keep("acme", "inv_2", mark(8), PACKED)
    witness.release()
    again = Witness(tmp_path)
    assert (again.id, again.mark("acme")) == (witness.id, mark(8))
    assert all(again.permissions.has("acme", id) for id in ("inv_1", "inv_2"))
    again.release()


def test_one_who_is_no_gateway_has_no_id() -> None:
    assert Witness.of_an_onlooker().id == ""


def test_a_copy_of_a_gateway_is_another_one_once_the_cure_was_followed(witness: Witness, tmp_path: Path) -> None:
    copy = tmp_path.with_name("copy")
    (tmp_path / "host.json").touch()
    shutil.copytree(tmp_path, copy)
    named = re.search(r"delete (.*) in CALLGATE_STATE_DIR", HostCopied.cure)
    assert named
    for name in re.findall(r"`([^`]+)`", named[1]):
        shutil.rmtree(copy / name) if (copy / name).is_dir() else (copy / name).unlink()
    other = Witness(copy)
    assert other.id != witness.id
    other.release()
