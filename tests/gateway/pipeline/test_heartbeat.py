"""The heartbeat of an invocation under way, over the ledger in memory, whose clock goes on with each beat."""

import asyncio

import pytest

from gateway.model.invocation import Outcome, Request, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.heartbeat import LeaseHeartbeat
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import Fenced, FencedLease, New
from registry.model.tool import Effect
from tests.gateway.records.lists import whole

LEASE = 0.03
CALLER = Principal("acme", "planner", "ada")
REQUEST = Request(
    tool="look",
    version="look@1.0.0",
    digest="sha256:0",
    effect=Effect.READ,
    args_json=b"{}",
    run_id="",
    traceparent="",
    timeout=60.0,
    max_attempts=3,
)
GONE = Outcome(Verdict.CANCELLED)

pytestmark = pytest.mark.timeout(60)


class BeatingLedger(MemoryLedger):
    """A third of a lease passes before each beat, and no time otherwise."""

    def __init__(self) -> None:
        super().__init__(lambda: self.now)
        self.now = 0.0
        self.beats = asyncio.Semaphore(0)

    async def heartbeat(self, held: FencedLease, *, lease: float, falling_back: bool = False) -> bool:
        self.now += lease / 3
        try:
            return await super().heartbeat(held, lease=lease)
        finally:
            self.beats.release()


@pytest.fixture
def ledger() -> BeatingLedger:
    return BeatingLedger()


@pytest.fixture
async def held(ledger: BeatingLedger) -> FencedLease:
    """An invocation whose first attempt was let go."""
    claimed = await ledger.claim("inv_1", "f", CALLER, REQUEST, lease=LEASE)
    assert isinstance(claimed, New)
    await ledger.dispatch(claimed.held, attempt=1, box="box")
    return claimed.held


@pytest.fixture
def heartbeat(ledger: BeatingLedger) -> LeaseHeartbeat:
    return LeaseHeartbeat(ledger, LEASE)


async def for_ever() -> str:
    await asyncio.Event().wait()
    return "never"


async def test_what_takes_longer_than_the_lease_keeps_the_lease(
    ledger: BeatingLedger, held: FencedLease, heartbeat: LeaseHeartbeat
) -> None:
    async def long() -> str:
        for _ in range(4):
            await ledger.beats.acquire()
        return "done"

    assert await heartbeat.beside(held, long()) == "done"
    assert ledger.now > LEASE
    assert await whole(ledger.lost_holders("acme")) == []


async def test_what_is_done_is_stopped_where_the_invocation_is_cancelled(
    ledger: BeatingLedger, held: FencedLease, heartbeat: LeaseHeartbeat
) -> None:
    await ledger.cancel("acme", held.id, GONE, seen=0)
    assert await heartbeat.beside(held, for_ever()) is None


@pytest.mark.parametrize("early", [True, False])
async def test_a_check_for_cancellation_is_made_at_once_also_where_it_was_wanted_before(
    ledger: BeatingLedger, held: FencedLease, early: bool
) -> None:
    slow = LeaseHeartbeat(ledger, 3600.0)
    await ledger.cancel("acme", held.id, GONE, seen=0)
    if early:
        slow.check_cancellation()
    doing = asyncio.create_task(slow.beside(held, for_ever()))
    await asyncio.sleep(0)
    slow.check_cancellation()
    assert await doing is None


async def test_a_lease_that_is_lost_ends_what_is_done_with_it(held: FencedLease, heartbeat: LeaseHeartbeat) -> None:
    with pytest.raises(Fenced):
        await heartbeat.beside(FencedLease(held.tenant, held.id, held.fence + 1), for_ever())


async def test_a_time_out_of_what_is_done_is_no_cancellation(held: FencedLease, heartbeat: LeaseHeartbeat) -> None:
    async def late() -> str:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await heartbeat.beside(held, late())
