"""What a gateway has seen of the store outlives it, in a folder that it has for itself."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest

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
    (tmp_path / "witness" / "0" / "marks.json").write_text("{")
    with pytest.raises(ValueError, match="unexpected end"):
        Witness(tmp_path)


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
