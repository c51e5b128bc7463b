"""Makes attempts until one ends the invocation, and records the outcome. Steps 9 and 10 of the pipeline."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import TypeAlias

from gateway.decisions.endings import cancelled
from gateway.decisions.fault_of_error import fault_of
from gateway.decisions.history import History
from gateway.decisions.next_step import Ending, FallingBack, Further, NextStep, Step
from gateway.decisions.result_policy import Again
from gateway.model.errors import GatewayError, StoreRolledBack, StoreUnavailable
from gateway.model.invocation import Attempt, Invocation, Outcome, Verdict
from gateway.pipeline.attempt import AttemptRunner
from gateway.pipeline.attempt_log import AttemptLog
from gateway.pipeline.attempt_record import record_attempt
from gateway.pipeline.execution import Execution
from gateway.pipeline.heartbeat import LeaseHeartbeat
from gateway.pipeline.obligations import Obligations
from gateway.pipeline.reserve_keys import find_fallback, find_fallback_key
from gateway.pipeline.result_check import check_result
from gateway.pipeline.until_stored import until_stored
from gateway.records.ledger.protocol import FencedLease, Ledger
from registry.checking.argument_checker import ArgumentChecker
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Faulted, Usage

#: Seconds between two looks whether another gateway has ended an invocation that waits for its next attempt.
LOOK_EVERY = 2.0

#: Answers in the place of attempts that have all failed with nothing done: given the invocation's id, the key of its fallback,
#: and its outcome without that.
Instead: TypeAlias = Callable[[Execution, str, str, Outcome], Awaitable[Outcome]]


@dataclass(slots=True)
class AttemptLoop:
    """Makes the attempts of this gateway's invocations, and ends those that are cancelled. `lease` in seconds."""

    ledger: Ledger
    attempts: AttemptRunner
    obligations: Obligations
    checker: ArgumentChecker
    lease: float
    next_step: NextStep = field(default_factory=NextStep)
    _heartbeats: dict[str, LeaseHeartbeat] = field(default_factory=dict, init=False)
    _sending: dict[str, tuple[FencedLease, AttemptLog]] = field(default_factory=dict, init=False)

    def has(self, id: str) -> bool:
        """Whether this gateway makes the attempts of this invocation now."""
        return id in self._heartbeats

    def check_cancellation(self, id: str) -> None:
        """Look at once whether this invocation was cancelled, if its attempts are made here."""
        if id in self._heartbeats:
            self._heartbeats[id].check_cancellation()

    async def ensure_dispatch_recorded(self, id: str) -> None:
        """Have it on record if this invocation is sent here, for a cancellation that is about to end it."""
        if id in self._sending:
            await self.attempts.ensure_dispatch_recorded(*self._sending[id])

    async def attempts_then_fallback(
        self, execution: Execution, held: FencedLease, instead: Instead, history: History
    ) -> Invocation:
        """Make attempts until one ends the invocation, and record it. `history`: the attempts that were made already.

        Raises Fenced where another gateway took the invocation over, what refused the first attempt, and what kept the gateway
        from letting the last one go.
        """
        self._heartbeats[held.id] = heartbeat = LeaseHeartbeat(self.ledger, self.lease)
        try:
            step: Step = self.next_step.first(history, execution.standing)
            while not history.attempts or not await self._asked_to_end(held):
                if isinstance(step, Ending):
                    return await until_stored(partial(self.ledger.record, held, step.outcome, None, review=step.review))
                if isinstance(step, FallingBack):
                    return await self._fall_back(execution, held, history, step.primary, instead)
                history, follows = await self._attempt_and_record(execution, held, history)
                if isinstance(follows, Invocation):
                    return follows
                await self._wait(held, follows.delay, cancelled(execution.version.draft.effect, sent=history.sent))
                resumed = await until_stored(partial(self.ledger.resume, held.tenant, held.id, lease=self.lease))
                held, execution = resumed.held, execution.within(resumed.bounds)
                step = follows if isinstance(follows, FallingBack) else self.next_step.resumed(history, execution.standing)
            outcome = cancelled(execution.effect, sent=history.sent)
            return await until_stored(partial(self.ledger.record, held, outcome, None))
        finally:
            if self._heartbeats.get(held.id) is heartbeat:  # else this gateway has taken it up once more: that one's stays
                del self._heartbeats[held.id]

    async def _attempt_and_record(
        self, execution: Execution, held: FencedLease, history: History
    ) -> tuple[History, Further | Invocation]:
        """The history with one attempt more, and what follows it: the invocation as recorded, where that is the end.

        Raises what kept the gateway from letting it go, where the call ends with that: it is on record, and the key is free.
        """
        attempt_log = AttemptLog(len(history.attempts) + 1)
        self._sending[held.id] = sending = held, attempt_log
        try:
            attempt, meaning = await self._attempt_with_heartbeat(execution, held, attempt_log)
            history = replace(history, attempts=(*history.attempts, attempt))
            step = self.next_step.after(meaning, history, execution.standing)
            if _may_be_cancelled(step) and await self._asked_to_end(held):
                step = Ending(cancelled(execution.effect, sent=history.sent))  # its caller wants no more of it
            refusal, unasked = _refusing(attempt_log, step), attempt_log.unwritten(attempt)
            follows = await record_attempt(self.ledger, held, attempt, step, unasked=unasked, refused=refusal is not None)
            if refusal is not None:
                raise refusal
            return history, follows
        finally:
            if self._sending.get(held.id) is sending:  # as with its heartbeat
                del self._sending[held.id]
            # Not before the record: the caller waits for that, and for no obligation.
            self.obligations.begin(held.tenant, held.id, attempt_log.owed)

    async def _attempt_with_heartbeat(
        self, execution: Execution, held: FencedLease, attempt_log: AttemptLog
    ) -> tuple[Attempt, Again | Outcome]:
        """One attempt and what its result permits; stopped where the invocation is cancelled meanwhile."""
        made = await self._heartbeats[held.id].beside(held, self.attempts.attempt_in_span(execution, held, attempt_log))
        if made is not None:
            result, attempt = made
            keep = self.attempts.keeper(execution, held)
            return attempt, await check_result(self.checker, execution, result, attempt_log.large, keep)
        evidence = attempt_log.evidence
        stopped = Faulted(FaultCode.CANCELLED, evidence, "Cancelled.", Usage())
        return attempt_log.close(stopped, evidence), cancelled(execution.effect, sent=not evidence.undone)

    async def _fall_back(
        self, execution: Execution, held: FencedLease, history: History, primary: Outcome, instead: Instead
    ) -> Invocation:
        place = execution.principal, held.id, execution.life, len(history.attempts)
        key = await until_stored(partial(find_fallback_key, self.ledger, *place)) if execution.fallback else ""
        # The delay before it may have taken the time that `decisions.next_step` still saw.
        may = execution.fallback and not primary.effect_possible and execution.remaining > 0
        if may and await until_stored(partial(self.ledger.heartbeat, held, lease=self.lease, falling_back=True)):
            return await until_stored(partial(self.ledger.record, held, cancelled(execution.effect, sent=history.sent), None))
        answering = instead(execution, held.id, key, primary) if may else None
        answered = await self._heartbeats[held.id].beside(held, answering) if answering else primary
        # A fallback that was stopped may have acted.
        not_done = answered is not None and answered.not_done and not history.sent
        # Another gateway may have begun it before.
        not_done = not_done and await until_stored(partial(find_fallback, self.ledger, *place)) is None
        outcome = replace(answered or primary, not_done=not_done)
        review = not not_done and (answered is None or outcome.verdict not in {Verdict.SUCCEEDED, Verdict.CANCELLED})
        return await until_stored(partial(self.ledger.record, held, outcome, None, review=review))

    async def _asked_to_end(self, held: FencedLease) -> bool:
        """Whether the invocation was cancelled while the last attempt was running, which ended before it could be stopped."""
        return await until_stored(partial(self.ledger.heartbeat, held, lease=self.lease))

    async def _wait(self, held: FencedLease, delay: float, if_cancelled: Outcome) -> None:
        """Until the delay is over, or the invocation was cancelled: through this gateway at once, through another soon.

        A cancellation that was accepted while the attempt was under way leaves its end to this gateway.
        """
        end, check_wanted = monotonic() + delay, self._heartbeats[held.id].check_wanted
        while (left := end - monotonic()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(check_wanted.wait(), min(left, LOOK_EVERY))
            check_wanted.clear()
            with suppress(StoreUnavailable, StoreRolledBack):
                if await self._has_ended(held, if_cancelled):
                    return

    async def _has_ended(self, held: FencedLease, if_cancelled: Outcome) -> bool:
        """Whether an invocation that waits for its next attempt has ended. It does so here where that was asked for before."""
        invocation = await self.ledger.read(held.tenant, held.id)
        if invocation is None or invocation.state.ended:
            return True
        if invocation.cancel_requested:
            await self.ledger.cancel(held.tenant, held.id, if_cancelled, seen=len(invocation.attempts))
        return invocation.cancel_requested


def _may_be_cancelled(step: Step) -> bool:
    """Whether the end can still be its caller's wish: something was to follow, or nothing was done."""
    return not isinstance(step, Ending) or step.outcome.not_done


def _refusing(attempt_log: AttemptLog, step: Step) -> GatewayError | None:
    """What refused the attempt, where the call ends with that, and with nothing done: not as out of time, nor after a request
    that counts."""
    refusal = attempt_log.refusal
    if refusal is None or not isinstance(step, Ending):
        return None
    return refusal if step.outcome.not_done and step.outcome.fault is fault_of(refusal) else None
