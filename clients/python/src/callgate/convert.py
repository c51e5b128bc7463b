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
from callgate.errors import GatewayDefect
from callgate.fault_code import fault_code
from callgate.types import (
    Attempt,
    Connection,
    CredentialRole,
    Effect,
    Event,
    Evidence,
    Finding,
    ImportFault,
    ImportProgress,
    ImportReport,
    Invocation,
    Phase,
    State,
    Tool,
    ToolChange,
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
    )


def import_progress(message: catalog_service_pb2.ImportProgress) -> ImportProgress:
    return ImportProgress(message.done, message.total, message.faults)


def import_report(message: catalog_service_pb2.ImportReport) -> ImportReport:
    return ImportReport(
        tools=tuple(tool(one) for one in message.tools),
        faults=tuple(ImportFault(one.pointer, one.message, one.cure, one.refuses) for one in message.faults),
        added=message.added,
        unchanged=message.unchanged,
        roles=tuple(CredentialRole(one.name, one.secret_path, _seconds(one.max_ttl)) for one in message.roles),
        changes=tuple(_change(one) for one in message.changes),
    )


def versions(message: catalog_service_pb2.ToolVersions) -> ToolVersions:
    return ToolVersions(message.name, message.toolset, tuple(version_status(one) for one in message.versions))


def version_status(message: catalog_service_pb2.VersionStatus) -> VersionStatus:
    state = named(VersionState, tool_pb2.VersionState, message.state)
    acts = tuple(VersionAct(one.deed, one.agent, one.subject, moment(one.at)) for one in message.acts)
    return VersionStatus(message.version, message.digest, state, message.reason, acts)


def _change(message: catalog_service_pb2.ToolChange) -> ToolChange:
    fate = catalog_service_pb2.ToolChange.Fate.Name(message.fate).removeprefix("FATE_")
    findings = tuple(Finding(one.id, one.severity, one.pointer, one.message, one.action) for one in message.findings)
    return ToolChange(
        name=message.name,
        fate=fate,
        version=message.version,
        previous=message.previous,
        level=message.level,
        held=message.held,
        findings=findings,
        reason=message.reason,
    )


def invocation(message: invocation_pb2.Invocation) -> Invocation:
    return Invocation(
        id=message.id,
        tool=message.tool,
        tool_digest=message.tool_digest,
        effect=named(Effect, tool_pb2.Effect, message.effect),
        state=named(State, invocation_pb2.State, message.state),
        outcome=outcome(message.outcome) if message.HasField("outcome") else None,
        attempts=tuple(attempt(one) for one in message.attempts),
        trace_id=message.trace_id,
        from_record=message.from_record,
        accepted=moment(message.accepted) if message.HasField("accepted") else None,
        ended=moment(message.ended) if message.HasField("ended") else None,
        run_id=message.run_id,
        under_review=message.under_review,
        outcome_source=message.outcome_source,
        key_retention=_seconds(message.key_retention),
        key_expires=moment(message.key_expires) if message.HasField("key_expires") else None,
    )


def outcome(message: invocation_pb2.Outcome) -> outcomes.Outcome:
    """A kind that this SDK does not know becomes Unknown, because it must not pass for a success."""
    kind = message.WhichOneof("kind")
    if kind not in _OUTCOMES:
        return outcomes.Unknown("the gateway reports a kind of outcome that this SDK does not know; update the SDK")
    return _OUTCOMES[kind](getattr(message, kind))


def attempt(message: invocation_pb2.Attempt) -> Attempt:
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
        phases=tuple(Phase(one.name, _seconds(one.offset), _seconds(one.duration)) for one in message.phases),
        started=moment(message.started) if message.HasField("started") else None,
        duration=_seconds(message.duration),
        connections=tuple(
            Connection(one.host, one.port, one.address, one.verdict, one.bytes_out, one.bytes_in) for one in message.connections
        ),
    )


def event(message: invocation_pb2.Event) -> Event:
    return Event(
        number=message.number,
        time=moment(message.time) if message.HasField("time") else None,
        state=named(State, invocation_pb2.State, message.state),
        kind=message.kind,
        attributes=dict(message.attributes),
    )


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
    status = message.http_status
    return outcomes.LimitExceeded(message.limit, visible(message.message), message.effect_possible, status, message.not_done)


def _timed_out(message: invocation_pb2.TimedOut) -> outcomes.TimedOut:
    return outcomes.TimedOut(visible(message.message), message.effect_possible, message.http_status, message.not_done)


def _sandbox_failed(message: invocation_pb2.SandboxFailed) -> outcomes.SandboxFailed:
    return outcomes.SandboxFailed(
        fault_code(message.fault), visible(message.message), message.effect_possible, message.not_done
    )


def _result(message: invocation_pb2.Result) -> outcomes.Result:
    matches = message.matches_schema if message.HasField("matches_schema") else None
    links = {link.relation: link.target for link in message.links}
    return outcomes.Result(message.http_status, message.content_type, message.body, matches, links)


@lru_cache(maxsize=256)
def named(kind: type[Name], names: Any, number: int) -> Name:
    """The member for a proto enum's number; UNSPECIFIED for a number that only a newer gateway knows."""
    wire_names: dict[int, str] = {value: name for name, value in names.items()}
    prefix = wire_names[0].removesuffix("UNSPECIFIED")
    return kind(wire_names.get(number, wire_names[0]).removeprefix(prefix))


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
