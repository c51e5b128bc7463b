"""What a gateway does without being called: take records from lost holders, go on with them, meet obligations, check the store.

Each duty is idempotent and safe on several gateways at once: the ledger lets one of them win.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import structlog

from gateway.maintenance.backlog import Backlog, Pacing
from gateway.maintenance.recovery import Recovery
from gateway.model.errors import GatewayError
from gateway.model.invocation import InvocationState
from gateway.pipeline.hosts import Hosts
from gateway.pipeline.obligations import Obligations
from gateway.records.ledger.disk import cure_of_disk
from gateway.records.ledger.protocol import Ledger, OpenReview, ReviewRule
from sandbox.api.errors import HostRefused, SandboxError

log = structlog.get_logger(__name__)

# Seconds between two rounds of each duty.
LEASES_EVERY = 1.0
DUE_EVERY = 0.5
OWED_EVERY = 2.0
RUNS_EVERY = 2.0
REVIEWS_EVERY = 5.0
EXPIRING_EVERY = 60.0
STORE_EVERY = 60.0
JOURNAL_EVERY = 5.0
MARKS_EVERY = 1.0
ERASE_EVERY = 60.0
BOXES_EVERY = 10.0
ARTIFACTS_EVERY = 60.0
SEAT_EVERY = 5.0
LOGIN_EVERY = 5.0
HEALTH_EVERY = 1.0
PRINCIPALS_EVERY = 0.25

#: Seconds that a gateway gets to do its own work before another does it.
GRACE = 2.0

# How much of each is done at one time.
LEASES = Pacing(first_pause=1.0, longest_pause=10.0)
DUE = Pacing(at_once=256, of_tenant=64, again_at_once=64, first_pause=0.25, longest_pause=4.0)
UNKNOWN = Pacing(at_once=16, of_tenant=4, again_at_once=4, first_pause=5.0, longest_pause=3600.0, once=True)
EXPIRING = Pacing(first_pause=60.0, longest_pause=3600.0)
OWED = Pacing(first_try=1.0, each_try=10.0)

HELD = (InvocationState.PENDING, InvocationState.DISPATCHED)


@dataclass(slots=True, kw_only=True)
class MaintenanceLoops:
    """`renew_seat` says that this host lives; `sweep_boxes` removes what dead gateways left on it; `check_store` raises where
    Redis lost its durability; `renew_login` keeps the gateway able to log in to Vault; `write_down` and `remember` are the
    host's memory for Redis and of it; `tell_health` says whether calls are served; `keep_principals` learns who may call;
    `erase` lets what was deleted leave Redis' disk; `stop_runs` cancels what is under way yet of runs that are over;
    `sweep_artifacts` removes those that have expired, where there are any. Without a `review_rule`, reviews are open until they
    are decided."""

    ledger: Ledger
    recovery: Recovery
    obligations: Obligations
    hosts: Hosts
    stop_runs: Callable[[], Awaitable[None]]
    renew_seat: Callable[[], Awaitable[None]]
    sweep_boxes: Callable[[], Awaitable[None]]
    check_store: Callable[[], Awaitable[None]]
    write_down: Callable[[], Awaitable[None]]
    remember: Callable[[], Awaitable[None]]
    tell_health: Callable[[], Awaitable[None]]
    keep_principals: Callable[[], Awaitable[None]]
    renew_login: Callable[[], Awaitable[None]]
    erase: Callable[[], Awaitable[None]]
    sweep_artifacts: Callable[[], Awaitable[None]] | None = None
    review_rule: ReviewRule | None = None
    _leases: Backlog[str] = field(init=False)
    _due: Backlog[str] = field(init=False)
    _unknown: Backlog[OpenReview] = field(init=False)
    _owed: Backlog[tuple[str, str]] = field(init=False)
    _expiring: Backlog[OpenReview] = field(init=False)

    def __post_init__(self) -> None:
        self._leases = Backlog(self._take_from_lost, LEASES)
        self._due = Backlog(self.recovery.resume, DUE)
        self._unknown = Backlog(self._probe, UNKNOWN)
        self._owed = Backlog(self._meet, OWED)
        self._expiring = Backlog(self._expire, EXPIRING)

    async def run(self) -> None:
        """Go on until cancelled. Raises HostRefused where this gateway must end at once."""
        try:
            await self._run()
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(_every(LEASES_EVERY, "leases", self.take_from_lost_holders))
            group.create_task(_every(DUE_EVERY, "due", self.resume_due))
            group.create_task(_every(REVIEWS_EVERY, "reviews", self.probe_unknown_outcomes))
            group.create_task(_every(EXPIRING_EVERY, "expiring", self.expire_reviews))
            group.create_task(_every(OWED_EVERY, "owed", self.meet_obligations))
            group.create_task(_every(RUNS_EVERY, "runs", self.stop_runs))
            group.create_task(_every(SEAT_EVERY, "seat", self.renew_seat))
            group.create_task(_every(LOGIN_EVERY, "login", self.renew_login))
            group.create_task(_every(BOXES_EVERY, "lost_hosts", self.carry_out_declarations))
            group.create_task(_every(BOXES_EVERY, "boxes", self.sweep_boxes))
            group.create_task(_every(STORE_EVERY, "store", self.check_store))
            if self.sweep_artifacts is not None:
                group.create_task(_every(ARTIFACTS_EVERY, "artifacts", self.sweep_artifacts))
            group.create_task(_every(ERASE_EVERY, "erase", self.erase))
            group.create_task(_every(JOURNAL_EVERY, "journal", self.write_down))
            group.create_task(_every(MARKS_EVERY, "marks", self.remember))
            group.create_task(_every(HEALTH_EVERY, "health", self.tell_health))
            group.create_task(_every(PRINCIPALS_EVERY, "principals", self.keep_principals))

    async def take_from_lost_holders(self) -> None:
        await self._leases.work_through(await self.ledger.tenants(), self.ledger.lost_holders)

    async def resume_due(self) -> None:
        await self._due.work_through(await self.ledger.tenants(), partial(self.ledger.due, age=GRACE))

    async def probe_unknown_outcomes(self) -> None:
        """Ask, once, the probes of invocations whose outcome became unknown after their gateway was lost."""
        await self._unknown.work_through(await self.ledger.tenants(), self.ledger.reviews)

    async def meet_obligations(self) -> None:
        """Revoke tokens and confirm boxes gone that no living attempt answers for."""
        await self._owed.work_through(await self.ledger.tenants(), partial(self.ledger.owed, age=GRACE))

    async def expire_reviews(self) -> None:
        """End the reviews that were open for as long as the operator's rule says."""
        rule = self.review_rule
        if rule is not None:
            await self._expiring.work_through(await self.ledger.tenants(), partial(self.ledger.reviews, age=rule.age))

    async def carry_out_declarations(self) -> None:
        """Complete what a gateway has begun, and did not live to end, where a host was declared lost."""
        await self.hosts.carry_out_declarations()

    async def finish(self) -> None:
        """Wait for what the duties have begun."""
        for backlog in (self._leases, self._due, self._unknown, self._owed, self._expiring):
            await backlog.finish()

    async def _take_from_lost(self, tenant: str, id: str) -> bool:
        if not self.recovery.settlement.attempt_loop.has(id):  # else it is ours, and only the store was away
            log.warning("holder_lost", invocation=id)
            await self.ledger.take_from_lost(tenant, id)
        return True

    async def _probe(self, tenant: str, review: OpenReview) -> bool:
        return not self.recovery.settlement.is_probing(review.id) and await self.recovery.probe_unknown(tenant, review.id)

    async def _expire(self, tenant: str, review: OpenReview) -> bool:
        assert self.review_rule is not None  # noqa: S101 - without a rule there is nothing to work through
        ended = await self.ledger.expire_review(tenant, review.id, self.review_rule)
        if ended:
            log.warning("review_expired", invocation=review.id, reason=self.review_rule.reason)
        return ended

    async def _meet(self, tenant: str, owed: tuple[str, str]) -> bool:
        id, obligation = owed
        invocation = await self.ledger.read(tenant, id)
        if invocation is not None and invocation.state in HELD:
            return True
        return await self.obligations.meet(tenant, id, obligation)


async def _every(seconds: float, name: str, duty: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await duty()
        except HostRefused:
            raise
        except (GatewayError, SandboxError) as error:
            log.warning("duty_failed", duty=name, error=str(error), cure=error.cure)
        except OSError as error:
            log.warning("duty_failed", duty=name, error=str(error), cure=cure_of_disk(error))
        await asyncio.sleep(seconds)
