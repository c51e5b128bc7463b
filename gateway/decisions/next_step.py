"""What follows an attempt: another one, the version's fallback, or the end: decided here wherever an attempt has a result.

What the others contribute, each in its own part:

    result_policy, program_result   what one result permits: another attempt (Again), or only an end (Outcome)
    retry                           whether attempts, time and retry budget are left for it, and the delay before it
    take_from_lost in ledger.lua    the same for an attempt whose gateway is lost, from the record alone
    dispatch in ledger.lua          refuses what may not be sent again, whichever gateway has decided it

What is decided elsewhere, where there is no result to decide on:

    AttemptRunner in attempt        a part that refuses before the first attempt is permitted fails the call itself
    AttemptLoop in attempt_loop     the end where its caller has cancelled it, in the place of what was to follow
    _fall_back in attempt_loop      no fallback once the time is over
    _not_happened in settlement     another attempt after a probe found no effect, while time and attempts are left
"""

from dataclasses import dataclass, field, replace

from gateway.decisions.history import History
from gateway.decisions.result_policy import Again
from gateway.decisions.retry import Retries
from gateway.decisions.token_refusal import UNAUTHORIZED, obtains_token
from gateway.model.invocation import Outcome, Verdict
from registry.model.tool import Effect, ToolVersion
from sandbox.api.fault_code import FaultCode


@dataclass(frozen=True, slots=True)
class Attempting:
    """Another attempt, after `delay` seconds."""

    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class FallingBack:
    """The version's fallback, where it has one. `primary`: how the invocation ends without its help."""

    primary: Outcome
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Ending:
    """The end. `review`: a person must look at it."""

    outcome: Outcome
    review: bool = False


Further = Attempting | FallingBack
Step = Further | Ending


@dataclass(frozen=True, slots=True)
class Standing:
    """How an execution stands now. `effect`: what a repetition may do by now. Times in seconds.

    `remaining`: until its deadline; `repeatable_for`: in which a request that may have been received can still be sent again.
    """

    version: ToolVersion
    effect: Effect
    own_attempts: int
    remaining: float
    repeatable_for: float
    has_fallback: bool


@dataclass(frozen=True, slots=True)
class NextStep:
    retries: Retries = field(default_factory=Retries)

    def first(self, history: History, standing: Standing) -> Step:
        """Where an invocation begins, or where this gateway takes up one between two attempts."""
        if not history.attempts:
            self.retries.budget.earn(standing.version)
        if len(history.attempts) >= standing.own_attempts or history.is_over:
            return FallingBack(history.all_failed(standing.effect))
        return self.resumed(history, standing)

    def resumed(self, history: History, standing: Standing) -> Attempting | Ending:
        """Another attempt is to be made now; or the time has gone by meanwhile."""
        if standing.remaining > 0:
            return Attempting()
        return _ending(history.out_of_time(standing.effect), standing)

    def after(self, meaning: Again | Outcome, history: History, standing: Standing) -> Step:
        """What follows the last of these attempts, whose result means `meaning`."""
        follows = meaning if isinstance(meaning, Outcome) else self._delay(meaning, history, standing)
        if isinstance(follows, float):
            return Attempting(follows)
        if isinstance(meaning, Outcome):
            return Ending(history.in_view_of(follows, standing.effect))
        outcome = history.in_view_of(_in_time(follows, history, standing), standing.effect)
        if standing.has_fallback and not outcome.effect_possible:
            return FallingBack(outcome)
        return _ending(outcome, standing)

    def _delay(self, again: Again, history: History, standing: Standing) -> float | Outcome:
        """Seconds until the next attempt, or the outcome where none may follow."""
        if standing.has_fallback and history.attempts[-1].fault is FaultCode.UPSTREAM_OPEN:
            return again.otherwise  # the fallback need not wait for the upstream
        left = standing.repeatable_for if history.sent else standing.remaining
        made, most = len(history.attempts), _most(history, standing)
        return self.retries.follow(again, standing.version, attempt=made, most=most, left=left)


def _most(history: History, standing: Standing) -> int:
    """How many attempts may be made: one more than the manifest says for a token that the upstream has refused, and one
    alone for that."""
    if not obtains_token(standing.version.draft):
        return standing.own_attempts
    refusals = sum(attempt.http_status == UNAUTHORIZED for attempt in history.attempts)
    if history.attempts[-1].http_status == UNAUTHORIZED:
        return standing.own_attempts if refusals == 1 else 0
    return standing.own_attempts - (refusals == 0)


def _ending(outcome: Outcome, standing: Standing) -> Ending:
    """The end of a call that could not be made. Where nothing was done its caller may simply call again: no person is asked."""
    return Ending(outcome, review=standing.effect.acts and not outcome.not_done)


def _in_time(outcome: Outcome, history: History, standing: Standing) -> Outcome:
    """Out of time is out of time: what the gateway or a box did not do any more, when it was over, is no failure of theirs."""
    if standing.remaining > 0 or outcome.verdict is not Verdict.SANDBOX_FAILED:
        return outcome
    message, undone = f"The call's time was over. {outcome.message}".strip(), history.attempts[-1].evidence.undone
    return replace(outcome, verdict=Verdict.TIMED_OUT, fault=FaultCode.TIMED_OUT, message=message, not_done=undone)
