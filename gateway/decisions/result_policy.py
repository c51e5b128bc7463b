"""What one attempt's result permits: another attempt, or only the end. Pure.

evidence     repeatable effect                  NON_IDEMPOTENT
NOT_SENT     again                              again
SENT         again                              the end: UNKNOWN, never repeated blindly
RESPONDED    as the status says; again for 429, 502, 503, 504, if repeatable

Whether another one then follows is decided in `next_step`. A program's end is judged in `program_result`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.decisions.retry_after import parse_retry_after
from gateway.model.invocation import Answer, Outcome, Verdict
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence, Faulted, Responded

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


def decide(result: Responded | Faulted, effect: Effect, matches_schema: bool | None, links: Links = ()) -> Again | Outcome:
    """`matches_schema` and `links` are of an upstream's answer."""
    if isinstance(result, Responded):
        answer = Answer(result.status, result.header("content-type") or "", result.body, matches_schema, links)
        return _from_response(result, effect, answer)
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


def held_to_schema(meaning: Again | Outcome, effect: Effect) -> Again | Outcome:
    """For a tool whose answers must fit their schema: one that does not fit is a failure, though it may have acted."""
    if isinstance(meaning, Again) or meaning.answer is None or meaning.answer.matches_schema is not False:
        return meaning
    if meaning.verdict is not Verdict.SUCCEEDED:
        return meaning
    message = "The answer does not fit the tool's output schema."
    return Outcome(Verdict.TOOL_FAILED, meaning.answer, FaultCode.ANSWER_MALFORMED, message, effect_possible=effect.acts)
