"""Values → messages: the other way round than `convert`."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from callgate import outcomes
from callgate.answer_events import AnswerEvent
from callgate.testing.calls import FakeCall
from callgate.types import Event, Tool
from callgate.v1 import invocation_pb2 as pb
from callgate.v1 import review_service_pb2, tool_pb2

#: How long the gateway knows a key after the end of its call, in seconds: of one that acts, and of one that reads.
ACTED, READ = 7 * 86_400.0, 3_600.0
#: Whose calls they are.
AGENT, SUBJECT = "fake", "caller"


def tool_name(found: Tool) -> tool_pb2.Tool:
    state = f"VERSION_STATE_{found.state}"
    return tool_pb2.Tool(name=found.name, version=found.version, digest=found.digest, toolset=found.toolset, state=state)


def tool(found: Tool, form: int = 0) -> tool_pb2.Tool:
    """`form`: the form of its schema that was asked for."""
    return tool_pb2.Tool(
        name=found.name,
        version=found.version,
        digest=found.digest,
        toolset=found.toolset,
        description=found.description,
        input_schema_json=json.dumps(found.input_schema).encode(),
        output_schema_json=json.dumps(found.output_schema).encode() if found.output_schema is not None else b"",
        effect=f"EFFECT_{found.effect}",
        method=found.method,
        endpoint=found.endpoint,
        state=f"VERSION_STATE_{found.state}",
        deprecated=found.deprecated,
        schema_form_refusal="a fake gateway shows schemas as the test has written them" if form else "",
    )


def invocation(call: FakeCall, *, from_record: bool = False) -> pb.Invocation:
    retention = ACTED if call.tool.acts else READ
    message = pb.Invocation(
        id=call.id,
        tool=call.tool.described.reference,
        tool_digest=call.tool.described.digest,
        effect=f"EFFECT_{call.tool.effect}",
        state=f"INVOCATION_STATE_{call.state}",
        outcome=outcome(call.outcome) if call.outcome is not None else None,
        attempts=[pb.InvocationAttempt(number=number) for number in range(1, call.attempts + 1)],
        from_record=from_record,
        accept_time=moment(call.accepted),
        run_id=call.run_id,
        under_review=call.under_review,
        outcome_source="review" if call.author and call.outcome is not None else "",
        key_retention=duration(retention),
        step=call.step,
        occurrence=call.occurrence,
    )
    if call.ended is not None:
        message.end_time.CopyFrom(moment(call.ended))
        if not call.under_review:
            message.key_expire_time.FromNanoseconds(message.end_time.ToNanoseconds() + round(retention * 1e9))
    return message


def summary(call: FakeCall) -> pb.InvocationSummary:
    return pb.InvocationSummary(
        id=call.id,
        tool=call.tool.described.reference,
        effect=f"EFFECT_{call.tool.effect}",
        state=f"INVOCATION_STATE_{call.state}",
        accept_time=moment(call.accepted),
        end_time=moment(call.ended) if call.ended else None,
        attempt_count=call.attempts,
        run_id=call.run_id,
        under_review=call.under_review,
        agent=AGENT,
        subject=SUBJECT,
        step=call.step,
        occurrence=call.occurrence,
        fault=f"FAULT_CODE_{fault}" if (fault := getattr(call.outcome, "fault", None)) else None,
    )


def event(found: Event) -> pb.InvocationEvent:
    return pb.InvocationEvent(
        number=found.number,
        time=moment(found.time) if found.time else None,
        state=f"INVOCATION_STATE_{found.state}",
        kind=found.kind,
        attributes=found.attributes,
    )


def review(call: FakeCall) -> review_service_pb2.Review:
    request = review_service_pb2.RedactedRequest(
        method=call.tool.described.method,
        endpoint=call.tool.described.endpoint,
        arguments_json=json.dumps(dict(call.arguments)).encode() if call.under_review else b"",
    )
    return review_service_pb2.Review(
        invocation=invocation(call),
        open_time=moment(call.opened) if call.opened else None,
        summary=str(call.outcome),
        request=request,
        author=call.author,
        reason=call.reason,
    )


def outcome(found: outcomes.Outcome) -> pb.Outcome:
    return _OUTCOMES[type(found)](found)


def result(found: outcomes.Result) -> pb.ToolResult:
    message = pb.ToolResult(
        http_status=found.http_status,
        content_type=found.content_type,
        body=found.body,
        links=[pb.ResultLink(relation=relation, target=target) for relation, target in found.links.items()],
        headers=[pb.ResultHeader(name=name, value=value) for name, value in found.headers.items()],
        headers_left_out=found.headers_left_out,
    )
    if found.shown is not None:
        message.shown.CopyFrom(pb.ShownPart(**asdict(found.shown)))
    if found.pages is not None:
        message.pages.CopyFrom(_pages(found.pages))
    if found.matches_schema is not None:
        message.matches_schema = found.matches_schema
    return message


def _pages(found: outcomes.Pages) -> pb.ResultPages:
    return pb.ResultPages(
        fetched=found.fetched,
        items=found.items,
        more=found.more,
        next_arguments_json=json.dumps(dict(found.next_arguments)).encode() if found.next_arguments else b"",
        stopped=found.stopped,
        message=found.message,
    )


def _tool_failed(found: outcomes.ToolFailed) -> pb.ToolFailed:
    return pb.ToolFailed(
        result=result(found.result) if found.result else None,
        fault=f"FAULT_CODE_{found.fault}",
        message=found.message,
        effect_possible=found.effect_possible,
        http_status=found.http_status or (found.result.http_status if found.result else 0),
        retry_after=duration(found.retry_after) if found.retry_after is not None else None,
        not_done=found.not_done,
    )


def _fields(found: Any) -> dict[str, Any]:
    """The fields of an outcome, which have the same names in its message."""
    return {name: getattr(found, name) for name in found.__slots__}


def _limit(name: str) -> str:
    return f"LIMIT_KIND_{name.upper() or 'UNSPECIFIED'}"


def answer_event(one: AnswerEvent) -> pb.AnswerEvent:
    return pb.AnswerEvent(**{name: getattr(one, name) for name in one.__slots__})


def moment(at: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp


def duration(seconds: float) -> Duration:
    found = Duration()
    found.FromNanoseconds(round(seconds * 1e9))
    return found


_OUTCOMES: dict[type, Callable[[Any], pb.Outcome]] = {
    outcomes.Succeeded: lambda one: pb.Outcome(succeeded=pb.Succeeded(result=result(one.result))),
    outcomes.ToolFailed: lambda one: pb.Outcome(tool_failed=_tool_failed(one)),
    outcomes.LimitExceeded: lambda one: pb.Outcome(
        limit_exceeded=pb.LimitExceeded(
            **{**_fields(one), "limit": _limit(one.limit), "result": result(one.result) if one.result else None}
        )
    ),
    outcomes.TimedOut: lambda one: pb.Outcome(
        timed_out=pb.TimedOut(**{**_fields(one), "result": result(one.result) if one.result else None})
    ),
    outcomes.Cancelled: lambda one: pb.Outcome(cancelled=pb.Cancelled(**_fields(one))),
    outcomes.SandboxFailed: lambda one: pb.Outcome(
        sandbox_failed=pb.SandboxFailed(**{**_fields(one), "fault": f"FAULT_CODE_{one.fault}"})
    ),
    outcomes.Unknown: lambda one: pb.Outcome(unknown=pb.Unknown(**_fields(one))),
}
