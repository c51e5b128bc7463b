"""A gateway's seat on its host, on engines that confine nothing."""

import time
from pathlib import Path

import pytest

from sandbox.api.errors import HostCopied, HostLost, HostMemoryRefused, SandboxError
from sandbox.hardening.profile import HOST_LABEL
from sandbox.reaping.host_registry import LIVING, MemoryHostRegistry
from sandbox.reaping.host_seat import MARK, PROOF_LABEL, HostSeat
from sandbox.testing.fake_engine import FakeEngine
from tests.promises.disks import filled, small_disk


class Place:
    """A registry whose clock the test moves, one engine, and gateways on it."""

    def __init__(self, run_dir: Path) -> None:
        self.ahead = 0.0
        self.registry = MemoryHostRegistry(lambda: time.time() + self.ahead)
        self.engine = FakeEngine()
        self.run_dir = run_dir
        self.memory = run_dir / "host.json"
        self.living: list[HostSeat] = []

    def seat(self, gateway: str, engine: FakeEngine | None = None, *, boot: str = "boot-1", remembers: bool = True) -> HostSeat:
        (self.run_dir / gateway).mkdir(exist_ok=True)
        memory = self.memory if remembers else None
        own = engine or self.engine
        return HostSeat(own, self.registry, gateway, self.run_dir, memory=memory, boot=boot, pause=self.time_passes)

    async def time_passes(self, _seconds: float) -> None:
        """Those who live give a sign of it."""
        for seat in self.living:
            await seat.renew()

    async def copy_of_the_engine(self) -> FakeEngine:
        copy = FakeEngine()
        for name, labels in self.engine._marks.items():
            await copy.mark(name, labels)
        return copy


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


async def test_the_gateways_of_an_engine_share_a_host_whatever_their_state_directories(place: Place) -> None:
    first = await place.seat("gw-1").take()
    assert await place.seat("gw-2", remembers=False).take() == first
    assert await place.seat("gw-3").take() == first


async def test_engines_with_the_same_id_are_two_hosts(place: Place) -> None:
    assert await place.engine.id() == await FakeEngine().id()
    assert await place.seat("gw-1").take() != await place.seat("gw-2", FakeEngine(), remembers=False).take()


async def test_a_copy_of_an_engine_is_refused_while_a_gateway_lives_on_the_other(place: Place) -> None:
    await place.seat("gw-0").take()
    copy, original = await place.copy_of_the_engine(), place.seat("gw-1")
    await original.take()
    place.living.append(original)
    with pytest.raises(HostCopied, match="gw-1 lives") as refused:
        await place.seat("gw-2", copy).take()
    assert "docker volume rm callgate-host" in refused.value.cure
    assert set(await copy.marks(PROOF_LABEL)) == {"callgate-proof-gw-0"}
    (host,) = await place.registry.hosts()
    assert host.gateways == ("gw-0", "gw-1")
    await copy.unmark(MARK)
    assert await place.seat("gw-2", copy, remembers=False).take() != host.id


async def test_a_copied_machine_is_refused_though_it_was_copied_as_it_ran(place: Place) -> None:
    await place.seat("gw-1").take()
    copy = await place.copy_of_the_engine()
    with pytest.raises(HostCopied, match="gw-1 lives"):
        await place.seat("gw-2", copy, boot="boot-2").take()


async def test_a_process_that_was_copied_as_it_ran_is_found_out_by_its_next_sign_of_life(place: Place) -> None:
    original, copy = place.seat("gw-1"), place.seat("gw-1")
    await original.take()
    for name in ("_seat", "_next", "_facts", "_host"):
        setattr(copy, name, getattr(original, name))
    copy._next = "drawn by the copy"
    await original.renew()
    with pytest.raises(HostCopied):
        await copy.renew()
    await original.renew()


async def test_a_dead_gateway_whose_seat_came_back_with_its_store_keeps_no_other_from_its_place(place: Place) -> None:
    dead = place.seat("gw-1")
    host = await dead.take()
    seats = dict(place.registry._seats)
    await dead.leave()
    place.registry._seats = seats  # as a replica has it that takes the primary's place
    assert await place.seat("gw-2").take() == host
    (known,) = await place.registry.hosts()
    assert known.gateways == ("gw-2",)


async def test_a_proof_that_was_removed_is_left_again_and_a_seat_without_one_is_forgotten(place: Place) -> None:
    silent, other = place.seat("gw-1"), place.seat("gw-2")
    await silent.take()
    await other.take()
    place.ahead = LIVING
    (place.run_dir / "gw-1").rmdir()
    await other.renew()
    await other.sweep()
    assert set(await place.engine.marks(PROOF_LABEL)) == {"callgate-proof-gw-2"}
    place.ahead = LIVING / 2  # the clock goes back
    (known,) = await place.registry.hosts()
    assert "gw-1" not in known.gateways
    await silent.sweep()
    assert set(await place.engine.marks(PROOF_LABEL)) == {"callgate-proof-gw-1", "callgate-proof-gw-2"}


async def test_a_registry_that_went_back_in_time_makes_no_copy_of_a_gateway(place: Place) -> None:
    seat = place.seat("gw-1")
    await seat.take()
    await seat.renew()
    before = dict(place.registry._seats)
    await seat.renew()
    await seat.renew()
    place.registry._seats = before  # as a replica has it that takes the primary's place
    await seat.renew()
    await seat.renew()


async def test_a_mark_that_was_pruned_is_made_again_by_the_living_and_by_the_next(place: Place) -> None:
    seat = place.seat("gw-1")
    host = await seat.take()
    await place.engine.unmark(MARK)
    await seat.sweep()
    assert await place.seat("gw-2", remembers=False).take() == host
    await place.engine.unmark(MARK)
    assert await place.seat("gw-3").take() == host


@pytest.mark.parametrize("written", [b"", b"[]", b"{", b'{"mark": 7}'])
async def test_a_memory_that_cannot_be_read_is_none(place: Place, written: bytes) -> None:
    place.memory.write_bytes(written)
    assert await place.seat("gw-1").take()


async def test_a_directory_of_the_memory_that_was_removed_is_made_again_for_its_owner_alone(place: Place) -> None:
    place.memory = place.run_dir / "state" / "gateway" / "host.json"
    host = await place.seat("gw-1").take()
    assert [parent.stat().st_mode & 0o777 for parent in place.memory.parents[:2]] == [0o700] * 2
    await place.engine.unmark(MARK)
    assert await place.seat("gw-2").take() == host


async def test_a_memory_that_cannot_be_kept_is_told_with_its_cure(place: Place) -> None:
    (place.run_dir / "file").write_text("")
    place.memory = place.run_dir / "file" / "host.json"
    with pytest.raises(HostMemoryRefused, match=r"host\.json cannot be read: Not a directory") as refused:
        await place.seat("gw-1").take()
    assert "CALLGATE_STATE_DIR" in refused.value.cure
    with small_disk("64k") as disk, filled(disk):
        place.memory = disk / "host.json"
        with pytest.raises(HostMemoryRefused, match=r"host\.json cannot be written: No space left"):
            await place.seat("gw-1").take()
        assert [path.name for path in disk.iterdir()] == ["ballast"]


async def test_an_engine_that_has_lost_its_data_over_a_boot_is_another_host(place: Place) -> None:
    seat = place.seat("gw-1")
    host = await seat.take()
    await seat.leave()
    assert await place.seat("gw-2", FakeEngine(), boot="boot-2").take() != host


async def test_a_volume_of_that_name_that_is_another_programs_is_refused(place: Place) -> None:
    await place.engine.mark(MARK, {})
    with pytest.raises(SandboxError, match="remove it"):
        await place.seat("gw-1").take()


async def test_a_gateway_whose_host_was_declared_lost_must_end_and_the_next_removes_its_boxes_first(place: Place) -> None:
    seat = place.seat("gw-1")
    host = await seat.take()
    await place.engine.create("cg-old", {"Image": "any", "Labels": {HOST_LABEL: host}})
    await place.engine.create("cg-of-another", {"Image": "any", "Labels": {HOST_LABEL: "another"}})
    place.ahead = LIVING
    await place.registry.declare_lost(host, "ada", "it does not answer")
    with pytest.raises(HostLost):
        await seat.renew()
    assert await place.seat("gw-2").take() != host
    assert [box.name for box in await place.engine.containers({HOST_LABEL: None})] == ["cg-of-another"]


async def test_what_a_dead_gateway_has_left_is_removed_once_its_directory_is_and_it_counts_as_living_no_more(
    place: Place,
) -> None:
    await place.seat("gw-1").take()
    await place.seat("gw-2").take()
    (place.run_dir / "gw-1").rmdir()
    await place.seat("gw-3").take()
    assert "callgate-proof-gw-1" in await place.engine.marks(PROOF_LABEL)
    place.ahead = LIVING
    living = place.seat("gw-4")
    await living.take()
    assert "callgate-proof-gw-1" not in await place.engine.marks(PROOF_LABEL)
    assert "callgate-proof-gw-2" in await place.engine.marks(PROOF_LABEL)
    (place.run_dir / "gw-2").rmdir()
    await living.renew()
    await living.sweep()
    assert set(await place.engine.marks(PROOF_LABEL)) == {"callgate-proof-gw-3", "callgate-proof-gw-4"}


async def test_a_gateway_that_leaves_leaves_nothing(place: Place) -> None:
    seat = place.seat("gw-1")
    await seat.take()
    await seat.leave()
    assert await place.engine.marks(PROOF_LABEL) == {}
    assert [host.gateways for host in await place.registry.hosts()] == [()]
