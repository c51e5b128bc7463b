"""The pulse of an invocation under way, over the ledger in memory, whose clock goes on with each beat."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from gateway.model.invocation import Outcome, Request, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.heartbeat import LeaseHeartbeat
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import Fenced, FencedLease, New
from registry.model.tool import Effect

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


class BeatingLedger(MemoryLedger):
    """A third of a lease passes before each beat, and no time otherwise."""

    def __init__(self) -> None:
        super().__init__(lambda: self.now)
        self.now = 0.0
        self.beats = asyncio.Semaphore(0)

    async def heartbeat(self, held: FencedLease, *, lease: float) -> bool:
        self.now += lease / 3
        try:
            return await super().heartbeat(held, lease=lease)
        finally:
            self.beats.release()


Scenario = Callable[[BeatingLedger, FencedLease, LeaseHeartbeat], Awaitable[None]]


def play(scenario: Scenario) -> None:
    async def body() -> None:
        ledger = BeatingLedger()
        claimed = await ledger.claim("inv_1", "f", CALLER, REQUEST, lease=LEASE)
        assert isinstance(claimed, New)
        await ledger.dispatch(claimed.held, attempt=1, box="box")
        async with asyncio.timeout(10):
            await scenario(ledger, claimed.held, LeaseHeartbeat(ledger, LEASE))

    asyncio.run(body())


async def for_ever() -> str:
    await asyncio.Event().wait()
    return "never"


def test_what_takes_longer_than_the_lease_keeps_its_hold() -> None:
    async def scenario(ledger: BeatingLedger, held: FencedLease, heartbeat: LeaseHeartbeat) -> None:
        async def long() -> str:
            for _ in range(4):
                await ledger.beats.acquire()
            return "done"

        assert await heartbeat.beside(held, long()) == "done"
        assert ledger.now > LEASE
        assert await ledger.lost_holders("acme") == []

    play(scenario)


def test_what_is_done_is_stopped_where_somebody_asks_for_the_end() -> None:
    async def scenario(ledger: BeatingLedger, held: FencedLease, heartbeat: LeaseHeartbeat) -> None:
        await ledger.cancel("acme", held.id, GONE)
        assert await heartbeat.beside(held, for_ever()) is None

    play(scenario)


@pytest.mark.parametrize("early", [True, False])
def test_a_poke_is_heard_at_once_also_where_it_came_before(early: bool) -> None:
    async def scenario(ledger: BeatingLedger, held: FencedLease, _: LeaseHeartbeat) -> None:
        slow = LeaseHeartbeat(ledger, 3600.0)
        await ledger.cancel("acme", held.id, GONE)
        if early:
            slow.check_cancellation()
        doing = asyncio.create_task(slow.beside(held, for_ever()))
        await asyncio.sleep(0)
        slow.check_cancellation()
        assert await doing is None

    play(scenario)


def test_a_hold_that_is_lost_ends_what_is_done_with_it() -> None:
    async def scenario(_: BeatingLedger, held: FencedLease, heartbeat: LeaseHeartbeat) -> None:
        with pytest.raises(Fenced):
            await heartbeat.beside(FencedLease(held.tenant, held.id, held.fence + 1), for_ever())

    play(scenario)


def test_a_time_that_is_up_within_what_is_done_is_no_end_asked_for() -> None:
    async def scenario(_: BeatingLedger, held: FencedLease, heartbeat: LeaseHeartbeat) -> None:
        async def late() -> str:
            raise TimeoutError

        with pytest.raises(TimeoutError):
            await heartbeat.beside(held, late())

    play(scenario)
