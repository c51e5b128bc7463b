"""A state directory whose disk is full: nothing that acts is let go, and it is known until there is room."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.model.errors import StoreUnavailable
from gateway.records.ledger.protocol import FencedLease, New
from gateway.records.ledger.state_disk import StateDisk
from gateway.records.ledger.witness import Witness
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from sandbox.api.result import Evidence
from tests.gateway.records.lives import ATTEMPT, CALLER, ONCE
from tests.promises.disks import filled, small_disk

UNSENT = replace(ATTEMPT, evidence=Evidence.NOT_SENT, http_status=0)


@pytest.fixture
def disk() -> Iterator[Path]:
    with small_disk("1m") as disk:
        yield disk


async def permitted(ledger: RedisLedger, id: str) -> FencedLease:
    """A call that may be sent. Raises StoreUnavailable."""
    claimed = await ledger.claim(id, "f", CALLER, ONCE, lease=60.0)
    assert isinstance(claimed, New)
    await ledger.dispatch(claimed.held, attempt=1, box="box-1")
    return claimed.held


async def until_refused(ledger: RedisLedger) -> None:
    """Permit calls: the last page of the log may have room for some more."""
    for number in range(1000):
        await permitted(ledger, f"inv_more_{number}")


async def test_a_full_disk_lets_nothing_go_and_is_known_until_there_is_room(store: Store, disk: Path) -> None:
    ledger = RedisLedger(store, witness=Witness(disk))
    held = await permitted(ledger, "inv_1")
    await ledger.remember()
    assert ledger.unwritten is None
    with filled(disk):
        with pytest.raises(StoreUnavailable, match="No space left") as refused:
            await until_refused(ledger)
        assert "state directory" in refused.value.cure
        assert ledger.unwritten is not None
        await ledger.retry(held, UNSENT, delay=0.0)  # what is known of an attempt needs no room
        with pytest.raises(OSError, match="No space left"):
            await ledger.remember()
        assert ledger.unwritten is not None
    await ledger.remember()
    assert ledger.unwritten is None
    await ledger.retire()


async def test_a_gateway_stops_in_order_though_its_disk_is_full(store: Store, disk: Path) -> None:
    ledger = RedisLedger(store, witness=Witness(disk))
    await permitted(ledger, "inv_1")
    with filled(disk):
        await ledger.retire()


async def test_a_disk_without_room_is_known_though_nothing_is_to_be_written(disk: Path) -> None:
    state, found = StateDisk(disk / "state"), []
    found.append(await state.trouble())
    with filled(disk):
        found.append(await state.trouble())
    found.append(await state.trouble())
    assert [type(trouble) for trouble in found] == [type(None), OSError, type(None)]
    assert list((disk / "state").iterdir()) == []


async def test_a_gateway_without_a_state_directory_has_no_trouble_with_it() -> None:
    assert await StateDisk(None).trouble() is None
