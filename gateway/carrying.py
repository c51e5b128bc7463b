"""Carry an invocation out: attempts until one counts, then the outcome. Steps 8 and 9 of the pipeline."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from time import monotonic
from typing import TypeVar

import structlog

from gateway.attempt import Attempts, beat
from gateway.cleanup import Cleanup
from gateway.decisions.completion import JSON
from gateway.decisions.decision import Again, cancelled, decide, in_view_of
from gateway.decisions.retry import Retries
from gateway.errors import StoreUnavailable
from gateway.invocation import Attempt, Invocation, Outcome
from gateway.records.ledger import Fenced, Hold, Ledger
from gateway.trail import Trail
from gateway.work import Work
from registry.arguments import ArgumentChecker
from registry.output import objection
from registry.response import matches_schema
from sandbox.result import Completed, Evidence, Fault, Faulted, Responded, Result, Usage

log = structlog.get_logger(__name__)
T = TypeVar("T")

INSIST_EVERY = 0.2
#: Seconds between two tries to write down what has happened, while the store is away.
LOOK_EVERY = 2.0
#: Seconds between two looks whether another gateway has ended an invocation that waits for its next attempt.


async def insist(transition: Callable[[], Awaitable[T]]) -> T:
    """Make a transition, for as long as it takes: what has happened upstream must not be forgotten because the store is away.

    A transition whose reply was lost, and that has taken place, ends in Fenced: then the record tells the rest.
    """
    while True:
        try:
            return await transition()
        except StoreUnavailable as error:
            log.warning("transition_not_recorded_yet", error=str(error))
            await asyncio.sleep(INSIST_EVERY)


@dataclass(slots=True)
class Carrier:
    """Carries invocations out, and ends those that somebody cancels."""

    ledger: Ledger
    attempts: Attempts
    cleanup: Cleanup
    checker: ArgumentChecker
    lease: float
    retries: Retries = field(default_factory=Retries)
    _pokes: dict[str, asyncio.Event] = field(default_factory=dict)

    def carries(self, id: str) -> bool:
        """Whether this invocation is being carried out here."""
        return id in self._pokes

    def poke(self, id: str) -> None:
        """Look at once whether this invocation was cancelled, if it is carried out here."""
        if id in self._pokes:
            self._pokes[id].set()

    async def carry_out(self, work: Work, hold: Hold, *, past: tuple[Attempt, ...] = (), judged: int = 0) -> Invocation:
        """Make attempts until one ends the invocation, and record it. `past`: those that were made already, the first `judged`
        of which a review has decided about.

        Raises Fenced where another gateway took the invocation over, and what refused the first attempt.
        """
        self._pokes[hold.id] = asyncio.Event()
        if not past:
            self.retries.budget.earn(work.version)
        try:
            while True:
                trail = Trail(len(past) + 1)
                try:
                    attempt, decision = await self._attempt(work, hold, trail)
                    past = (*past, attempt)
                    follows = self._follow(work, past, judged, decision)
                    if isinstance(follows, Outcome):
                        review = isinstance(decision, Again) and work.effect.acts
                        return await insist(partial(self.ledger.record, hold, follows, attempt, review=review))
                    await insist(partial(self.ledger.retry, hold, attempt, delay=follows))
                finally:
                    # Not before the record: nobody waits for it, and the caller waits for the record.
                    self.cleanup.begin(hold.tenant, hold.id, trail.owed)
                await self._wait(hold, follows)
                hold = await insist(partial(self.ledger.resume, hold.tenant, hold.id, lease=self.lease))
        finally:
            del self._pokes[hold.id]

    def _follow(self, work: Work, past: tuple[Attempt, ...], judged: int, decision: Again | Outcome) -> float | Outcome:
        """Seconds until the next attempt, or how the invocation ends with the last of these."""
        unjudged = past[judged:]
        received = any(attempt.evidence is not Evidence.NOT_SENT for attempt in unjudged)
        left = work.repeatable_for if received else work.remaining
        if isinstance(decision, Again):
            follows = self.retries.follow(decision, work.version, attempt=len(past), most=work.max_attempts, left=left)
        else:
            follows = decision
        return in_view_of(unjudged, follows, work.effect) if isinstance(follows, Outcome) else follows

    async def _wait(self, hold: Hold, delay: float) -> None:
        """Until the delay is over, or the invocation was cancelled: through this gateway at once, through another soon."""
        end, poke = monotonic() + delay, self._pokes[hold.id]
        while (left := end - monotonic()) > 0 and not poke.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(poke.wait(), min(left, LOOK_EVERY))
            with suppress(StoreUnavailable):
                invocation = await self.ledger.read(hold.tenant, hold.id)
                if invocation is None or invocation.state.ended:
                    return

    async def _attempt(self, work: Work, hold: Hold, trail: Trail) -> tuple[Attempt, Again | Outcome]:
        """One attempt beside its heartbeat: whichever ends first ends the other."""
        making = asyncio.create_task(self.attempts.make(work, hold, trail))
        beating = asyncio.create_task(beat(self.ledger, hold, self._pokes[hold.id]))
        try:
            await asyncio.wait({making, beating}, return_when=asyncio.FIRST_COMPLETED)
            if making.done():
                result, attempt = making.result()
                return attempt, self._decide(work, result)
            beating.result()  # raises Fenced where the hold is lost
            return await self._stop(work, making, trail)
        finally:
            for task in (making, beating):
                task.cancel()
            await asyncio.wait({making, beating})

    def _decide(self, work: Work, result: Result) -> Again | Outcome:
        if isinstance(result, Completed):
            matches = matches_schema(self.checker, work.version, HTTPStatus.OK, JSON, result.output)
            return decide(result, work.effect, matches, objection(result.output))
        matches = self._matches(work, result) if isinstance(result, Responded) else None
        return decide(result, work.effect, matches)

    def _matches(self, work: Work, result: Responded) -> bool | None:
        return matches_schema(self.checker, work.version, result.status, result.header("content-type"), result.body)

    @staticmethod
    async def _stop(work: Work, making: asyncio.Task[tuple[Result, Attempt]], trail: Trail) -> tuple[Attempt, Outcome]:
        making.cancel()
        with suppress(asyncio.CancelledError, StoreUnavailable, Fenced):
            await making
        result = Faulted(Fault.TIMED_OUT, trail.evidence, "Cancelled.", Usage())
        sent = trail.evidence is not Evidence.NOT_SENT
        return trail.close(result), cancelled(work.effect, sent=sent)
