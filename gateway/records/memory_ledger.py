"""The ledger in memory: the fake, and the shortest statement of what `ledger.lua` does. Passes the same contract tests."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

from gateway.invocation import Attempt, Event, Invocation, Outcome, Request, State
from gateway.principal import Principal
from gateway.records.ledger import Claimed, Conflict, Fenced, Hold, Known, New
from gateway.records.lost import exhausted_outcome, lost_attempt, unknown_outcome
from sandbox.result import Evidence

UNDER_WAY = (State.PENDING, State.DISPATCHED)


@dataclass(slots=True)
class _Record:
    invocation: Invocation
    fingerprint: str
    fence: int = 0
    dispatching: int = -1
    dispatches: int = 0
    lease: float = 0.0
    not_before: float = 0.0
    cancelled: bool = False
    events: list[Event] = field(default_factory=list)
    owed: dict[str, float] = field(default_factory=dict)

    @property
    def state(self) -> State:
        return self.invocation.state

    @property
    def repeatable(self) -> bool:
        return self.invocation.request.effect.repeatable


class MemoryLedger:
    """See `gateway.records.ledger.Ledger` for the promises. It forgets everything with the process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._records: dict[tuple[str, str], _Record] = {}
        self._fence = 0
        self._changed = asyncio.Condition()

    async def claim(self, id: str, fingerprint: str, principal: Principal, request: Request, *, lease: float) -> Claimed:
        known = self._records.get((principal.tenant, id))
        if known:
            return Known(known.invocation) if known.fingerprint == fingerprint else Conflict()
        now = self._clock()
        invocation = Invocation(id, principal, request, State.PENDING, None, (), now, now + request.timeout, None)
        record = self._records[(principal.tenant, id)] = _Record(invocation, fingerprint)
        self._grant(record, lease)
        await self._tell(record, "CLAIMED")
        return New(Hold(principal.tenant, id, record.fence))

    async def oblige(self, hold: Hold, accessor: str, attempt: int) -> None:
        record = self._held(hold)
        record.owed[f"token:{accessor}"] = self._clock()
        await self._tell(record, "TOKEN_ISSUED", attempt=str(attempt), obligation=f"token:{accessor}")

    async def dispatch(self, hold: Hold, *, attempt: int, box: str) -> None:
        record, now = self._held(hold, State.PENDING), self._clock()
        spent = record.dispatches > 0 and not record.repeatable
        if record.cancelled or spent or now >= record.lease or now >= record.invocation.deadline:
            raise Fenced(hold.id)
        record.dispatching, record.dispatches = hold.fence, record.dispatches + 1
        record.owed[f"box:{box}"] = now
        self._enter(record, State.DISPATCHED)
        await self._tell(record, "DISPATCHED", attempt=str(attempt), box=box)

    async def heartbeat(self, hold: Hold, *, lease: float) -> bool:
        record = self._held(hold)
        record.lease = self._clock() + lease
        return record.cancelled

    async def retry(self, hold: Hold, attempt: Attempt, *, delay: float) -> None:
        record = self._held(hold)
        not_sent = attempt.evidence is Evidence.NOT_SENT
        if record.state is State.DISPATCHED and not record.repeatable and not not_sent:
            raise Fenced(hold.id)
        record.dispatches = 0 if not_sent else record.dispatches
        self._keep(record, attempt)
        await self._wait_for_retry(record, delay, "RETRY_SCHEDULED")

    async def resume(self, tenant: str, id: str, *, lease: float) -> Hold:
        record = self._records.get((tenant, id))
        if not record or record.state is not State.RETRY_WAIT or self._clock() < record.not_before:
            raise Fenced(id)
        self._enter(record, State.PENDING)
        self._grant(record, lease)
        await self._tell(record, "RESUMED")
        return Hold(tenant, id, record.fence)

    async def record(self, hold: Hold, outcome: Outcome, attempt: Attempt | None) -> Invocation:
        record = self._records.get((hold.tenant, hold.id))
        late = record is not None and record.state is State.UNKNOWN and record.dispatching == hold.fence
        if record is None or not late:
            record = self._held(hold)
        if attempt:
            self._keep(record, attempt)
        await self._finish(record, outcome.verdict.state, outcome, "RECORDED_LATE" if late else "RECORDED")
        return record.invocation

    async def release(self, hold: Hold) -> None:
        record = self._held(hold, State.PENDING)
        if record.invocation.attempts or record.dispatches:
            raise Fenced(hold.id)
        await self._forget(hold.tenant, record)

    async def cancel(self, tenant: str, id: str, outcome: Outcome) -> None:
        record = self._records.get((tenant, id))
        if not record or record.state.ended:
            return
        if record.state is State.DISPATCHED:
            record.cancelled = True
            await self._tell(record, "CANCEL_REQUESTED")
            return
        self._new_fence(record)
        await self._finish(record, State.CANCELLED, outcome, "CANCELLED")

    async def discharge(self, tenant: str, id: str, obligation: str) -> None:
        record = self._records.get((tenant, id))
        if record and record.owed.pop(obligation, None) is not None:
            kind = "TOKEN_REVOKED" if obligation.startswith("token:") else "BOX_REMOVED"
            await self._tell(record, kind, obligation=obligation)

    async def reap(self, tenant: str, id: str) -> None:
        record = self._records.get((tenant, id))
        if not record or record.state not in UNDER_WAY or self._clock() < record.lease:
            return
        if record.state is State.PENDING and not record.invocation.attempts:
            await self._forget(tenant, record)
        elif record.state is State.PENDING:
            await self._wait_for_retry(record, 0.0, "HOLDER_LOST")
        else:
            await self._reap_dispatched(record)

    async def _reap_dispatched(self, record: _Record) -> None:
        self._keep(record, lost_attempt(record.invocation))
        invocation = record.invocation
        exhausted = len(invocation.attempts) >= invocation.request.max_attempts or self._clock() > invocation.deadline
        if record.repeatable and not exhausted:
            await self._wait_for_retry(record, 0.0, "HOLDER_LOST")
            return
        self._new_fence(record)
        outcome = exhausted_outcome() if record.repeatable else unknown_outcome()
        await self._finish(record, outcome.verdict.state, outcome, "HOLDER_LOST")

    async def read(self, tenant: str, id: str) -> Invocation | None:
        record = self._records.get((tenant, id))
        return record.invocation if record else None

    async def events(self, tenant: str, id: str, *, after: int = 0, settled: bool = False) -> AsyncIterator[Event]:
        while True:
            record = self._records.get((tenant, id))
            over = record is None or (record.state.ended and not (settled and record.owed))
            for event in record.events[after:] if record else ():
                after = event.number
                yield event
            if record is None or over:
                return
            async with self._changed:
                await self._changed.wait_for(lambda seen=after, known=record: len(known.events) > seen)  # type: ignore[misc]

    async def tenants(self) -> list[str]:
        return sorted({tenant for tenant, _ in self._records})

    async def lapsed(self, tenant: str) -> list[str]:
        return self._ids(tenant, lambda record: record.state in UNDER_WAY and record.lease <= self._clock())

    async def due(self, tenant: str, *, age: float) -> list[str]:
        horizon = self._clock() - age
        return self._ids(tenant, lambda record: record.state is State.RETRY_WAIT and record.not_before <= horizon)

    async def owed(self, tenant: str, *, age: float) -> list[tuple[str, str]]:
        horizon = self._clock() - age
        records = [(id, record) for (owner, id), record in self._records.items() if owner == tenant]
        return [(id, obligation) for id, record in records for obligation, since in record.owed.items() if since <= horizon]

    def _ids(self, tenant: str, wanted: Callable[[_Record], bool]) -> list[str]:
        return [id for (owner, id), record in self._records.items() if owner == tenant and wanted(record)]

    def _held(self, hold: Hold, *states: State) -> _Record:
        record = self._records.get((hold.tenant, hold.id))
        if record is None or record.fence != hold.fence or record.state not in (states or UNDER_WAY):
            raise Fenced(hold.id)
        return record

    def _grant(self, record: _Record, lease: float) -> None:
        self._new_fence(record)
        record.lease = self._clock() + lease

    def _new_fence(self, record: _Record) -> None:
        self._fence += 1
        record.fence = self._fence

    @staticmethod
    def _enter(record: _Record, state: State) -> None:
        record.invocation = replace(record.invocation, state=state)

    @staticmethod
    def _keep(record: _Record, attempt: Attempt) -> None:
        numbered = replace(attempt, number=len(record.invocation.attempts) + 1)
        record.invocation = replace(record.invocation, attempts=(*record.invocation.attempts, numbered))

    async def _wait_for_retry(self, record: _Record, delay: float, kind: str) -> None:
        record.not_before = self._clock() + delay
        self._enter(record, State.RETRY_WAIT)
        self._new_fence(record)
        await self._tell(record, kind, delay_ms=str(int(delay * 1000)))

    async def _finish(self, record: _Record, state: State, outcome: Outcome, kind: str) -> None:
        record.invocation = replace(record.invocation, state=state, outcome=outcome, ended=self._clock())
        await self._tell(record, kind)

    async def _forget(self, tenant: str, record: _Record) -> None:
        del self._records[(tenant, record.invocation.id)]
        await self._tell(record, "RELEASED")

    async def _tell(self, record: _Record, kind: str, **attributes: str) -> None:
        record.events.append(Event(len(record.events) + 1, self._clock(), record.state, kind, attributes))
        async with self._changed:
            self._changed.notify_all()
