"""What an attempt's result means for its invocation: again, or the end. Pure.

evidence     repeatable effect                  NON_IDEMPOTENT
NOT_SENT     again                              again
SENT         again                              the end: UNKNOWN, never repeated blindly
RESPONDED    as the status says; again for 429, 502, 503, 504, if repeatable
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gateway.decisions.fault_of_error import fault_of
from gateway.decisions.program_result import NOT_NOW, of_completion
from gateway.decisions.retry_after import parse_retry_after
from gateway.model.invocation import Answer, Attempt, Outcome, Verdict
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Completed, Evidence, Faulted, Responded, Result

#: Statuses that say "not now" rather than "no" (RFC 9110 §15.6, RFC 6585 §4).
BUSY = frozenset({429, 502, 503, 504})

#: Faults that the next attempt would meet again.
LASTING = frozenset(
    {
        FaultCode.EGRESS_DENIED,
        FaultCode.EGRESS_EXCEEDED,
        FaultCode.IMAGE_MISSING,
        FaultCode.IMAGE_UNUSABLE,
        FaultCode.PROGRAM_NOT_STARTED,
        FaultCode.PROGRAM_CRASHED,
        FaultCode.OUT_OF_MEMORY,
        FaultCode.JOB_INVALID,
    }
)
#: By whose fault an attempt failed. With every other code, it is Callgate's own: SANDBOX_FAILED.
BY_FAULT = {
    FaultCode.EGRESS_DENIED: Verdict.TOOL_FAILED,
    FaultCode.EGRESS_EXCEEDED: Verdict.LIMIT_EXCEEDED,
    FaultCode.UPSTREAM_UNREACHABLE: Verdict.TOOL_FAILED,
    FaultCode.UPSTREAM_BROKE: Verdict.TOOL_FAILED,
    FaultCode.UPSTREAM_OPEN: Verdict.TOOL_FAILED,
    FaultCode.IMAGE_MISSING: Verdict.TOOL_FAILED,
    FaultCode.IMAGE_UNUSABLE: Verdict.TOOL_FAILED,
    FaultCode.PROGRAM_NOT_STARTED: Verdict.TOOL_FAILED,
    FaultCode.PROGRAM_CRASHED: Verdict.TOOL_FAILED,
    FaultCode.OUT_OF_MEMORY: Verdict.LIMIT_EXCEEDED,
    FaultCode.RESPONSE_TOO_LARGE: Verdict.LIMIT_EXCEEDED,
    FaultCode.TIMED_OUT: Verdict.TIMED_OUT,
}


@dataclass(frozen=True, slots=True)
class Again:
    """Another attempt may follow; if none may any more, the invocation ends with `otherwise`.

    `loads`: the last one has put load on its upstream, and so would the next.
    """

    retry_after: float | None
    otherwise: Outcome
    loads: bool


Links = tuple[tuple[str, str], ...]


def decide(
    result: Result, effect: Effect, matches_schema: bool | None, objection: str | None = None, links: Links = ()
) -> Again | Outcome:
    """`objection`: why a program's output is no result. `links`: those of an upstream's answer."""
    if isinstance(result, Responded):
        answer = Answer(result.status, result.header("content-type") or "", result.body, matches_schema, links)
        return _from_response(result, effect, answer)
    if isinstance(result, Completed):
        ended = of_completion(result, effect, objection, matches_schema)
        return Again(None, ended, loads=True) if result.exit == NOT_NOW and effect.repeatable else ended
    return _from_fault(result, effect)


def _from_response(result: Responded, effect: Effect, answer: Answer) -> Again | Outcome:
    if 200 <= result.status < 300:  # noqa: PLR2004 - the class of success
        return Outcome(Verdict.SUCCEEDED, answer)
    message = f"The upstream answered with status {result.status}."
    failed = Outcome(Verdict.TOOL_FAILED, answer, FaultCode.HTTP_STATUS, message, effect_possible=effect.acts)
    if result.status in BUSY and effect.repeatable:
        return Again(parse_retry_after(result.header("retry-after"), datetime.now(UTC)), failed, loads=True)
    return failed


def _from_fault(result: Faulted, effect: Effect) -> Again | Outcome:
    sent = result.evidence is not Evidence.NOT_SENT
    verdict = BY_FAULT.get(result.fault, Verdict.SANDBOX_FAILED)
    outcome = Outcome(verdict, fault=result.fault, message=result.message, effect_possible=sent and effect.acts)
    if result.fault is FaultCode.RESPONSE_TOO_LARGE:
        return outcome
    if sent and not effect.repeatable:
        return Outcome(Verdict.UNKNOWN, fault=result.fault, message=result.message, effect_possible=True)
    if result.fault in LASTING:
        return outcome
    return Again(result.retry_after, outcome, loads=sent or result.fault is FaultCode.UPSTREAM_UNREACHABLE)


def in_view_of(past: Sequence[Attempt], outcome: Outcome, effect: Effect) -> Outcome:
    """The outcome of the last of these attempts, as the invocation's: what an earlier one let go may have acted, too.

    Only where that one's answer is lost: a complete answer of another status than success says what it says.
    """
    lost = any(attempt.evidence is Evidence.SENT for attempt in past)
    if not lost or not effect.acts or outcome.verdict in {Verdict.SUCCEEDED, Verdict.UNKNOWN}:
        return outcome
    if not effect.repeatable:  # its window closed before the upstream could be asked again
        return replace(outcome, verdict=Verdict.UNKNOWN, effect_possible=True)
    return replace(outcome, effect_possible=True)


def held_to_schema(outcome: Outcome, effect: Effect) -> Outcome:
    """The outcome of a tool whose answers must fit their schema: one that does not is a failure, though it may have acted."""
    if outcome.answer is None or outcome.verdict is not Verdict.SUCCEEDED or outcome.answer.matches_schema is not False:
        return outcome
    message = "The answer does not fit the tool's output schema."
    return Outcome(Verdict.TOOL_FAILED, outcome.answer, FaultCode.ANSWER_MALFORMED, message, effect_possible=effect.acts)


def all_failed(past: Sequence[Attempt]) -> Outcome:
    """How an invocation ends whose attempts have all failed with nothing done, as far as they tell.

    One that failed without a fault has an upstream's answer, of another status than success.
    """
    fault = (past[-1].fault or FaultCode.HTTP_STATUS) if past else None
    return Outcome(Verdict.TOOL_FAILED, fault=fault, message="Every attempt failed.")


def refused(refusal: Exception) -> Outcome:
    """How an invocation ends that was accepted, and then could not be begun: a part is missing, and nothing was sent."""
    return Outcome(Verdict.SANDBOX_FAILED, fault=fault_of(refusal), message=str(refusal))


def cancelled(effect: Effect, *, sent: bool) -> Outcome:
    """How an invocation ends that somebody cancelled while an attempt was running."""
    if sent and not effect.repeatable:
        message = "Cancelled after the request had been let go. It may have acted."
        return Outcome(Verdict.UNKNOWN, fault=FaultCode.CANCELLED, message=message, effect_possible=True)
    return Outcome(Verdict.CANCELLED, fault=FaultCode.CANCELLED, effect_possible=sent and effect.acts)
