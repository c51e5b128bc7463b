"""What a gateway does without being called: take records from lost holders, go on with them, meet obligations, check the store.

Each duty is idempotent and safe on several gateways at once: the ledger lets one of them win.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field

import structlog

from gateway.maintenance.recovery import Recovery
from gateway.model.errors import GatewayError
from gateway.model.invocation import InvocationState
from gateway.pipeline.obligations import Obligations
from gateway.records.ledger.disk import cure_of_disk
from gateway.records.ledger.protocol import Ledger
from sandbox.api.errors import SandboxError

log = structlog.get_logger(__name__)

# Seconds between two rounds of each duty.
LEASES_EVERY = 1.0
DUE_EVERY = 0.5
OWED_EVERY = 2.0
REVIEWS_EVERY = 5.0
STORE_EVERY = 60.0
JOURNAL_EVERY = 5.0
MARKS_EVERY = 1.0
BOXES_EVERY = 10.0
HEALTH_EVERY = 1.0

#: Seconds that a gateway gets to do its own work before another does it.
GRACE = 2.0

HELD = (InvocationState.PENDING, InvocationState.DISPATCHED)


@dataclass(slots=True, kw_only=True)
class MaintenanceLoops:
    """`sweep_boxes` removes what dead gateways left on this host; `check_store` raises where Redis lost its durability, and
    quarantines what it has lost; `write_down` and `remember` are the host's memory for Redis and of it; `tell_health` says
    whether calls are served."""

    ledger: Ledger
    recovery: Recovery
    obligations: Obligations
    sweep_boxes: Callable[[], Awaitable[None]]
    check_store: Callable[[], Awaitable[None]]
    write_down: Callable[[], Awaitable[None]]
    remember: Callable[[], Awaitable[None]]
    tell_health: Callable[[], Awaitable[None]]
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _asked: dict[str, set[str]] = field(default_factory=dict)

    async def run(self) -> None:
        """Go on until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_every(LEASES_EVERY, "leases", self.take_from_lost_holders))
            group.create_task(_every(DUE_EVERY, "due", self.resume_due))
            group.create_task(_every(REVIEWS_EVERY, "reviews", self.probe_unknown_outcomes))
            group.create_task(_every(OWED_EVERY, "owed", self.meet_obligations))
            group.create_task(_every(BOXES_EVERY, "boxes", self.sweep_boxes))
            group.create_task(_every(STORE_EVERY, "store", self.check_store))
            group.create_task(_every(JOURNAL_EVERY, "journal", self.write_down))
            group.create_task(_every(MARKS_EVERY, "marks", self.remember))
            group.create_task(_every(HEALTH_EVERY, "health", self.tell_health))

    async def take_from_lost_holders(self) -> None:
        for tenant in await self.ledger.tenants():
            for id in await self.ledger.lost_holders(tenant):
                if not self.recovery.settlement.attempt_loop.has(id):  # else it is ours, and only the store was away
                    log.warning("holder_lost", invocation=id)
                    await self.ledger.take_from_lost(tenant, id)

    async def resume_due(self) -> None:
        for tenant in await self.ledger.tenants():
            for id in await self.ledger.due(tenant, age=GRACE):
                self._spawn(self.recovery.resume(tenant, id))

    async def probe_unknown_outcomes(self) -> None:
        """Ask, once, the probes of invocations whose outcome became unknown after their gateway was lost."""
        for tenant in await self.ledger.tenants():
            waiting = set(await self.ledger.reviews(tenant))
            asked = self._asked.setdefault(tenant, set())
            for id in waiting - asked:
                if not self.recovery.settlement.is_probing(id):
                    self._spawn(self.recovery.probe_unknown(tenant, id))
            self._asked[tenant] = waiting

    async def meet_obligations(self) -> None:
        """Revoke tokens and confirm boxes gone that no living attempt answers for."""
        for tenant in await self.ledger.tenants():
            for id, obligation in await self.ledger.owed(tenant, age=GRACE):
                invocation = await self.ledger.read(tenant, id)
                if invocation is None or invocation.state not in HELD:
                    await self.obligations.meet(tenant, id, obligation)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _every(seconds: float, name: str, duty: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await duty()
        except (GatewayError, SandboxError) as error:
            log.warning("duty_failed", duty=name, error=str(error), cure=error.cure)
        except OSError as error:
            log.warning("duty_failed", duty=name, error=str(error), cure=cure_of_disk(error))
        await asyncio.sleep(seconds)
