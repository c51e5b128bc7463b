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
        """Whether one of them may have reached the upstream, and may have been carried out."""
        return any(not attempt.evidence.undone for attempt in self.unjudged)

    @property
    def is_over(self) -> bool:
        """Whether one of them was recorded as the last: then the fallback is next, whichever gateway goes on."""
        return any(attempt.last for attempt in self.unjudged)

    def all_failed(self, effect: Effect) -> Outcome:
        """How the invocation ends if no further attempt is made, as far as the attempts tell.

        An attempt that failed without a fault has an upstream's answer, of another status than success.
        """
        fault = (self.attempts[-1].fault or FaultCode.HTTP_STATUS) if self.attempts else None
        failed = Outcome(Verdict.TOOL_FAILED, fault=fault, message="Every attempt failed.", not_done=True)
        return self.in_view_of(failed, effect)

    def in_view_of(self, outcome: Outcome, effect: Effect) -> Outcome:
        """The last attempt's outcome as the invocation's: what an earlier attempt let go may have acted, too.

        Where that attempt's answer is lost, it is not known what it did; where there was one, it has said so.
        """
        if not self.sent or outcome.verdict in {Verdict.SUCCEEDED, Verdict.UNKNOWN}:
            return outcome
        lost = any(attempt.evidence is Evidence.SENT for attempt in self.unjudged)
        unknown = lost and effect.acts and not effect.repeatable  # its window closed before the upstream could be asked again
        verdict = Verdict.UNKNOWN if unknown else outcome.verdict
        return replace(outcome, verdict=verdict, effect_possible=effect.acts, not_done=False)

    def out_of_time(self, effect: Effect) -> Outcome:
        """How the invocation ends where its time is over before another attempt."""
        rest = " once more." if self.attempts else ": nothing was sent."
        message = f"The call's time was over before it could be sent{rest}"
        status = self.attempts[-1].http_status if self.attempts else 0
        over = Outcome(Verdict.TIMED_OUT, fault=FaultCode.TIMED_OUT, message=message, http_status=status, not_done=True)
        return self.in_view_of(over, effect)
