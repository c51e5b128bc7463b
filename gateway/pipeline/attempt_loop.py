"""Carry an invocation out: attempts until one counts, then the outcome. Steps 9 and 10 of the pipeline."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import TypeAlias

from gateway.decisions.result_policy import Again, all_failed, cancelled, in_view_of
from gateway.decisions.retry import Retries
from gateway.model.errors import StoreUnavailable
from gateway.model.invocation import Attempt, Invocation, Outcome, Verdict
from gateway.pipeline.attempt import AttemptRunner
from gateway.pipeline.attempt_log import AttemptLog
from gateway.pipeline.execution import Execution
from gateway.pipeline.heartbeat import LeaseHeartbeat
from gateway.pipeline.obligations import Obligations
from gateway.pipeline.result_check import check_result
from gateway.pipeline.until_stored import until_stored
from gateway.records.ledger.protocol import FencedLease, Ledger
from registry.calling.arguments import ArgumentChecker
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence, Faulted, Usage

LOOK_EVERY = 2.0
#: Seconds between two looks whether another gateway has ended an invocation that waits for its next attempt.

Past: TypeAlias = tuple[Attempt, ...]
Instead: TypeAlias = Callable[[Execution, FencedLease, Past, Outcome], Awaitable[Outcome]]
#: Answers in the place of attempts that have all failed with nothing done.


@dataclass(frozen=True, slots=True)
class Pause:
    """What is between two attempts. `primary` is set where the fallback's turn is next: how the invocation ends without it."""

    delay: float
    primary: Outcome | None = None


@dataclass(slots=True)
class AttemptLoop:
    """Carries invocations out, and ends those that somebody cancels."""

    ledger: Ledger
    attempts: AttemptRunner
    obligations: Obligations
    checker: ArgumentChecker
    lease: float
    retries: Retries = field(default_factory=Retries)
    _heartbeats: dict[str, LeaseHeartbeat] = field(default_factory=dict)
    _sending: dict[str, tuple[FencedLease, AttemptLog]] = field(default_factory=dict)

    def has(self, id: str) -> bool:
        """Whether this invocation is being carried out here."""
        return id in self._heartbeats

    def check_cancellation(self, id: str) -> None:
        """Look at once whether this invocation was cancelled, if it is carried out here."""
        if id in self._heartbeats:
            self._heartbeats[id].check_cancellation()

    async def ensure_dispatch_recorded(self, id: str) -> None:
        """Have it on record if this invocation is sent here, for somebody who is about to end it."""
        if id in self._sending:
            await self.attempts.ensure_dispatch_recorded(*self._sending[id])

    async def attempts_then_fallback(
        self, execution: Execution, held: FencedLease, instead: Instead, *, past: Past = (), judged: int = 0
    ) -> Invocation:
        """Make attempts until one ends the invocation, and record it.

        `past`: those that were made already, the first `judged` of which a review has decided about. Raises Fenced where
        another gateway took the invocation over, and what refused the first attempt.
        """
        self._heartbeats[held.id] = heartbeat = LeaseHeartbeat(self.ledger, self.lease)
        if not past:
            self.retries.budget.earn(execution.version)
        primary = None
        try:
            while primary is None and len(past) < execution.own_attempts and not any(one.last for one in past[judged:]):
                if past and await self._asked_to_end(held):
                    return await self._cancel(execution, held, past[judged:])
                attempt, next_ = await self._attempt_and_record(execution, held, past, judged)
                if isinstance(next_, Invocation):
                    return next_
                past, primary = (*past, attempt), next_.primary
                await self._wait(held, next_.delay)
                held = await until_stored(partial(self.ledger.resume, held.tenant, held.id, lease=self.lease))
            if past and await self._asked_to_end(held):
                return await self._cancel(execution, held, past[judged:])
            primary = primary or in_view_of(past[judged:], all_failed(past), execution.effect)
            return await self._fall_back(execution, held, past, primary, instead)
        finally:
            if self._heartbeats.get(held.id) is heartbeat:  # else it was taken up here once more, and that one's is to stay
                del self._heartbeats[held.id]

    async def _attempt_and_record(
        self, execution: Execution, held: FencedLease, past: Past, judged: int
    ) -> tuple[Attempt, Invocation | Pause]:
        attempt_log = AttemptLog(len(past) + 1)
        self._sending[held.id] = sending = held, attempt_log
        try:
            attempt, decision = await self._attempt_with_heartbeat(execution, held, attempt_log)
            unasked = attempt_log.unwritten(attempt)
            return attempt, await self._conclude(execution, held, (*past, attempt), judged, decision, unasked=unasked)
        finally:
            if self._sending.get(held.id) is sending:  # as with its pulse
                del self._sending[held.id]
            # Not before the record: nobody waits for it, and the caller waits for the record.
            self.obligations.begin(held.tenant, held.id, attempt_log.owed)

    async def _conclude(
        self, execution: Execution, held: FencedLease, past: Past, judged: int, decision: Again | Outcome, *, unasked: str
    ) -> Invocation | Pause:
        """Record the end, or that another attempt follows, or that the fallback's turn is next. `unasked` as for the ledger."""
        follows, exhausted = self._follow(execution, past, judged, decision), isinstance(decision, Again)
        if not isinstance(follows, Outcome):
            await until_stored(partial(self.ledger.retry, held, past[-1], delay=follows, unasked=unasked))
            return Pause(follows)
        if exhausted and execution.fallback and not follows.effect_possible:
            await until_stored(partial(self.ledger.retry, held, replace(past[-1], last=True), delay=0.0, unasked=unasked))
            return Pause(0.0, follows)
        review = exhausted and execution.effect.acts
        return await until_stored(partial(self.ledger.record, held, follows, past[-1], review=review, unasked=unasked))

    def _follow(self, execution: Execution, past: Past, judged: int, decision: Again | Outcome) -> float | Outcome:
        """Seconds until the next attempt, or how the invocation ends with the last of these."""
        unjudged = past[judged:]
        if isinstance(decision, Outcome):
            follows: float | Outcome = decision
        elif execution.fallback and past[-1].fault is FaultCode.UPSTREAM_OPEN:
            follows = decision.otherwise  # the fallback need not wait for the upstream
        else:
            received = any(attempt.evidence is not Evidence.NOT_SENT for attempt in unjudged)
            left = execution.repeatable_for if received else execution.remaining
            made, most = len(past), execution.own_attempts
            follows = self.retries.follow(decision, execution.version, attempt=made, most=most, left=left)
        return follows if isinstance(follows, float) else in_view_of(unjudged, follows, execution.effect)

    async def _fall_back(
        self, execution: Execution, held: FencedLease, past: Past, primary: Outcome, instead: Instead
    ) -> Invocation:
        may = execution.fallback and not primary.effect_possible and execution.remaining > 0
        heartbeat = self._heartbeats[held.id]
        outcome = await heartbeat.beside(held, instead(execution, held, past, primary)) if may else primary
        review = outcome is None or outcome.verdict not in {Verdict.SUCCEEDED, Verdict.CANCELLED}
        return await until_stored(partial(self.ledger.record, held, outcome or primary, None, review=review))

    async def _asked_to_end(self, held: FencedLease) -> bool:
        """Whether somebody asked for the end while the last attempt was running, and it ended before it could be stopped."""
        return await until_stored(partial(self.ledger.heartbeat, held, lease=self.lease))

    async def _cancel(self, execution: Execution, held: FencedLease, unjudged: Past) -> Invocation:
        sent = any(attempt.evidence is not Evidence.NOT_SENT for attempt in unjudged)
        return await until_stored(partial(self.ledger.record, held, cancelled(execution.effect, sent=sent), None))

    async def _wait(self, held: FencedLease, delay: float) -> None:
        """Until the delay is over, or the invocation was cancelled: through this gateway at once, through another soon."""
        end, check_wanted = monotonic() + delay, self._heartbeats[held.id].check_wanted
        while (left := end - monotonic()) > 0 and not check_wanted.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(check_wanted.wait(), min(left, LOOK_EVERY))
            with suppress(StoreUnavailable):
                invocation = await self.ledger.read(held.tenant, held.id)
                if invocation is None or invocation.state.ended:
                    return

    async def _attempt_with_heartbeat(
        self, execution: Execution, held: FencedLease, attempt_log: AttemptLog
    ) -> tuple[Attempt, Again | Outcome]:
        made = await self._heartbeats[held.id].beside(held, self.attempts.attempt_in_span(execution, held, attempt_log))
        if made is not None:
            result, attempt = made
            return attempt, check_result(self.checker, execution, result)
        stopped = Faulted(FaultCode.CANCELLED, attempt_log.evidence, "Cancelled.", Usage())
        return attempt_log.close(stopped), cancelled(execution.effect, sent=attempt_log.evidence is not Evidence.NOT_SENT)
