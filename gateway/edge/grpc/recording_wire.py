"""The conversions between a recording's messages and its values."""

import re
from typing import Any

from callgate.v1 import fault_code_pb2, invocation_pb2, recording_service_pb2
from gateway.decisions.retry_after import LONGEST
from gateway.edge.grpc.answer_wire import answer_from
from gateway.edge.grpc.invocation_wire import LIMITS, outcome, seconds
from gateway.model.errors import RequestInvalid
from gateway.model.invocation import Outcome, Verdict
from gateway.records.recordings.protocol import CallKey, RecordedCall
from sandbox.api.fault_code import FaultCode

_DIGEST = re.compile(r"(sha256:)?[0-9a-f]{64}", re.ASCII)


def entry(value: RecordedCall) -> recording_service_pb2.RecordingEntry:
    return recording_service_pb2.RecordingEntry(
        tool=value.tool,
        tool_digest=value.call_key.tool_digest,
        arguments_digest=value.call_key.arguments_digest,
        occurrence=value.occurrence,
        outcome=outcome(value.outcome),
    )


def entry_from(message: recording_service_pb2.RecordingEntry) -> RecordedCall:
    digests = message.tool_digest, message.arguments_digest
    if not all(_DIGEST.fullmatch(digest) for digest in digests) or not message.occurrence:
        raise RequestInvalid("an entry of the recording is malformed")
    return RecordedCall(message.tool, CallKey(*digests), message.occurrence, outcome_from(message.outcome))


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
