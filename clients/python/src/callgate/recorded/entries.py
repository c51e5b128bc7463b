"""What a gateway has recorded, and the run that it is; and back."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from google.protobuf import json_format

from callgate.canonical import canonical
from callgate.errors import RequestInvalid
from callgate.recorded import bodies
from callgate.recorded.calls import Json, RecordedCall, RecordedRun
from callgate.recorded.steps import Timed, steps_of
from callgate.v1 import error_pb2, invocation_pb2
from callgate.v1 import recording_service_pb2 as pb

#: What the names of an ErrorReason begin with.
_REASON = "ERROR_REASON_"
#: The outcomes that may have an answer.
_ANSWERED = ("succeeded", "tool_failed", "limit_exceeded", "timed_out")


def run_of(entries: Iterable[pb.RecordingEntry], tools: Mapping[str, Json] | None = None) -> RecordedRun:
    """`tools`: as the catalog describes them, by their references; beside those that were called, too."""
    found = list(entries)
    calls = [Timed(_call(one), one.begun, one.ended) for one in found]
    called = {one.tool: {"digest": one.tool_digest} for one in found if is_of_version(one)}
    known: dict[str, Json] = {**called, **(tools or {})}
    for reference, digest in called.items():  # by which the call is found again, whatever the catalog says now
        known[reference] = {**known[reference], **digest}
    return RecordedRun(steps_of(calls), dict(sorted(known.items())), ordered=all(one.begun for one in calls))


def entries_of(run: RecordedRun) -> Iterator[pb.RecordingEntry]:
    """As a gateway takes them. Raises RequestInvalid for what is no outcome, or no refusal."""
    counted: Counter[tuple[str, str, str]] = Counter()
    events = 0
    for step in run.steps:
        for number, call in enumerate(step.calls, 1):
            key = call.run, call.tool_digest, call.arguments_digest
            counted[key] += 1
            times = (events + number, events + len(step.calls) + number) if run.ordered else (0, 0)
            yield _entry(call, counted[key], step.name, times)
        events += 2 * len(step.calls)


def is_of_version(entry: pb.RecordingEntry) -> bool:
    """Whether it is known which version of a tool was called: a refusal may come before that."""
    return entry.tool_digest != refused_digest(entry.tool)


def digest_of(arguments: Any) -> str:
    return sha256(canonical(arguments).encode("utf-8", "surrogatepass")).hexdigest()


def refused_digest(tool: str) -> str:
    """In the place of a version's digest, where the call was refused."""
    return sha256(tool.encode()).hexdigest()


def _call(entry: pb.RecordingEntry) -> RecordedCall:
    return RecordedCall(
        tool=entry.tool,
        tool_digest=entry.tool_digest,
        arguments=json.loads(entry.arguments_json) if entry.arguments_json else None,
        arguments_digest=entry.arguments_digest,
        outcome=outcome_shown(entry.outcome) if entry.HasField("outcome") else None,
        refusal=_refusal(entry.refusal) if entry.HasField("refusal") else None,
        cost=_plain(entry.cost) if entry.HasField("cost") else None,
        step=entry.step,
        run=entry.run_id,
    )


def outcome_shown(outcome: invocation_pb2.Outcome) -> Json:
    """One that a reader can read: {"succeeded": {"result": {"http_status": 200, "json": …}}}."""
    return {
        kind: said | {"result": bodies.shown(said["result"])} if "result" in said else said
        for kind, said in _plain(outcome).items()
    }


def _refusal(detail: error_pb2.ErrorDetail) -> Json:
    return _plain(detail) | {"reason": error_pb2.ErrorReason.Name(detail.reason).removeprefix(_REASON)}


def _entry(call: RecordedCall, occurrence: int, step: str, times: tuple[int, int]) -> pb.RecordingEntry:
    entry = pb.RecordingEntry(
        tool=call.tool,
        tool_digest=call.tool_digest,
        arguments_digest=call.arguments_digest,
        occurrence=occurrence,
        arguments_json=b"" if call.arguments is None else canonical(dict(call.arguments)).encode(),
        step=call.step or step,
        run_id=call.run,
        begun=times[0],
        ended=times[1],
    )
    if call.outcome is not None:
        _read(_outcome_hidden(call.outcome), entry.outcome, call)
    if call.refusal is not None:
        _read({**call.refusal, "reason": f"{_REASON}{call.refusal.get('reason')}"}, entry.refusal, call)
    if call.cost is not None:
        _read(call.cost, entry.cost, call)
    return entry


def _outcome_hidden(outcome: Json) -> Json:
    return {
        kind: said | {"result": bodies.hidden(said["result"])} if kind in _ANSWERED and "result" in said else said
        for kind, said in outcome.items()
    }


def _plain(message: Any) -> dict[str, Any]:
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def _read(plain: Json, message: Any, call: RecordedCall) -> None:
    try:
        json_format.ParseDict(dict(plain), message)
    except (json_format.ParseError, TypeError, AttributeError) as error:
        told = f"a call of {call.tool} in the recording has what is no {message.DESCRIPTOR.name}: {error}"
        raise RequestInvalid(told, cure="Take the file as it was written.", reason="REQUEST_INVALID") from None
