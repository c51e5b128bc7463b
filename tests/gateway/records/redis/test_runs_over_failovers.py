"""Runs over a store that has lost what it acknowledged: it is told, and nothing begins before that is settled."""

import pytest

from gateway.model.errors import RunNotFound, RunStateLost, StoreFull, StoreRolledBack, StoreUnavailable, StoreUnsettled
from gateway.model.run import RunEnd, RunKey, RunStatus, Save, SavedState, StartTerms
from gateway.records.ledger.witness import Witness
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.runs import RedisRuns
from tests.gateway.records.lives import CALLER, READ
from tests.gateway.records.stores import opened, operator_of

from .failing_over import Pair, settled

KEY = RunKey(CALLER, "thread-7")


def runs_at(store: Store, witness: Witness) -> tuple[RedisRuns, RedisLedger]:
    ledger = RedisLedger(store, witness=witness)
    return RedisRuns(store, ledger), ledger


def state(text: str, seen: int) -> Save:
    return Save(seen, SavedState(text.encode()), f"token of {text}")


@pytest.mark.usefixtures("impatient")
async def test_a_state_that_a_new_primary_did_not_get_is_told_as_lost_and_never_saved_over(
    pair: Pair, before: Store, after: Store
) -> None:
    witness = Witness()
    runs, _ = runs_at(before, witness)
    await runs.start(KEY, StartTerms(b"plan"))
    await runs.save(KEY, state("one", 0))
    await pair.fall_behind()
    assert await runs.save(KEY, state("two", 1)) == 2
    runs, ledger = runs_at(after, witness)
    with pytest.raises((StoreUnsettled, RunStateLost)):
        await runs.save(KEY, state("three", 2))
    await settled(ledger)
    with pytest.raises(RunStateLost) as lost:
        await runs.save(KEY, state("three", 2))
    assert lost.value.run_version == 1
    assert await runs.save(KEY, state("three", 1)) == 2


@pytest.mark.usefixtures("impatient")
async def test_no_run_begins_moves_or_ends_while_the_history_is_open(pair: Pair, before: Store, after: Store) -> None:
    one, other = Witness(), Witness()
    runs, ledger = runs_at(before, one)
    await RedisLedger(before, witness=other).claim("inv_read", "f", CALLER, READ, lease=10.0)
    await runs.start(KEY, StartTerms(b"plan"))
    await pair.fall_behind()
    await ledger.claim("inv_read_too", "f", CALLER, READ, lease=10.0)
    runs, first = runs_at(after, one)
    second = RedisLedger(after, witness=other)
    for ask in (
        runs.start(RunKey(CALLER, "another"), StartTerms()),
        runs.save(KEY, state("one", 0)),
        runs.end(KEY, RunEnd(RunStatus.KILLED, "operator/eve", "It loops.")),
    ):
        with pytest.raises(StoreUnsettled):
            await ask
    found = await runs.find(KEY)
    assert found is not None
    assert (found.run.status, found.run.version) == (RunStatus.RUNNING, 0)
    await settled(first, second)
    assert await runs.save(KEY, state("one", 0)) == 1


async def test_an_empty_store_has_no_run_and_takes_none_before_an_operator_has_looked(url: str) -> None:
    witness = Witness()
    async with opened(url) as store:
        runs, ledger = runs_at(store, witness)
        await runs.start(KEY, StartTerms(b"plan"))
        await runs.save(KEY, state("one", 0))
        async with operator_of(url) as operator:
            await operator.flushall()
        assert await runs.find(KEY) is None
        with pytest.raises(StoreRolledBack):
            await runs.start(KEY, StartTerms(b"plan"))
        with pytest.raises(StoreRolledBack):  # and not that there is none
            await runs.save(KEY, state("two", 1))
        await ledger.acknowledge("acme", "ada", "We have lost all.")
        with pytest.raises(RunNotFound):
            await runs.save(KEY, state("two", 1))


async def test_in_a_full_store_a_run_takes_no_state_and_can_be_killed(url: str) -> None:
    async with opened(url) as store:
        runs, _ = runs_at(store, Witness())
        await runs.start(KEY, StartTerms(b"plan"))
        async with operator_of(url) as operator:
            await operator.config_set("maxmemory", "1")
        with pytest.raises(StoreFull):
            await runs.save(KEY, state("one", 0))
        ended = await runs.end(KEY, RunEnd(RunStatus.KILLED, "operator/eve", "It loops."))
        assert ended.status is RunStatus.KILLED


async def test_a_store_that_is_away_takes_no_state_and_says_so(url: str) -> None:
    async with opened(url) as store:
        runs, _ = runs_at(store, Witness())
        await runs.start(KEY, StartTerms(b"plan"))
        async with operator_of(url) as operator:
            await operator.shutdown(nosave=True)
        with pytest.raises(StoreUnavailable):
            await runs.save(KEY, state("one", 0))
