"""How long a run is kept: after its end, and without one after its last save or call. What is forgotten makes room."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import pytest

from gateway.model.errors import QuotaExceeded
from gateway.model.quotas import Quotas
from gateway.model.run import RunEnd, RunStatus, Save, SavedState, StartTerms
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.runs import RedisRuns
from gateway.records.runs.memory_runs import MemoryRuns
from tests.gateway.records.stores import opened

from .conftest import Desk

KEPT = 1.0
QUOTAS = Quotas(runs=1, runs_bytes=100)


@dataclass
class Passing(Desk):
    """Runs that are kept for so long. `later`: lets some time pass, a little at a time."""

    later: Callable[[], Awaitable[None]] = field(kw_only=True)

    async def until_forgotten(self) -> None:
        async with asyncio.timeout(20):
            while await self.runs.find(self.key()) is not None:
                await self.later()


@pytest.fixture
async def desk(where: str) -> AsyncIterator[Passing]:
    if not where:
        now = [1_000.0]

        async def forward() -> None:
            now[0] += 0.1

        runs = MemoryRuns(lambda: now[0], quotas=QUOTAS, retention=KEPT)
        yield Passing(runs, MemoryLedger(lambda: now[0], runs=runs), later=forward)
        return
    async with opened(where) as store:
        ledger = RedisLedger(store)
        kept = RedisRuns(store, ledger, quotas=QUOTAS, retention=KEPT)
        yield Passing(kept, ledger, later=partial(asyncio.sleep, 0.02))


@pytest.mark.parametrize("touch", ["save", "call", "end"])
async def test_a_run_is_kept_from_what_was_done_in_it_last(desk: Passing, touch: str) -> None:
    begun = (await desk.runs.start(desk.key(), StartTerms())).run
    assert begun.expires == pytest.approx(begun.started + KEPT, abs=0.002)
    await desk.later()
    if touch == "save":
        await desk.runs.save(desk.key(), Save(0, SavedState(b"x")))
    elif touch == "call":
        await desk.claim(desk.key())
    else:
        await desk.runs.end(desk.key(), RunEnd(RunStatus.FAILED))
    found = await desk.runs.find(desk.key())
    assert found is not None
    assert found.run.expires > begun.expires
    assert found.run.expires == pytest.approx(
        (found.run.saved or found.run.ended or found.run.expires - KEPT) + KEPT, abs=0.002
    )
    await desk.until_forgotten()
    assert await desk.listed() == []
    assert await desk.calls(desk.key()) == []


async def test_what_is_forgotten_makes_room(desk: Passing) -> None:
    await desk.runs.start(desk.key(), StartTerms(b"x" * 90))
    with pytest.raises(QuotaExceeded):
        await desk.runs.start(desk.key("another"), StartTerms(b"x" * 90))
    await desk.until_forgotten()
    assert (await desk.runs.start(desk.key("another"), StartTerms(b"x" * 90))).new


async def test_a_run_that_was_forgotten_begins_anew(desk: Passing) -> None:
    await desk.runs.start(desk.key(), StartTerms(b"plan"))
    await desk.runs.save(desk.key(), Save(0, SavedState(b"x" * 80)))
    await desk.until_forgotten()
    again = await desk.runs.start(desk.key(), StartTerms(b"another"))
    assert (again.new, again.run.version, again.state) == (True, 0, SavedState())
    assert await desk.runs.save(desk.key(), Save(0, SavedState(b"x" * 80))) == 1
