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
from gateway.pipeline.attempt import Attempts
from gateway.pipeline.attempt_log import Trail
from gateway.pipeline.execution import Work
from gateway.pipeline.heartbeat import Pulse
from gateway.pipeline.obligations import Cleanup
from gateway.pipeline.result_check import judge
from gateway.pipeline.until_stored import insist
from gateway.records.ledger.protocol import Hold, Ledger
from registry.calling.arguments import ArgumentChecker
from sandbox.api.result import Evidence, Fault, Faulted, Usage

LOOK_EVERY = 2.0
#: Seconds between two looks whether another gateway has ended an invocation that waits for its next attempt.

Past: TypeAlias = tuple[Attempt, ...]
Instead: TypeAlias = Callable[[Work, Hold, Past, Outcome], Awaitable[Outcome]]
#: Answers in the place of attempts that have all failed with nothing done.


@dataclass(frozen=True, slots=True)
class Pause:
    """What is between two attempts. `primary` is set where the fallback's turn is next: how the invocation ends without it."""

    delay: float
    primary: Outcome | None = None


@dataclass(slots=True)
class Carrier:
    """Carries invocations out, and ends those that somebody cancels."""

    ledger: Ledger
    attempts: Attempts
    cleanup: Cleanup
    checker: ArgumentChecker
    lease: float
    retries: Retries = field(default_factory=Retries)
    _pulses: dict[str, Pulse] = field(default_factory=dict)
    _trails: dict[str, tuple[Hold, Trail]] = field(default_factory=dict)

    def carries(self, id: str) -> bool:
        """Whether this invocation is being carried out here."""
        return id in self._pulses

    def poke(self, id: str) -> None:
        """Look at once whether this invocation was cancelled, if it is carried out here."""
        if id in self._pulses:
            self._pulses[id].poke()

    async def declare(self, id: str) -> None:
        """Have it on record if this invocation is sent here, for somebody who is about to end it."""
        if id in self._trails:
            await self.attempts.declare(*self._trails[id])

    async def carry_out(self, work: Work, hold: Hold, instead: Instead, *, past: Past = (), judged: int = 0) -> Invocation:
        """Make attempts until one ends the invocation, and record it.

        `past`: those that were made already, the first `judged` of which a review has decided about. Raises Fenced where
        another gateway took the invocation over, and what refused the first attempt.
        """
        self._pulses[hold.id] = pulse = Pulse(self.ledger, self.lease)
        if not past:
            self.retries.budget.earn(work.version)
        primary = None
        try:
            while primary is None and len(past) < work.own_attempts and not any(one.last for one in past[judged:]):
                if past and await self._asked_to_end(hold):
                    return await self._cancel(work, hold, past[judged:])
                attempt, next_ = await self._try(work, hold, past, judged)
                if isinstance(next_, Invocation):
                    return next_
                past, primary = (*past, attempt), next_.primary
                await self._wait(hold, next_.delay)
                hold = await insist(partial(self.ledger.resume, hold.tenant, hold.id, lease=self.lease))
            if past and await self._asked_to_end(hold):
                return await self._cancel(work, hold, past[judged:])
            primary = primary or in_view_of(past[judged:], all_failed(past), work.effect)
            return await self._fall_back(work, hold, past, primary, instead)
        finally:
            if self._pulses.get(hold.id) is pulse:  # else it was taken up here once more, and that one's is to stay
                del self._pulses[hold.id]

    async def _try(self, work: Work, hold: Hold, past: Past, judged: int) -> tuple[Attempt, Invocation | Pause]:
        trail = Trail(len(past) + 1)
        self._trails[hold.id] = sending = hold, trail
        try:
            attempt, decision = await self._attempt(work, hold, trail)
            unasked = trail.unwritten(attempt)
            return attempt, await self._conclude(work, hold, (*past, attempt), judged, decision, unasked=unasked)
        finally:
            if self._trails.get(hold.id) is sending:  # as with its pulse
                del self._trails[hold.id]
            # Not before the record: nobody waits for it, and the caller waits for the record.
            self.cleanup.begin(hold.tenant, hold.id, trail.owed)

    async def _conclude(
        self, work: Work, hold: Hold, past: Past, judged: int, decision: Again | Outcome, *, unasked: str
    ) -> Invocation | Pause:
        """Record the end, or that another attempt follows, or that the fallback's turn is next. `unasked` as for the ledger."""
        follows, exhausted = self._follow(work, past, judged, decision), isinstance(decision, Again)
        if not isinstance(follows, Outcome):
            await insist(partial(self.ledger.retry, hold, past[-1], delay=follows, unasked=unasked))
            return Pause(follows)
        if exhausted and work.fallback and not follows.effect_possible:
            await insist(partial(self.ledger.retry, hold, replace(past[-1], last=True), delay=0.0, unasked=unasked))
            return Pause(0.0, follows)
        review = exhausted and work.effect.acts
        return await insist(partial(self.ledger.record, hold, follows, past[-1], review=review, unasked=unasked))

    def _follow(self, work: Work, past: Past, judged: int, decision: Again | Outcome) -> float | Outcome:
        """Seconds until the next attempt, or how the invocation ends with the last of these."""
        unjudged = past[judged:]
        if isinstance(decision, Outcome):
            follows: float | Outcome = decision
        elif work.fallback and past[-1].fault == Fault.UPSTREAM_OPEN:
            follows = decision.otherwise  # the fallback need not wait for the upstream
        else:
            received = any(attempt.evidence is not Evidence.NOT_SENT for attempt in unjudged)
            left = work.repeatable_for if received else work.remaining
            made, most = len(past), work.own_attempts
            follows = self.retries.follow(decision, work.version, attempt=made, most=most, left=left)
        return follows if isinstance(follows, float) else in_view_of(unjudged, follows, work.effect)

    async def _fall_back(self, work: Work, hold: Hold, past: Past, primary: Outcome, instead: Instead) -> Invocation:
        may = work.fallback and not primary.effect_possible and work.remaining > 0
        pulse = self._pulses[hold.id]
        outcome = await pulse.beside(hold, instead(work, hold, past, primary)) if may else primary
        review = outcome is None or outcome.verdict not in {Verdict.SUCCEEDED, Verdict.CANCELLED}
        return await insist(partial(self.ledger.record, hold, outcome or primary, None, review=review))

    async def _asked_to_end(self, hold: Hold) -> bool:
        """Whether somebody asked for the end while the last attempt was running, and it ended before it could be stopped."""
        return await insist(partial(self.ledger.heartbeat, hold, lease=self.lease))

    async def _cancel(self, work: Work, hold: Hold, unjudged: Past) -> Invocation:
        sent = any(attempt.evidence is not Evidence.NOT_SENT for attempt in unjudged)
        return await insist(partial(self.ledger.record, hold, cancelled(work.effect, sent=sent), None))

    async def _wait(self, hold: Hold, delay: float) -> None:
        """Until the delay is over, or the invocation was cancelled: through this gateway at once, through another soon."""
        end, poked = monotonic() + delay, self._pulses[hold.id].poked
        while (left := end - monotonic()) > 0 and not poked.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(poked.wait(), min(left, LOOK_EVERY))
            with suppress(StoreUnavailable):
                invocation = await self.ledger.read(hold.tenant, hold.id)
                if invocation is None or invocation.state.ended:
                    return

    async def _attempt(self, work: Work, hold: Hold, trail: Trail) -> tuple[Attempt, Again | Outcome]:
        made = await self._pulses[hold.id].beside(hold, self.attempts.make(work, hold, trail))
        if made is not None:
            result, attempt = made
            return attempt, judge(self.checker, work, result)
        stopped = Faulted(Fault.TIMED_OUT, trail.evidence, "Cancelled.", Usage())
        return trail.close(stopped), cancelled(work.effect, sent=trail.evidence is not Evidence.NOT_SENT)
