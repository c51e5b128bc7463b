"""The attempts that an invocation has made, and what they mean together for its end. Pure."""

from dataclasses import dataclass, replace

from gateway.model.invocation import Attempt, Outcome, Verdict
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence


@dataclass(frozen=True, slots=True)
class History:
    """`judged`: how many of the attempts, from the first, a review has decided about: what these did is settled."""

    attempts: tuple[Attempt, ...] = ()
    judged: int = 0

    @property
    def unjudged(self) -> tuple[Attempt, ...]:
        return self.attempts[self.judged :]

    @property
    def sent(self) -> bool:
        """Whether one of them may have reached the upstream."""
        return any(attempt.evidence is not Evidence.NOT_SENT for attempt in self.unjudged)

    @property
    def is_over(self) -> bool:
        """Whether one of them was recorded as the last: then the fallback is next, whichever gateway goes on."""
        return any(attempt.last for attempt in self.unjudged)

    def all_failed(self, effect: Effect) -> Outcome:
        """How the invocation ends if no further attempt is made, as far as the attempts tell.

        An attempt that failed without a fault has an upstream's answer, of another status than success.
        """
        fault = (self.attempts[-1].fault or FaultCode.HTTP_STATUS) if self.attempts else None
        return self.in_view_of(Outcome(Verdict.TOOL_FAILED, fault=fault, message="Every attempt failed."), effect)

    def in_view_of(self, outcome: Outcome, effect: Effect) -> Outcome:
        """The last attempt's outcome as the invocation's: what an earlier attempt let go may have acted, too.

        Only where that attempt's answer is lost: a complete answer of another status than success says what it says.
        """
        lost = any(attempt.evidence is Evidence.SENT for attempt in self.unjudged)
        if not lost or not effect.acts or outcome.verdict in {Verdict.SUCCEEDED, Verdict.UNKNOWN}:
            return outcome
        if not effect.repeatable:  # its window closed before the upstream could be asked again
            return replace(outcome, verdict=Verdict.UNKNOWN, effect_possible=True)
        return replace(outcome, effect_possible=True)
