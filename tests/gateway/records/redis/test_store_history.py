"""A store that is another one than a gateway has seen: nothing is done twice on it, and what it has lost is put back."""

import asyncio
import shutil
from pathlib import Path

import pytest

from gateway.model.errors import StoreRolledBack, StoreUnsettled
from gateway.model.invocation import InvocationState
from gateway.records.ledger.protocol import Known, New
from gateway.records.ledger.specification.record import RING
from gateway.records.ledger.witness import Witness
from gateway.records.redis.client import Store
from gateway.records.redis.known_gateways import GATEWAYS
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.tenant_keys import TENANTS
from tests.gateway.records.lives import ATTEMPT, CALLER, DONE, ONCE, READ
from tests.gateway.records.stores import opened, operator_of

from .failing_over import Pair, charge, claim_again, settled


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("busy", [False, True], ids=["quiet", "others have gone on beyond its mark"])
async def test_a_permission_that_a_new_primary_did_not_get_is_put_back_before_anything_acts(
    pair: Pair, before: Store, after: Store, busy: bool
) -> None:
    one, other = Witness(), Witness()
    await RedisLedger(before, witness=other).claim("inv_read", "f", CALLER, READ, lease=10.0)
    await RedisLedger(before, witness=one).claim("inv_read_too", "f", CALLER, READ, lease=10.0)
    await pair.fall_behind()
    held = await charge(RedisLedger(before, witness=one))
    first, second = RedisLedger(after, witness=one), RedisLedger(after, witness=other)
    for number in range(9 if busy else 0):
        await second.claim(f"inv_read_{number}", "f", CALLER, READ, lease=10.0)
    with pytest.raises(StoreUnsettled):
        await claim_again(second)
    await settled(second, first)
    known = await claim_again(second)
    assert isinstance(known, Known)
    assert known.invocation.state is InvocationState.DISPATCHED
    assert (await first.record(held, DONE, ATTEMPT)).outcome == DONE
    assert (await second.read("acme", "inv_1") or pytest.fail("it is gone")).outcome == DONE


async def test_an_end_that_a_new_primary_did_not_get_is_what_its_caller_was_told(
    pair: Pair, before: Store, after: Store
) -> None:
    one, other = Witness(), Witness()
    await RedisLedger(before, witness=other).claim("inv_read", "f", CALLER, READ, lease=10.0)
    ledger = RedisLedger(before, witness=one)
    held = await charge(ledger)
    await pair.fall_behind()
    told = await ledger.record(held, DONE, ATTEMPT)
    first, second = RedisLedger(after, witness=one), RedisLedger(after, witness=other)
    await settled(second, first)
    known = await claim_again(second)
    assert isinstance(known, Known)
    assert (known.invocation.outcome, known.invocation.attempts) == (told.outcome, told.attempts)


async def test_what_is_put_back_is_in_the_life_that_it_had(pair: Pair, before: Store, after: Store) -> None:
    """What a gateway calls for it, it calls under a key that names that."""
    one = Witness()
    ledger = RedisLedger(before, witness=one)
    await ledger.claim("inv_read", "f", CALLER, READ, lease=10.0)
    await pair.fall_behind()
    await charge(ledger)
    was, restored = await ledger.read("acme", "inv_1"), RedisLedger(after, witness=one)
    await settled(restored)
    found = await restored.read("acme", "inv_1")
    assert was is not None
    assert found is not None
    assert (found.life, bool(found.life)) == (was.life, True)


async def test_the_holder_goes_on_where_its_claim_is_gone_with_all_that_followed(
    pair: Pair, before: Store, after: Store
) -> None:
    one = Witness()
    await RedisLedger(before, witness=one).claim("inv_read", "f", CALLER, READ, lease=10.0)
    await pair.fall_behind()
    held = await charge(RedisLedger(before, witness=one))
    ledger = RedisLedger(after, witness=one)
    assert not await ledger.heartbeat(held, lease=10.0)
    assert (await ledger.record(held, DONE, ATTEMPT)).outcome == DONE


@pytest.mark.usefixtures("impatient")
async def test_a_gateway_that_died_with_the_primary_is_waited_for_and_its_directory_tells(
    pair: Pair, before: Store, after: Store, tmp_path: Path
) -> None:
    dead, alive = Witness(tmp_path), Witness()
    await RedisLedger(before, witness=alive).claim("inv_read", "f", CALLER, READ, lease=10.0)
    await RedisLedger(before, witness=dead).claim("inv_read_too", "f", CALLER, READ, lease=10.0)
    await pair.fall_behind()
    await charge(RedisLedger(before, witness=dead))
    dead.release()
    ledger = RedisLedger(after, witness=alive)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3):
            await settled(ledger)
    with pytest.raises(StoreUnsettled):
        await claim_again(ledger)
    heir = RedisLedger(after, witness=Witness(tmp_path))
    await settled(ledger, heir)
    await take_from_the_lost(ledger)
    known = await claim_again(ledger)
    assert isinstance(known, Known)
    assert (known.invocation.state, known.invocation.review is not None) == (InvocationState.UNKNOWN, True)


class Shared:
    """A state directory of two gateways on the primary, of which the second lets a call go, and is killed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.first, self.dead = Witness(directory), Witness(directory)

    async def die_with(self, pair: Pair, before: Store) -> None:
        """The new primary lacks the call, and both gateways are on its list."""
        await RedisLedger(before, witness=self.first).claim("inv_read", "f", CALLER, READ, lease=10.0)
        dead = RedisLedger(before, witness=self.dead)
        await dead.remember()
        await dead.claim("inv_read_too", "f", CALLER, READ, lease=10.0)
        await pair.fall_behind()
        await charge(dead)
        self.dead.release()

    def heir(self) -> Witness:
        """The first gateway is killed, and starts again."""
        self.first.release()
        return Witness(self.directory)


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    return Shared(tmp_path)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("heirs", [1, 2], ids=["the first heir lives", "the first heir dies, too"])
async def test_an_heir_that_has_shown_already_puts_back_what_the_dead_one_had_let_go(
    pair: Pair, before: Store, after: Store, shared: Shared, heirs: int
) -> None:
    await shared.die_with(pair, before)
    first = RedisLedger(after, witness=shared.first)
    for _ in range(2):
        await first.remember()
    assert (await first.history("acme")).awaited == (shared.dead.id,)
    for _ in range(heirs):
        shared.first = shared.heir()
    ledger = RedisLedger(after, witness=shared.first)
    await settled(ledger)
    await take_from_the_lost(ledger)
    known = await claim_again(ledger)
    assert isinstance(known, Known)
    assert known.invocation.state is InvocationState.UNKNOWN
    assert [path.name for path in (shared.directory / "witness").iterdir()] == ["0"]


async def test_who_was_answered_for_is_waited_for_by_no_tenant(pair: Pair, before: Store, after: Store, shared: Shared) -> None:
    await shared.die_with(pair, before)
    assert shared.dead.id in await after.members(GATEWAYS)
    await settled(RedisLedger(after, witness=shared.heir()))
    assert shared.dead.id not in await after.members(GATEWAYS)


async def test_who_an_operator_went_on_without_is_waited_for_by_no_tenant_until_it_comes_again(
    pair: Pair, before: Store, after: Store, shared: Shared
) -> None:
    await shared.die_with(pair, before)
    await RedisLedger(after, witness=shared.first).remember()
    assert await RedisLedger(after, witness=Witness.of_an_onlooker()).acknowledge("acme", "ada", "looked at what was charged")
    assert await after.members(GATEWAYS) == [shared.first.id]
    ledger = RedisLedger(after, witness=shared.first)
    await after.remove_from_set(GATEWAYS, shared.first.id)
    await ledger.remember()
    assert await after.members(GATEWAYS) == [shared.first.id]


async def test_a_new_primary_that_has_all_is_taken_on_without_a_person(pair: Pair, before: Store, after: Store) -> None:
    one, other = Witness(), Witness()
    await RedisLedger(before, witness=other).claim("inv_read", "f", CALLER, READ, lease=10.0)
    held = await charge(RedisLedger(before, witness=one))
    await pair.fall_behind()
    first, second = RedisLedger(after, witness=one), RedisLedger(after, witness=other)
    await settled(second, first)
    assert isinstance(await claim_again(second, "inv_2"), New)
    assert (await first.record(held, DONE, ATTEMPT)).outcome == DONE


async def test_a_gateway_that_stopped_in_order_is_not_waited_for(
    pair: Pair, before: Store, after: Store, tmp_path: Path
) -> None:
    gone, alive = RedisLedger(before, witness=Witness(tmp_path)), Witness()
    await RedisLedger(before, witness=alive).claim("inv_read", "f", CALLER, READ, lease=10.0)
    held = await charge(gone)
    await gone.record(held, DONE, ATTEMPT)
    await gone.retire()
    await pair.fall_behind()
    ledger = RedisLedger(after, witness=alive)
    await settled(ledger)
    assert isinstance(await claim_again(ledger), Known)


async def test_what_a_gateway_has_forgotten_itself_is_for_a_person_to_look_at(pair: Pair, before: Store, after: Store) -> None:
    clock = [1_000_000.0]
    one = Witness(clock=lambda: clock[0])
    await RedisLedger(before, witness=one).claim("inv_read", "f", CALLER, READ, lease=10.0)
    await pair.fall_behind()
    await charge(RedisLedger(before, witness=one))
    clock[0] += 3601.0
    one.permissions.tidy()
    ledger = RedisLedger(after, witness=one)
    with pytest.raises(StoreRolledBack):
        await claim_again(ledger, "inv_2")
    assert await ledger.acknowledge("acme", "ada", "looked at what was charged")
    assert isinstance(await claim_again(ledger, "inv_2"), New)


async def test_an_empty_store_is_not_trusted_and_a_call_that_had_permission_is_never_claimed_anew(
    url: str, store: Store
) -> None:
    ledger = RedisLedger(store)
    before = await charge(ledger)
    async with operator_of(url) as operator:
        await operator.flushall()
    with pytest.raises(StoreRolledBack):
        await claim_again(ledger, "inv_2")
    assert (await ledger.history("acme")).to_be_acknowledged
    read = await ledger.claim("inv_read", "f", CALLER, READ, lease=10.0)
    assert isinstance(read, New)
    assert read.held.fence > before.fence
    assert await ledger.acknowledge("acme", "ada", "the disk was restored from a copy")
    assert isinstance(await claim_again(ledger), Known)
    assert isinstance(await claim_again(ledger, "inv_2"), New)
    assert not await ledger.acknowledge("acme", "ada", "again")


async def test_a_store_that_was_emptied_under_a_gateway_lists_its_tenants_again_and_waits_for_an_operator(
    url: str, store: Store
) -> None:
    witness = Witness()
    await charge(RedisLedger(store, witness=witness))
    await RedisLedger(store, witness=witness).remember()
    ledger = RedisLedger(store, witness=witness)
    await ledger.remember()  # it was on the list already
    async with operator_of(url) as operator:
        await operator.flushall()
    with pytest.raises(StoreRolledBack):
        await claim_again(ledger, "inv_2")
    for _ in range(3):
        await ledger.remember()
        assert await ledger.tenants() == ["acme"]
        assert (await ledger.history("acme")).to_be_acknowledged


async def test_a_gateway_whose_disk_takes_nothing_renews_its_mark_all_the_same(store: Store, tmp_path: Path) -> None:
    ledger = RedisLedger(store, witness=Witness(tmp_path))
    await charge(ledger)
    shutil.rmtree(tmp_path / "witness")
    (tmp_path / "witness").touch()
    await store.remove_from_set(TENANTS, "acme")
    with pytest.raises(FileExistsError):
        await ledger.remember()
    assert await ledger.tenants() == ["acme"]


async def test_what_was_lost_while_no_gateway_ran_is_found_out_by_the_next_one(url: str, tmp_path: Path) -> None:
    async with opened(url) as store:
        witness = Witness(tmp_path)
        await RedisLedger(store, witness=witness).claim("inv_1", "f", CALLER, ONCE, lease=10.0)
        await witness.sync()
        witness.release()
        async with operator_of(url) as operator:
            await operator.flushall()
    async with opened(url) as store:  # of the next process
        await RedisLedger(store, witness=Witness(tmp_path)).remember()
        with pytest.raises(StoreRolledBack):
            await claim_again(RedisLedger(store))


async def test_a_record_that_went_on_since_is_left_as_it_is(url: str, store: Store) -> None:
    one = Witness()
    ledger = RedisLedger(store, witness=one)
    held = await charge(ledger)
    kept = one.permissions.beyond("acme", 0)[0]
    await ledger.record(held, DONE, ATTEMPT)
    one.permissions.keep(kept.tenant, kept.id, kept.mark, kept.packed)
    async with operator_of(url) as operator:
        await operator.hset("cg:{acme}:lineage", "primary", "another")
    await settled(ledger)
    assert (await ledger.read("acme", "inv_1") or pytest.fail("it is gone")).outcome == DONE


@pytest.mark.parametrize(("events", "found"), [(RING - 1, True), (RING, False)], ids=["as old as the ring", "older"])
async def test_what_is_older_than_the_ring_is_unknown_and_not_lost(url: str, store: Store, events: int, found: bool) -> None:
    witness = Witness()
    ledger = RedisLedger(store, witness=witness)
    await ledger.claim("inv_1", "f", CALLER, READ, lease=10.0)
    async with operator_of(url) as operator:
        await operator.incrby("cg:{acme}:sequence", events)
    stranger = Witness()
    stranger.saw("acme", witness.mark("acme")._replace(nonce=b"another!"))
    await RedisLedger(store, witness=stranger).remember()
    assert (await ledger.history("acme")).open == found


async def take_from_the_lost(ledger: RedisLedger) -> None:
    async with asyncio.timeout(5):
        while not (lost := [id async for id in ledger.lost_holders("acme")]):
            await asyncio.sleep(0.01)
    for id in lost:
        await ledger.take_from_lost("acme", id)
