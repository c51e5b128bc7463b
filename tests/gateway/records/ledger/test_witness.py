"""What a gateway has seen of the store outlives it, in a folder that it has for itself."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest

from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.witness import Witness

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
    assert other.ids == [other.id]
    other.release()


async def test_a_gateway_answers_for_the_dead_ones_of_its_directory(witness: Witness, tmp_path: Path) -> None:
    dead = Witness(tmp_path)
    dead.saw("acme", mark(7))
    dead.permissions.keep("acme", "inv_1", mark(9), PACKED)
    dead.release()
    witness.release()
    heir = Witness(tmp_path)
    assert heir.ids == [witness.id, dead.id]
    assert heir.permissions.has("acme", "inv_1")
    assert heir.mark("acme") == mark(9)
    heir.release()
    again = Witness(tmp_path)
    assert again.ids == [witness.id, dead.id]
    again.answered_for(dead.id)
    await again.sync()
    again.release()
    assert Witness(tmp_path).ids == [witness.id]


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
