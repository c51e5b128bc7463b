"""The conversions between a recording's messages and its values."""

import re
from dataclasses import replace
from typing import Any

from callgate.v1 import error_pb2, fault_code_pb2, invocation_pb2, recording_service_pb2
from gateway.decisions.retry_after import LONGEST
from gateway.edge.grpc.answer_wire import answer_from
from gateway.edge.grpc.invocation_wire import LIMITS, cost, outcome, seconds
from gateway.edge.grpc.run_names import run_id_from, step_from
from gateway.edge.grpc.status import CURE, MESSAGE, add_violations, bounded
from gateway.model.errors import RequestInvalid
from gateway.model.invocation import Cost, Outcome, Verdict
from gateway.records.recordings.protocol import CallKey, RecordedCall
from registry.calling.arguments import BYTES
from registry.model.clean_text import visible
from registry.model.errors import Violation
from sandbox.api.fault_code import FaultCode

#: Characters of an invocation's id, and the counts that a cost has, at most.
ID_LENGTH, MOST_COUNTS = 64, 64
_DIGEST = re.compile(r"(sha256:)?[0-9a-f]{64}", re.ASCII)


def entry(value: RecordedCall) -> recording_service_pb2.RecordingEntry:
    return recording_service_pb2.RecordingEntry(
        tool=value.tool,
        tool_digest=value.call_key.tool_digest,
        arguments_digest=value.call_key.arguments_digest,
        run_id=visible(value.call_key.run),
        occurrence=value.occurrence,
        outcome=outcome(value.outcome) if value.outcome else None,
        arguments_json=value.arguments,
        step=visible(value.step),
        begun=value.begun,
        ended=value.ended,
        refusal=error_pb2.ErrorDetail.FromString(value.refusal) if value.refusal else None,
        cost=cost(value.outcome.cost) if value.outcome and value.outcome.cost else None,
    )


def entry_from(message: recording_service_pb2.RecordingEntry) -> RecordedCall:
    digests = message.tool_digest, message.arguments_digest
    if not all(_DIGEST.fullmatch(digest) for digest in digests) or not message.occurrence:
        raise RequestInvalid("an entry of the recording is malformed")
    if message.HasField("outcome") == message.HasField("refusal"):
        raise RequestInvalid("an entry of the recording must have an outcome, or a refusal")
    return RecordedCall(
        message.tool,
        CallKey(*digests, run_id_from(message.run_id)),
        message.occurrence,
        _outcome_of(message) if message.HasField("outcome") else None,
        arguments=_arguments_from(message.arguments_json),
        step=step_from(message).step,
        begun=message.begun,
        ended=message.ended,
        refusal=_refusal_from(message.refusal) if message.HasField("refusal") else b"",
    )


def _arguments_from(given: bytes) -> bytes:
    """They are for people, and are found by their digest: nothing here reads them. Raises RequestInvalid."""
    try:
        given.decode()
    except UnicodeDecodeError:
        raise RequestInvalid("an entry of the recording has arguments that are no UTF-8") from None
    if len(given) > BYTES:
        raise RequestInvalid(f"an entry of the recording has arguments of more than {BYTES:,} bytes")
    return given


def _refusal_from(message: error_pb2.ErrorDetail) -> bytes:
    """As short as the gateway's own are: it goes into trailers."""
    kept = error_pb2.ErrorDetail(reason=message.reason, invocation_id=visible(message.invocation_id[:ID_LENGTH]))
    kept.message, kept.cure = bounded(message.message, MESSAGE), bounded(message.cure, CURE)
    add_violations(kept, (Violation(one.pointer, one.expected) for one in message.violations))
    return kept.SerializeToString()


def _outcome_of(message: recording_service_pb2.RecordingEntry) -> Outcome:
    if len(message.cost.counts) + len(message.cost.missing) > MOST_COUNTS:
        raise RequestInvalid(f"an entry of the recording has a cost of more than {MOST_COUNTS} counts")
    counts = tuple((one.name, one.count) for one in message.cost.counts)
    spent = Cost(message.cost.amount, counts, tuple(message.cost.missing)) if message.HasField("cost") else None
    return replace(outcome_from(message.outcome), cost=spent)


def outcome_from(message: invocation_pb2.Outcome) -> Outcome:
    kind = message.WhichOneof("kind")
    if kind is None:
        raise RequestInvalid("an entry of the recording has no outcome")
    found: Any = getattr(message, kind)
    has_answer = "result" in found.DESCRIPTOR.fields_by_name and found.HasField("result")
    return Outcome(
        verdict=Verdict[kind.upper()],
        answer=answer_from(found.result) if has_answer else None,
        fault=_fault_of_limit(found.limit) if kind == "limit_exceeded" else _fault(_field(found, "fault")),
        message=_field(found, "message"),
        effect_possible=bool(_field(found, "effect_possible")),
        http_status=int(_field(found, "http_status") or 0),
        retry_after=_retry_after(found) if kind == "tool_failed" else None,
        not_done=bool(_field(found, "not_done")),
    )


def _retry_after(message: invocation_pb2.ToolFailed) -> float | None:
    """No time that no answer has: it could be stored, but not shown."""
    wanted = seconds(message.retry_after) if message.HasField("retry_after") else None
    if wanted is not None and not 0 <= wanted <= LONGEST:
        raise RequestInvalid("an entry of the recording is to be tried again after a time that no upstream names")
    return wanted


def _fault_of_limit(limit: int) -> FaultCode:
    if not limit:  # as it is told where another release wrote the entry
        return FaultCode.UNRECOGNIZED
    faults = [fault for fault, kind in LIMITS.items() if kind == limit]
    if not faults:
        raise RequestInvalid("an entry of the recording names a limit that is not known")
    return faults[0]


def _fault(number: int) -> FaultCode | None:
    return _FAULTS.get(number, FaultCode.UNRECOGNIZED) if number else None


_FAULTS = {fault_code_pb2.FaultCode.Value(f"FAULT_CODE_{code}"): code for code in FaultCode}


def _field(message: Any, name: str) -> Any:
    return getattr(message, name) if name in message.DESCRIPTOR.fields_by_name else ""
