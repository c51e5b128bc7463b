"""DISPATCHED is written once, by whoever comes first: who asks for the permission, or who is about to cancel."""

import asyncio

from gateway.decisions.circuit_breaker import Breakers
from gateway.model.invocation import Request
from gateway.model.principal import Principal
from gateway.pipeline.attempt import SEND_WITHIN, Attempts
from gateway.pipeline.attempt_log import Trail
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import Hold, New
from gateway.secrets.fake_credentials import MemoryCredentials
from registry.model.tool import Effect
from sandbox.testing.fake_pool import FakePool

CALLER = Principal("acme", "planner", "ada")
READ = Request("look", "look@1.0.0", "sha256:0", Effect.READ, b"{}", "", "", 60.0, 3)


async def sent_unasked() -> tuple[MemoryLedger, Attempts, Hold, Trail]:
    ledger = MemoryLedger()
    claimed = await ledger.claim("inv_1", "f", CALLER, READ, lease=10.0)
    assert isinstance(claimed, New)
    trail = Trail(1, box="box-1", unasked=True)
    trail.let_go()
    return ledger, Attempts(FakePool(), MemoryCredentials(), ledger, Breakers(), ""), claimed.hold, trail


def test_a_permission_is_given_though_a_cancellation_has_told_of_the_sending_meanwhile() -> None:
    async def scenario() -> None:
        ledger, attempts, hold, trail = await sent_unasked()
        _, within = await asyncio.gather(attempts.declare(hold, trail), attempts._permit(hold, trail))
        assert within == SEND_WITHIN
        assert trail.owed == ["box:box-1"]
        assert await ledger.owed("acme", age=0.0) == [("inv_1", "box:box-1")]

    asyncio.run(scenario())


def test_what_needs_a_permission_is_not_dispatched_because_somebody_cancels_it() -> None:
    async def scenario() -> None:
        ledger, attempts, hold, trail = await sent_unasked()
        trail.unasked = False
        await attempts.declare(hold, trail)
        assert await ledger.owed("acme", age=0.0) == []

    asyncio.run(scenario())
