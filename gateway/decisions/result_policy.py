"""What one attempt's result permits: another attempt, or only the end. Pure.

evidence     repeatable effect                  NON_IDEMPOTENT
NOT_SENT     again                              again
NOT_DONE     again                              again
SENT         again                              the end: UNKNOWN, never repeated blindly
RESPONDED    as the status says; again for 502, 503, 504, or where a success broke off, if repeatable

Answered is answered: as soon as the head of an answer is there, its status counts, whatever becomes of the body. The tool
version says which statuses mean that the upstream has not done what it was asked for (NOT_DONE): 429, unless it names others.
Whether another attempt then follows is decided in `next_step`. If none follows, what was not sent ends as `not_done`: its key
is free, and no person is asked. A program's end is judged in `program_result`.
"""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gateway.decisions.retry_after import retry_after_of
from gateway.model.invocation import Answer, Outcome, Verdict
from registry.model.media_types import is_stream
from registry.model.tool import NOT_DONE_STATUSES, Effect
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Completed, Evidence, Faulted, Head, Responded, Result

#: Statuses that say "not now" rather than "no" (RFC 9110 §15.6, RFC 6585 §4).
BUSY = frozenset({429, 502, 503, 504})

#: By which an upstream says that its caller has the answer already (RFC 9110 §15.4.5).
NOT_MODIFIED = 304

#: How a stream without an end of its own ends.
ENDS_OF_STREAMS = frozenset(
    {
        FaultCode.TIMED_OUT,
        FaultCode.UPSTREAM_BROKE,
        FaultCode.RESPONSE_TOO_LARGE,
        FaultCode.ARTIFACT_TOO_LARGE,
        FaultCode.EGRESS_EXCEEDED,
    }
)

#: The store of artifacts does not take an answer: a matter of the gateway's, for which no upstream is asked a second time.
NOT_STORED = frozenset({FaultCode.QUOTA_EXCEEDED, FaultCode.ARTIFACTS_UNAVAILABLE})

#: Faults that the next attempt would meet again.
LASTING = frozenset(
    {
        FaultCode.EGRESS_DENIED,
        FaultCode.EGRESS_EXCEEDED,
        FaultCode.RESPONSE_TOO_LARGE,
        FaultCode.ARTIFACT_TOO_LARGE,
        FaultCode.QUOTA_EXCEEDED,
        FaultCode.ANSWER_UNDECODABLE,
        FaultCode.IMAGE_MISSING,
        FaultCode.IMAGE_UNUSABLE,
        FaultCode.PROGRAM_NOT_STARTED,
        FaultCode.PROGRAM_CRASHED,
        FaultCode.OUT_OF_MEMORY,
        FaultCode.JOB_INVALID,
        FaultCode.TOKEN_REFUSED,
        FaultCode.CONNECT_AGAIN,
    }
)

#: By whose fault an attempt failed. With every other code, it is Callgate's own: SANDBOX_FAILED.
BY_FAULT = {
    FaultCode.EGRESS_DENIED: Verdict.TOOL_FAILED,
    FaultCode.EGRESS_EXCEEDED: Verdict.LIMIT_EXCEEDED,
    FaultCode.UPSTREAM_UNREACHABLE: Verdict.TOOL_FAILED,
    FaultCode.UPSTREAM_BROKE: Verdict.TOOL_FAILED,
    FaultCode.UPSTREAM_OPEN: Verdict.TOOL_FAILED,
    FaultCode.ANSWER_UNDECODABLE: Verdict.TOOL_FAILED,
    FaultCode.IMAGE_MISSING: Verdict.TOOL_FAILED,
    FaultCode.IMAGE_UNUSABLE: Verdict.TOOL_FAILED,
    FaultCode.PROGRAM_NOT_STARTED: Verdict.TOOL_FAILED,
    FaultCode.PROGRAM_CRASHED: Verdict.TOOL_FAILED,
    FaultCode.OUT_OF_MEMORY: Verdict.LIMIT_EXCEEDED,
    FaultCode.RESPONSE_TOO_LARGE: Verdict.LIMIT_EXCEEDED,
    FaultCode.ARTIFACT_TOO_LARGE: Verdict.LIMIT_EXCEEDED,
    FaultCode.QUOTA_EXCEEDED: Verdict.LIMIT_EXCEEDED,
    FaultCode.TIMED_OUT: Verdict.TIMED_OUT,
    FaultCode.TOKEN_REFUSED: Verdict.TOOL_FAILED,
    FaultCode.TOKEN_UNAVAILABLE: Verdict.TOOL_FAILED,
    FaultCode.CONNECT_AGAIN: Verdict.TOOL_FAILED,
}


@dataclass(frozen=True, slots=True)
class Again:
    """Another attempt may follow; if none may any more, the invocation ends with `otherwise`.

    `loads`: the last one has put load on its upstream, and so would the next.
    """

    retry_after: float | None
    otherwise: Outcome
    loads: bool


def evidence_of(result: Result, not_done: Container[int] = NOT_DONE_STATUSES) -> Evidence:
    """What is known of an attempt by its result. `not_done`: the statuses by which its upstream says that it did nothing."""
    head = head_of(result)
    return Evidence.NOT_DONE if head is not None and head.status in not_done else result.evidence


def head_of(result: Result) -> Head | None:
    """How an answer began, if one did."""
    return None if isinstance(result, Completed) else result.head


def decide(
    result: Responded | Faulted,
    effect: Effect,
    answer: Answer | None,
    *,
    not_done: Container[int] = NOT_DONE_STATUSES,
    conditional: bool = False,
    busy: Container[int] = BUSY,
) -> Again | Outcome:
    """`answer`: what came of an upstream's answer; `not_done` as for `evidence_of`; `conditional`: 304 was asked for; `busy`:
    the statuses after which a repeatable request is made again."""
    if result.head is None:
        return _from_fault(result, effect)
    whole = isinstance(result, Responded)
    if whole and (_is_success(result.head) or (conditional and result.head.status == NOT_MODIFIED)):
        return Outcome(Verdict.SUCCEEDED, answer)
    if isinstance(result, Faulted) and _is_success(result.head):
        return _from_broken_success(result, result.head, effect, answer)
    return _from_status(result.head, effect, answer if whole else None, refused=result.head.status in not_done, busy=busy)


def _is_success(head: Head) -> bool:
    return 200 <= head.status < 300  # noqa: PLR2004 - the class of success


def _from_status(head: Head, effect: Effect, answer: Answer | None, *, refused: bool, busy: Container[int]) -> Again | Outcome:
    message = f"The upstream answered with status {head.status}{', by which it says that it did nothing' if refused else ''}."
    if head.unfollowed:
        message += f" The redirect was not followed: {head.unfollowed}."
    retry_after = retry_after_of(head, datetime.now(UTC))
    failed = Outcome(
        Verdict.TOOL_FAILED,
        answer,
        FaultCode.HTTP_STATUS,
        message,
        effect_possible=effect.acts and not refused,
        http_status=head.status,
        retry_after=retry_after,
        not_done=refused,
    )
    return Again(retry_after, failed, loads=True) if refused or (head.status in busy and effect.repeatable) else failed


def _from_broken_success(result: Faulted, head: Head, effect: Effect, answer: Answer | None) -> Again | Outcome:
    """The upstream has said that it did it, and the rest of the answer is missing. That is no reason to doubt its word.

    Of a stream, what came is kept: another attempt would end in the same way, and its parts mean something by themselves.
    """
    message = f"The upstream answered with status {head.status}, but: {result.message}."
    verdict = BY_FAULT.get(result.fault, Verdict.SANDBOX_FAILED)
    failed = Outcome(verdict, fault=result.fault, message=message, effect_possible=effect.acts, http_status=head.status)
    ends = result.fault in ENDS_OF_STREAMS or result.fault in NOT_STORED
    if answer is not None and answer.body and ends and is_stream(answer.content_type):
        return replace(failed, answer=answer)
    lasting = result.fault in LASTING or result.fault in NOT_STORED
    return Again(None, failed, loads=True) if effect.repeatable and not lasting else failed


def _from_fault(result: Faulted, effect: Effect) -> Again | Outcome:
    sent = result.evidence is not Evidence.NOT_SENT
    verdict = BY_FAULT.get(result.fault, Verdict.SANDBOX_FAILED)
    outcome = Outcome(
        verdict,
        fault=result.fault,
        message=result.message,
        effect_possible=sent and effect.acts,
        retry_after=result.retry_after,
        not_done=not sent,
    )
    if sent and not effect.repeatable:
        return replace(outcome, verdict=Verdict.UNKNOWN, effect_possible=True)
    if result.fault in LASTING:
        return outcome
    return Again(result.retry_after, outcome, loads=sent or result.fault is FaultCode.UPSTREAM_UNREACHABLE)


def held_to_schema(meaning: Again | Outcome, effect: Effect) -> Again | Outcome:
    """For a tool whose answers must fit their schema: one that does not fit is a failure, though it may have acted."""
    if isinstance(meaning, Again) or meaning.answer is None or meaning.answer.matches_schema is not False:
        return meaning
    if meaning.verdict is not Verdict.SUCCEEDED:
        return meaning
    return Outcome(
        Verdict.TOOL_FAILED,
        meaning.answer,
        FaultCode.ANSWER_MALFORMED,
        "The answer does not fit the tool's output schema.",
        effect_possible=effect.acts,
        http_status=meaning.answer.http_status,
    )
