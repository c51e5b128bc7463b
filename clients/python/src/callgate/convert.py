"""Answers → values."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from callgate import outcomes
from callgate.answer_events import AnswerEvent
from callgate.artifacts import Artifact
from callgate.errors import GatewayDefect
from callgate.fault_code import fault_code
from callgate.headers import Headers
from callgate.types import (
    Attempt,
    Connection,
    Cost,
    CredentialRole,
    Effect,
    Event,
    Evidence,
    Finding,
    FoundTool,
    ImportFault,
    ImportProgress,
    ImportReport,
    Invocation,
    Phase,
    State,
    Tool,
    ToolChange,
    ToolName,
    ToolVersions,
    VersionAct,
    VersionState,
    VersionStatus,
)
from callgate.v1 import catalog_service_pb2, invocation_pb2, tool_pb2
from callgate.visible import visible

Name = TypeVar("Name", bound=StrEnum)


def tool(message: tool_pb2.Tool) -> Tool:
    return Tool(
        name=message.name,
        version=message.version,
        digest=message.digest,
        toolset=message.toolset,
        description=message.description,
        input_schema=_schema(message.input_schema_json) if message.input_schema_json else {},
        output_schema=_schema(message.output_schema_json) if message.output_schema_json else None,
        effect=named(Effect, tool_pb2.Effect, message.effect),
        method=message.method,
        endpoint=message.endpoint,
        needs_credential=message.needs_credential,
        requires_approval=message.requires_approval,
        state=named(VersionState, tool_pb2.VersionState, message.state),
        schema_form_refusal=message.schema_form_refusal,
        deprecated=message.deprecated,
        schema_left_out=tuple(message.schema_left_out),
    )


def found_tool(message: catalog_service_pb2.FoundTool) -> FoundTool:
    return FoundTool(tool(message.tool), message.score)


def tool_name(message: tool_pb2.Tool) -> ToolName:
    state = named(VersionState, tool_pb2.VersionState, message.state)
    return ToolName(message.name, message.version, message.digest, message.toolset, state)


def import_progress(message: catalog_service_pb2.ImportProgress) -> ImportProgress:
    return ImportProgress(message.done, message.total, message.faults)


def import_report(message: catalog_service_pb2.ImportReport) -> ImportReport:
    return ImportReport(
        tools=tuple(tool(one) for one in message.tools),
        faults=tuple(_fault(one) for one in message.faults),
        added=message.added,
        unchanged=message.unchanged,
        roles=tuple(map(_role, message.roles)),
        changes=tuple(_change(one) for one in message.changes),
    )


def _role(message: catalog_service_pb2.CredentialRole) -> CredentialRole:
    life = _seconds(message.max_ttl)
    return CredentialRole(
        message.name, message.secret_path, life, message.issues, tuple(message.further_paths), message.keeps_at
    )


def _fault(message: catalog_service_pb2.ImportFault) -> ImportFault:
    return ImportFault(message.pointer, message.message, message.cure, message.refuses, tuple(message.operations))


def versions(message: catalog_service_pb2.ToolVersions) -> ToolVersions:
    return ToolVersions(message.name, message.toolset, tuple(version_status(one) for one in message.versions))


def version_status(message: catalog_service_pb2.VersionStatus) -> VersionStatus:
    state = named(VersionState, tool_pb2.VersionState, message.state)
    return VersionStatus(message.version, message.digest, state, message.reason, tuple(_act(one) for one in message.acts))


def _act(message: catalog_service_pb2.VersionAct) -> VersionAct:
    deed = word(catalog_service_pb2.VersionDeed, message.deed)
    return VersionAct(deed, message.agent, message.subject, moment(message.act_time))


def _change(message: catalog_service_pb2.ToolChange) -> ToolChange:
    fate = catalog_service_pb2.ToolChange.Fate.Name(message.fate).removeprefix("FATE_")
    return ToolChange(
        name=message.name,
        fate=fate,
        version=message.version,
        previous=message.previous,
        level=word(catalog_service_pb2.VersionLevel, message.level).upper(),
        held=message.held,
        findings=tuple(_finding(one) for one in message.findings),
        reason=message.reason,
    )


def _finding(message: catalog_service_pb2.Finding) -> Finding:
    severity = word(catalog_service_pb2.FindingSeverity, message.severity).upper()
    return Finding(message.id, severity, message.pointer, message.message, message.action)


def invocation(message: invocation_pb2.Invocation) -> Invocation:
    return Invocation(
        id=message.id,
        tool=message.tool,
        tool_digest=message.tool_digest,
        effect=named(Effect, tool_pb2.Effect, message.effect),
        state=named(State, invocation_pb2.InvocationState, message.state),
        outcome=outcome(message.outcome) if message.HasField("outcome") else None,
        attempts=tuple(attempt(one) for one in message.attempts),
        trace_id=message.trace_id,
        from_record=message.from_record,
        accepted=moment(message.accept_time) if message.HasField("accept_time") else None,
        ended=moment(message.end_time) if message.HasField("end_time") else None,
        run_id=message.run_id,
        under_review=message.under_review,
        outcome_source=message.outcome_source,
        key_retention=_seconds(message.key_retention),
        key_expires=moment(message.key_expire_time) if message.HasField("key_expire_time") else None,
        cost=_cost(message.cost) if message.HasField("cost") else None,
        step=message.step,
        occurrence=message.occurrence,
    )


def _cost(message: invocation_pb2.InvocationCost) -> Cost:
    return Cost(message.amount, {visible(one.name): one.count for one in message.counts}, tuple(map(visible, message.missing)))


def outcome(message: invocation_pb2.Outcome) -> outcomes.Outcome:
    """A kind that this SDK does not know becomes Unknown, because it must not pass for a success."""
    kind = message.WhichOneof("kind")
    if kind not in _OUTCOMES:
        return outcomes.Unknown("the gateway reports a kind of outcome that this SDK does not know; update the SDK")
    return _OUTCOMES[kind](getattr(message, kind))


def attempt(message: invocation_pb2.InvocationAttempt) -> Attempt:
    return Attempt(
        number=message.number,
        box=message.box,
        token_accessor=message.token_accessor,
        evidence=named(Evidence, invocation_pb2.Evidence, message.evidence),
        http_status=message.http_status,
        fault=fault_code(message.fault) if message.fault else None,
        bytes_out=message.bytes_out,
        bytes_in=message.bytes_in,
        hosts=tuple(message.hosts),
        phases=tuple(_phase(one) for one in message.phases),
        started=moment(message.start_time) if message.HasField("start_time") else None,
        duration=_seconds(message.duration),
        connections=tuple(
            Connection(one.host, one.port, one.address, one.verdict, one.bytes_out, one.bytes_in) for one in message.connections
        ),
    )


def _phase(message: invocation_pb2.AttemptPhase) -> Phase:
    name = word(invocation_pb2.AttemptPhaseKind, message.kind)
    return Phase(name, _seconds(message.offset), _seconds(message.duration))


def event(message: invocation_pb2.InvocationEvent) -> Event:
    return Event(
        number=message.number,
        time=moment(message.time) if message.HasField("time") else None,
        state=named(State, invocation_pb2.InvocationState, message.state),
        kind=message.kind,
        attributes=dict(message.attributes),
    )


def answer_event(message: invocation_pb2.AnswerEvent) -> AnswerEvent:
    said = message.attempt, message.number, message.data, message.type, message.id, message.left_out
    return AnswerEvent(*said, artifact=message.artifact)


def _tool_failed(message: invocation_pb2.ToolFailed) -> outcomes.ToolFailed:
    result = _result(message.result) if message.HasField("result") else None
    return outcomes.ToolFailed(
        result,
        fault_code(message.fault),
        visible(message.message),
        message.effect_possible,
        http_status=message.http_status,
        retry_after=_seconds(message.retry_after) if message.HasField("retry_after") else None,
        not_done=message.not_done,
    )


def _limit_exceeded(message: invocation_pb2.LimitExceeded) -> outcomes.LimitExceeded:
    limit, status = word(invocation_pb2.LimitKind, message.limit), message.http_status
    result = _result(message.result) if message.HasField("result") else None
    return outcomes.LimitExceeded(limit, visible(message.message), message.effect_possible, status, message.not_done, result)


def _timed_out(message: invocation_pb2.TimedOut) -> outcomes.TimedOut:
    result = _result(message.result) if message.HasField("result") else None
    return outcomes.TimedOut(visible(message.message), message.effect_possible, message.http_status, message.not_done, result)


def _sandbox_failed(message: invocation_pb2.SandboxFailed) -> outcomes.SandboxFailed:
    return outcomes.SandboxFailed(
        fault_code(message.fault), visible(message.message), message.effect_possible, message.not_done
    )


def _result(message: invocation_pb2.ToolResult) -> outcomes.Result:
    matches = message.matches_schema if message.HasField("matches_schema") else None
    links = {link.relation: link.target for link in message.links}
    headers = Headers((one.name, one.value) for one in message.headers)
    left_out = message.headers_left_out
    return outcomes.Result(
        message.http_status,
        message.content_type,
        message.body,
        matches,
        links,
        headers=headers,
        headers_left_out=left_out,
        shown=_shown(message.shown) if message.HasField("shown") else None,
        pages=_pages(message.pages) if message.HasField("pages") else None,
        artifact=_artifact(message.artifact) if message.HasField("artifact") else None,
    )


def _shown(message: invocation_pb2.ShownPart) -> outcomes.ShownPart:
    return outcomes.ShownPart(
        message.projection,
        message.matched_nothing,
        message.whole_bytes,
        message.items_left_out,
        message.bytes_left_out,
        message.message,
        unmatched=tuple(message.unmatched),
    )


def _pages(message: invocation_pb2.ResultPages) -> outcomes.Pages:
    further = json.loads(message.next_arguments_json or b"{}")
    return outcomes.Pages(message.fetched, message.items, message.more, further, message.stopped, message.message)


def _artifact(message: invocation_pb2.ResultArtifact) -> Artifact:
    return Artifact(message.id, message.media_type, message.size, message.sha256, moment(message.expire_time))


@lru_cache(maxsize=256)
def named(kind: type[Name], names: Any, number: int) -> Name:
    """The member for a proto enum's number; UNSPECIFIED for a number that only a newer gateway knows."""
    wire_names: dict[int, str] = {value: name for name, value in names.items()}
    prefix = wire_names[0].removesuffix("UNSPECIFIED")
    return kind(wire_names.get(number, wire_names[0]).removeprefix(prefix))


def word(names: Any, number: int) -> str:
    """The word of a proto enum's number, in lower case. Empty for UNSPECIFIED, and for what only a newer gateway knows."""
    return _words(names).get(number, "")


@lru_cache(maxsize=64)
def _words(names: Any) -> Mapping[int, str]:
    members: dict[int, str] = {value: name for name, value in names.items()}
    prefix = members.pop(0).removesuffix("UNSPECIFIED")
    return {value: name.removeprefix(prefix).lower() for value, name in members.items()}


def _schema(raw: bytes) -> Mapping[str, Any]:
    try:
        schema = json.loads(raw)
    except ValueError:
        schema = None
    if not isinstance(schema, dict):
        raise GatewayDefect("the gateway's answer holds a malformed schema", cure="Report it to the operator.")
    return schema


def moment(message: Timestamp) -> datetime:
    return message.ToDatetime(tzinfo=UTC)


def _seconds(message: Duration) -> float:
    return message.seconds + message.nanos / 1e9


_OUTCOMES: dict[str | None, Callable[[Any], outcomes.Outcome]] = {
    "succeeded": lambda message: outcomes.Succeeded(_result(message.result)),
    "tool_failed": _tool_failed,
    "limit_exceeded": _limit_exceeded,
    "timed_out": _timed_out,
    "cancelled": lambda message: outcomes.Cancelled(message.effect_possible),
    "sandbox_failed": _sandbox_failed,
    "unknown": lambda message: outcomes.Unknown(visible(message.message)),
}
