"""What the Functions keep of a settled history for a moment: nothing that changes it goes unseen in that moment.

Here the moment lasts for as long as the test.
"""

import re
from collections.abc import AsyncIterator
from importlib.resources import files

import pytest

from gateway.model.errors import StoreRolledBack
from gateway.records.ledger.protocol import Fenced, New
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.witness import Witness
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from tests.gateway.records.lives import CALLER, READ
from tests.gateway.records.stores import operator_of

from .failing_over import claim_again

LIBRARY = files("gateway.records.redis").joinpath("ledger.lua").read_text()
FRESH = "local FRESH = 50"
LONG = "local FRESH = 600000"


@pytest.fixture
async def remembering(store: Store) -> AsyncIterator[Store]:
    assert LIBRARY.count(FRESH) == 1
    await store.load_library(LIBRARY.replace(FRESH, LONG))
    yield store
    await store.load_library(LIBRARY)


async def knowing(store: Store) -> tuple[RedisLedger, Witness]:
    """A gateway of which the Functions have a settled history."""
    witness = Witness()
    ledger = RedisLedger(store, witness=witness)
    for number in range(2):
        await ledger.claim(f"inv_{witness.id}_{number}", "f", CALLER, READ, lease=10.0)
    return ledger, witness


@pytest.mark.usefixtures("impatient")
async def test_a_store_that_was_emptied_is_not_taken_for_the_one_before(remembering: Store, url: str) -> None:
    ledger, _ = await knowing(remembering)
    async with operator_of(url) as operator:
        await operator.flushall()  # the Functions stay
    with pytest.raises(StoreRolledBack):
        await claim_again(ledger)


async def test_a_holder_whose_record_is_gone_finds_out_that_the_store_was_emptied(remembering: Store, url: str) -> None:
    ledger, _ = await knowing(remembering)
    claimed = await ledger.claim("inv_held", "f", CALLER, READ, lease=10.0)
    assert isinstance(claimed, New)
    async with operator_of(url) as operator:
        await operator.flushall()
    with pytest.raises(Fenced):
        await ledger.dispatch(claimed.held, attempt=1, box="cg-1")
    assert (await ledger.history("acme")).open


@pytest.mark.usefixtures("impatient")
async def test_an_epoch_that_another_gateway_has_begun_is_met_by_the_next_step_of_each(remembering: Store) -> None:
    ledger, witness = await knowing(remembering)
    _, other = await knowing(remembering)
    epoch = witness.mark("acme").epoch
    number = other.mark("acme").number
    other.saw("acme", Mark(number + 1, b"another!", epoch))  # an event that this history has not
    await RedisLedger(remembering, witness=other).claim("inv_other", "f", CALLER, READ, lease=10.0)
    await ledger.claim("inv_next", "f", CALLER, READ, lease=10.0)
    assert witness.mark("acme").epoch == epoch + 1


def test_whatever_writes_the_lineage_forgets_what_was_kept_of_it() -> None:
    commands = re.findall(r"redis\.call\('(\w+)', K\[8\]", LIBRARY)
    assert commands
    assert set(commands) <= {"HMGET", "HGET", "HGETALL"}
