"""The ledger in memory: the specification, driven by a clock. It forgets everything with the process."""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from secrets import token_hex
from typing import Any

from gateway.model.errors import BoxNotGone, ReviewNotOpen
from gateway.model.invocation import RETENTION, Attempt, Event, Invocation, InvocationState, Outcome, Request, Review
from gateway.model.principal import Principal
from gateway.model.run import RunKey, over
from gateway.records.ledger.lost_attempts import dropped_outcome, exhausted_outcome, lost_attempt, out_of_time, unknown_outcome
from gateway.records.ledger.protocol import (
    Acceptance,
    Claimed,
    Conflict,
    DeclaredLoss,
    Fenced,
    FencedLease,
    HistoryState,
    Known,
    New,
    OpenReview,
    Resolution,
    Resumed,
    ReviewRule,
    TimeBounds,
    discharging,
    milliseconds,
    window_of,
)
from gateway.records.ledger.specification import acting, ending, holding, lineage
from gateway.records.ledger.specification.lineage import Shown
from gateway.records.ledger.specification.record import Keys, Lineage, Record, Reply, Step, Told
from gateway.records.runs.memory_runs import MemoryRuns
from gateway.records.runs.protocol import CallPlace
from registry.model.tool import Effect

#: What forgets everything with the process has one history.
SHOWN = Shown()


@dataclass(slots=True)
class _Tenant:
    """What all ids of a tenant share, and each one's own. Obligations keep the time since which they are owed."""

    sequence: int = 0
    lineage: Lineage = field(default_factory=Lineage)
    records: dict[str, Record] = field(default_factory=dict)
    owed: dict[tuple[str, str], int] = field(default_factory=dict)
    made: dict[str, tuple[Principal, Request]] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    _: KW_ONLY
    accepted: list[Acceptance] = field(default_factory=list)

    def keys(self, id: str) -> Keys:
        owed = frozenset(obligation for owner, obligation in self.owed if owner == id)
        return Keys(self.sequence, self.lineage, self.records.get(id), owed)

    def accept(self, id: str, keys: Keys, now: int) -> None:
        """Take over what a step has made of the keys."""
        self.sequence, self.lineage = keys.sequence, keys.lineage
        before = {obligation: since for (owner, obligation), since in self.owed.items() if owner == id}
        for obligation in before.keys() - keys.obligations:
            del self.owed[id, obligation]
        for obligation in keys.obligations - before.keys():
            self.owed[id, obligation] = now
        if keys.record is None:
            self.records.pop(id, None)
        else:
            self.records[id] = keys.record
        self.events[id] += [_event(told, told.place, now) for told in keys.told if told.place]


class MemoryLedger:
    """See `gateway.records.ledger.protocol.Ledger` for the promises."""

    def __init__(self, clock: Callable[[], float] = time.time, *, runs: MemoryRuns | None = None) -> None:
        self._clock = clock
        self.runs = runs or MemoryRuns(clock)
        self._tenants: dict[str, _Tenant] = defaultdict(_Tenant)
        self._changed = asyncio.Condition()

    async def claim(
        self,
        id: str,
        fingerprint: str,
        principal: Principal,
        request: Request,
        *,
        lease: float,
        call_token: str = "",
        looks: bool = False,
    ) -> Claimed:
        run = RunKey(principal, request.run_id)
        standing = self.runs.standing(run) if request.run_id and not looks else None
        tenant, asked = self._tenants[principal.tenant], time.monotonic()
        terms = milliseconds(lease), milliseconds(request.timeout), *window_of(request), request.effect.acts
        nonce = token_hex(8)
        kept = request.max_attempts, milliseconds(request.retention), call_token, standing is not None and standing.over
        reply = await self._step(holding.claim, principal.tenant, id, fingerprint, nonce, *terms, *kept)
        if reply[0] == "NEW":
            tenant.made[id], tenant.events[id] = (principal, request), tenant.events[id][-1:]
            tenant.accepted.append(Acceptance(tenant.records[id].accepted, tenant.sequence, id))
            if standing is not None:
                self.runs.begun(run, CallPlace(tenant.sequence, id))
            return New(FencedLease(principal.tenant, id, reply[1]), TimeBounds.since(asked, *reply[2:]), nonce)
        if reply[0] == "RUN_OVER" and standing is not None:
            raise over(run, standing)
        if reply[0] == "CONFLICT":
            return Conflict()
        known = self._invocation(principal.tenant, id)
        if standing is not None and known.request.run_id == run.name:
            self.runs.attached(run, CallPlace(tenant.records[id].fence, id))
        return Known(known)

    async def oblige(self, held: FencedLease, accessor: str, attempt: int) -> None:
        await self._move(acting.oblige, held, f"token:{accessor}", attempt)

    async def dispatch(self, held: FencedLease, *, attempt: int, box: str) -> None:
        await self._move(acting.dispatch, held, attempt, box)

    async def heartbeat(self, held: FencedLease, *, lease: float, falling_back: bool = False) -> bool:
        return bool((await self._move(holding.heartbeat, held, milliseconds(lease), falling_back))[1])

    async def retry(self, held: FencedLease, attempt: Attempt, *, delay: float, unasked: str = "") -> None:
        await self._move(acting.retry, held, milliseconds(delay), attempt.evidence.undone, attempt, unasked)

    async def resume(self, tenant: str, id: str, *, lease: float) -> Resumed:
        asked = time.monotonic()
        reply = await self._step(holding.resume, tenant, id, milliseconds(lease))
        return Resumed(FencedLease(tenant, id, reply[1]), TimeBounds.since(asked, *reply[2:]))

    async def record(
        self,
        held: FencedLease,
        outcome: Outcome,
        attempt: Attempt | None,
        *,
        review: bool = False,
        unasked: str = "",
        refused: bool = False,
    ) -> Invocation:
        end = outcome.verdict.state, outcome, attempt, milliseconds(RETENTION), review, unasked, outcome.not_done, refused
        await self._move(acting.record, held, *end)
        return self._invocation(held.tenant, held.id)

    async def release(self, held: FencedLease) -> None:
        await self._move(holding.release, held)

    async def cancel(self, tenant: str, id: str, outcome: Outcome, *, seen: int) -> bool:
        return bool((await self._step(ending.cancel, tenant, id, outcome, milliseconds(RETENTION), seen))[0] != "CHANGED")

    async def resolve(self, tenant: str, id: str, resolution: Resolution) -> None:
        outcome = resolution.outcome
        said = outcome.verdict.state if outcome else InvocationState.RETRY_WAIT, outcome, resolution.author, resolution.reason
        terms = milliseconds(RETENTION), milliseconds(resolution.timeout), resolution.attempts, resolution.seen
        reply = await self._step(ending.resolve, tenant, id, *said, *terms, resolution.decision)
        if reply[0] == "CLOSED":
            raise ReviewNotOpen(f"{id} is not under review")
        if reply[0] == "BOX_THERE":
            raise BoxNotGone(f"the box of {id} is not confirmed gone")

    async def expire_review(self, tenant: str, id: str, rule: ReviewRule) -> bool:
        said = milliseconds(rule.age), rule.author, rule.reason, milliseconds(RETENTION)
        return bool((await self._step(ending.expire_review, tenant, id, *said))[0] == "OK")

    async def discharge(self, tenant: str, id: str, obligation: str, word: DeclaredLoss | None = None) -> None:
        await self._step(ending.discharge, tenant, id, obligation, *discharging(obligation, word))

    async def take_from_lost(self, tenant: str, id: str) -> None:
        record = self._tenants[tenant].records.get(id)
        lost = lost_attempt(self._invocation(tenant, id)) if record else None
        effect = self._invocation(tenant, id).request.effect if record else Effect.NON_IDEMPOTENT
        failed, terms = (exhausted_outcome(effect), unknown_outcome()), (lost, milliseconds(RETENTION))
        await self._step(ending.take_from_lost, tenant, id, *failed, *terms, out_of_time(effect), dropped_outcome())

    async def acknowledge(self, tenant: str, author: str, reason: str) -> bool:
        return bool((await self._step(lineage.acknowledge, tenant, "", author, reason))[0] == "OK")

    async def read(self, tenant: str, id: str) -> Invocation | None:
        return self._invocation(tenant, id) if id in self._tenants[tenant].records else None

    async def under_way(self, tenant: str, ids: Sequence[str]) -> list[str]:
        records = self._tenants[tenant].records
        return [id for id in ids if id in records and not records[id].state.ended]

    async def bounds(self, tenant: str, id: str) -> TimeBounds | None:
        record = self._tenants[tenant].records.get(id)
        return TimeBounds.since(time.monotonic(), *record.left_at(self._now())) if record else None

    async def events(self, tenant: str, id: str, *, after: int = 0, settled: bool = False) -> AsyncIterator[Event]:
        of = self._tenants[tenant]
        while True:
            record, known = of.records.get(id), of.events[id]
            over = record is None or (record.state.ended and not (settled and record.owed))
            for event in known[after:]:
                after = event.number
                yield event
            if over:
                return
            async with self._changed:
                await self._changed.wait_for(lambda seen=after: self._moved(of, id, seen))  # type: ignore[misc]

    @staticmethod
    def _moved(tenant: _Tenant, id: str, seen: int) -> bool:
        return id not in tenant.records or len(tenant.events[id]) > seen

    async def tenants(self) -> list[str]:
        return sorted(self._tenants)

    async def lost_holders(self, tenant: str) -> AsyncIterator[str]:
        for id in self._ids(tenant, lambda record, now: record.under_way and record.lapsed_at(now)):
            yield id

    async def due(self, tenant: str, *, age: float) -> AsyncIterator[str]:
        back = milliseconds(age)
        for id in self._ids(tenant, lambda record, now: record.due_at(now) and not now - back < record.not_before <= now):
            yield id

    async def reviews(
        self, tenant: str, *, after: OpenReview | None = None, age: float | None = None
    ) -> AsyncIterator[OpenReview]:
        horizon = math.inf if age is None else self._now() - milliseconds(age)
        records = self._tenants[tenant].records
        found = [
            OpenReview(records[id].review_opened or 0, id) for id in self._ids(tenant, lambda record, _: record.under_review)
        ]
        for one in sorted(found):
            if one.opened <= horizon and (after is None or one > after):
                yield one

    async def acceptances(self, tenant: str, *, before: Acceptance | None = None) -> AsyncIterator[Acceptance]:
        for one in sorted(self._tenants[tenant].accepted, reverse=True):
            if before is None or one < before:
                yield one

    async def box_gone(self, tenant: str, id: str) -> bool:
        record = self._tenants[tenant].records.get(id)
        return record is None or (id, record.box) not in self._tenants[tenant].owed

    async def history(self, tenant: str) -> HistoryState:
        line = self._tenants[tenant].lineage
        return HistoryState(line.open, line.to_be_acknowledged)

    async def owed(self, tenant: str, *, age: float) -> AsyncIterator[tuple[str, str]]:
        horizon = self._now() - milliseconds(age)
        for key in [key for key, since in self._tenants[tenant].owed.items() if since <= horizon]:
            yield key

    def _now(self) -> int:
        return int(self._clock() * 1000)

    def _ids(self, tenant: str, wanted: Callable[[Record, int], bool]) -> list[str]:
        return [id for id, record in self._tenants[tenant].records.items() if wanted(record, self._now())]

    async def _move(self, transition: Callable[..., Step], held: FencedLease, *args: Any) -> Reply:
        return await self._step(transition, held.tenant, held.id, held.fence, *args)

    async def _step(self, transition: Callable[..., Step], tenant: str, id: str, *args: Any) -> Reply:
        of, now = self._tenants[tenant], self._now()
        keys, reply = lineage.step(of.keys(id), now, SHOWN, transition.__name__, transition, *args)
        of.accept(id, keys, now)
        async with self._changed:
            self._changed.notify_all()
        if reply[0] == "FENCED":
            raise Fenced(id)
        return reply

    def _invocation(self, tenant: str, id: str) -> Invocation:
        of = self._tenants[tenant]
        record, (principal, request) = of.records[id], of.made[id]
        return Invocation(
            id=id,
            principal=principal,
            request=request if record.keeps_args else replace(request, args_json=b""),
            state=record.state,
            outcome=record.outcome,
            attempts=_numbered(record.attempts),
            accepted=record.accepted / 1000,
            deadline=record.deadline / 1000,
            ended=record.ended / 1000 if record.ended is not None else None,
            max_attempts=record.max_attempts,
            review=_review(record),
            fingerprint=record.fingerprint,
            life=record.nonce,
            cancel_requested=record.cancelled,
        )


def _numbered(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    return tuple(replace(attempt, number=number) for number, attempt in enumerate(attempts, 1))


def _review(record: Record) -> Review | None:
    if record.review_opened is None:
        return None
    return Review(record.review_opened / 1000, record.review_author, record.review_reason)


def _event(told: Told, place: tuple[int, InvocationState], now: int) -> Event:
    return Event(place[0], now / 1000, place[1], told.kind, dict(told.attributes))
