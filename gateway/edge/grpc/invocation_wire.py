"""The only conversions between messages and the gateway's values."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from callgate.v1 import catalog_service_pb2, invocation_service_pb2, tool_pb2
from callgate.v1 import invocation_pb2 as pb
from gateway.edge.grpc.answer_wire import answer, shown
from gateway.edge.grpc.enums import member
from gateway.edge.grpc.run_names import run_id_from, step_from
from gateway.model.errors import RequestInvalid
from gateway.model.invocation import Attempt, Cost, Event, Invocation, Outcome, Verdict
from gateway.observability.tracing import trace_id_of
from gateway.pipeline.call import Call, Mode
from gateway.secrets.roles import CredentialRole
from registry.catalog.catalog import Listed
from registry.catalog.tool_entry import VersionState
from registry.manifest.reader import ReadManifest, read_manifest
from registry.manifest.toolset import OVERLAY_BYTES, OVERLAYS, CredentialSource, ToolsetHeader
from registry.model.clean_json import shown_json
from registry.model.clean_text import clean, is_plain, visible
from registry.model.errors import ManifestInvalid
from registry.model.import_fault import ImportFault
from registry.model.tool import ToolVersion
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import OPEN, Connection, Phase

KEY_LENGTHS = range(16, 256)
CALL_TOKEN_LENGTH = 64
RECORDING_NAME_LENGTH = 200

#: Credentials, or patterns, that the header of an import has at most: to read as many as fit into a message takes seconds.
MOST_SAID = 1_000

#: Of an answer whose message is kept for its next repetition: there are 32 of them.
KEPT_BYTES = 128 << 10

# Seconds, and share of an RPC's time, that are kept for the answer that its call is still under way.
SHORTEST_ANSWER = 0.2
ANSWER_SHARE = 0.1


def call_from(request: invocation_service_pb2.InvokeRequest) -> Call:
    """Raises RequestInvalid. The arguments stay bytes: their checker reads them."""
    key = key_from(request.idempotency_key)
    if not request.tool:
        raise RequestInvalid("tool is empty")
    run_id, place = run_id_from(request.run_id), step_from(request)
    if len(request.call_token) > CALL_TOKEN_LENGTH or not is_visible(request.call_token):
        raise RequestInvalid(f"call_token must be at most {CALL_TOKEN_LENGTH} visible ASCII characters")
    mode, recording = mode_from(request.mode), ""
    if mode.replays and not request.run_id:  # each replay counts its calls from the first, and for itself
        raise RequestInvalid("a run that replays must have a run_id of its own")
    if mode is not Mode.LIVE:
        recording = recording_name(request.recording or request.run_id)
    return Call(
        request.tool,
        request.args_json,
        key,
        run_id=run_id,
        place=place,
        timeout=_timeout(request),
        mode=mode,
        recording=recording,
        take=recording_name(request.take) if request.take and mode.replays else "",
        token=request.call_token,
        strict=is_strict(request.schema_form),
    )


def is_strict(form: int) -> bool:
    """Raises RequestInvalid for a form that is not known here: its nulls might mean something else."""
    if form not in tool_pb2.SchemaForm.values():
        raise RequestInvalid("schema_form is not one that this gateway knows")
    return form == tool_pb2.SCHEMA_FORM_STRICT


def key_from(key: str) -> str:
    if len(key) not in KEY_LENGTHS or not is_visible(key):
        raise RequestInvalid("idempotency_key must be 16 to 255 visible ASCII characters")
    return key


def is_visible(text: str) -> bool:
    return all("!" <= character <= "~" for character in text)


def recording_name(name: str) -> str:
    if not name or len(name) > RECORDING_NAME_LENGTH or not is_plain(name):
        raise RequestInvalid(f"a recording's name must have 1 to {RECORDING_NAME_LENGTH} printable characters")
    return name


def mode_from(number: int) -> Mode:
    """Raises RequestInvalid for a mode that is not known here: it might forbid a live call."""
    try:
        return _MODES[number]
    except KeyError:
        raise RequestInvalid("mode is not one that this gateway knows") from None


#: In the order of the proto's RunMode.
_MODES: dict[int, Mode] = dict(enumerate(Mode))


def _timeout(request: invocation_service_pb2.InvokeRequest) -> float | None:
    if not request.HasField("timeout"):
        return None
    if (wanted := seconds(request.timeout)) <= 0:
        raise RequestInvalid("timeout must be positive")
    return wanted


def patience(request: invocation_service_pb2.InvokeRequest, remaining: float | None) -> float | None:
    """Seconds to wait for a call's end: as the request says, and early enough to answer in the RPC's `remaining` time."""
    wanted = seconds(request.wait) if request.HasField("wait") else None
    if wanted is not None and wanted < 0:
        raise RequestInvalid("wait must not be negative")
    if remaining is None:
        return wanted
    latest = max(0.0, remaining - max(SHORTEST_ANSWER, remaining * ANSWER_SHARE))
    return latest if wanted is None else min(wanted, latest)


def seconds(message: Duration) -> float:
    return float(message.seconds + message.nanos / 1e9)


def header_from(message: catalog_service_pb2.ImportHeader) -> ToolsetHeader:
    """Raises RequestInvalid, ManifestInvalid. What the message itself says wins over the manifest."""
    if max(len(message.credentials), len(message.require_approval)) > MOST_SAID:
        raise RequestInvalid(f"an import has at most {MOST_SAID:,} credentials, and as many patterns of approval")
    manifest = read_manifest(message.manifest) if message.manifest else ReadManifest(ToolsetHeader(""), None)
    said = manifest.header
    credentials = {one.scheme: one for one in said.credentials}
    credentials |= {one.scheme: _source(one) for one in message.credentials}
    return ToolsetHeader(
        toolset=message.toolset or said.toolset,
        server=message.server or said.server,
        credentials=tuple(credentials.values()),
        require_approval=tuple(message.require_approval),
        origin=message.origin,
        manifest=said.manifest,
        overlays=_overlays(message.overlays, len(manifest.overlays)),
        token_budget=said.token_budget,
    )


def _source(message: catalog_service_pb2.CredentialSource) -> CredentialSource:
    return CredentialSource(message.scheme, message.path, message.field, message.username_field)


def _overlays(given: Sequence[bytes], named: int) -> tuple[str, ...]:
    """Raises RequestInvalid, ManifestInvalid."""
    if len(given) > OVERLAYS or sum(map(len, given)) > OVERLAY_BYTES:
        raise RequestInvalid(f"an import has at most {OVERLAYS} overlays, of {OVERLAY_BYTES:,} bytes together")
    if named and len(given) != named:
        cure = "Send each overlay that the manifest names: `callgate toolset import` does, and the SDK's `overlays`."
        raise ManifestInvalid(f"the manifest names {named} overlays, and {len(given)} were sent", cure=cure)
    try:
        return tuple(one.decode() for one in given)
    except UnicodeDecodeError:
        raise RequestInvalid("an overlay is not UTF-8 text") from None


def tool(version: ToolVersion, *, schemas: bool = True, state: VersionState = VersionState.ACTIVE) -> tool_pb2.Tool:
    """What a model reads is clean, be the version older than the cleaning of documents, or the manifest's author careless."""
    draft = version.draft
    # What a projection makes of an answer, the document does not describe.
    projected = draft.view is not None and draft.view.projection is not None
    output = draft.output_schema if schemas and not projected else None
    return tool_pb2.Tool(
        name=draft.name,
        version=version.version,
        digest=version.digest,
        toolset=draft.toolset,
        description=clean(draft.description),
        input_schema_json=shown_json(draft.input_schema) if schemas else b"",
        output_schema_json=shown_json(output) if output is not None else b"",
        effect=f"EFFECT_{draft.effect}",
        method=draft.operation.method,
        endpoint=clean(version.endpoint),
        needs_credential=draft.credential is not None or draft.client_certificate is not None,
        requires_approval=draft.requires_approval,
        state=f"VERSION_STATE_{state}",
        deprecated=draft.deprecated,
    )


def listed_tool(listed: Listed) -> tool_pb2.Tool:
    return tool(listed.version, state=listed.state)


def faults(found: Iterable[ImportFault], refusing: Collection[ImportFault]) -> list[catalog_service_pb2.ImportFault]:
    return [
        catalog_service_pb2.ImportFault(
            pointer=visible(fault.pointer),
            message=visible(fault.message),
            cure=visible(fault.cure),
            refuses=fault in refusing,
            operations=[visible(one) for one in fault.operations],
        )
        for fault in found
    ]


def role(value: CredentialRole) -> catalog_service_pb2.CredentialRole:
    return catalog_service_pb2.CredentialRole(
        name=value.name,
        secret_path=value.secret_path,
        max_ttl=duration(value.max_ttl),
        issues=value.issues,
        further_paths=value.further_paths,
        keeps_at=value.keeps_at,
    )


def invocation(value: Invocation, *, from_record: bool = False) -> pb.Invocation:
    return pb.Invocation(
        id=value.id,
        tool=value.request.version,
        tool_digest=value.request.digest,
        effect=f"EFFECT_{value.request.effect}",
        state=f"INVOCATION_STATE_{value.state}",
        outcome=outcome(value.outcome) if value.outcome else None,
        attempts=[attempt(one) for one in value.attempts],
        trace_id=trace_id_of(value.request.traceparent),
        from_record=from_record,
        accept_time=timestamp(value.accepted),
        end_time=timestamp(value.ended) if value.ended is not None else None,
        run_id=value.request.run_id,
        under_review=value.review is not None and value.review.open,
        outcome_source=value.outcome.source if value.outcome else "",
        key_retention=duration(value.request.retention),
        key_expire_time=timestamp(value.key_expires) if value.key_expires is not None else None,
        cost=cost(value.outcome.cost) if value.outcome and value.outcome.cost else None,
        step=visible(value.request.place.step),
        occurrence=value.request.place.occurrence,
    )


def cost(value: Cost) -> pb.InvocationCost:
    counts = [pb.InvocationCount(name=visible(name), count=count) for name, count in value.counts]
    return pb.InvocationCost(amount=value.amount, counts=counts, missing=map(visible, value.missing))


def response_from_record(value: Invocation) -> invocation_service_pb2.InvokeResponse:
    """The same for an answer that was given before. Not to be changed."""
    answer_ = value.outcome.answer if value.outcome else None
    return (
        _response_from_record(value)
        if answer_ is None or len(answer_.body) <= KEPT_BYTES
        else _response_from_record.__wrapped__(value)
    )


@lru_cache(maxsize=32)
def _response_from_record(value: Invocation) -> invocation_service_pb2.InvokeResponse:
    """Cached, because a caller that repeats a call repeats it more than once."""
    return invocation_service_pb2.InvokeResponse(invocation=invocation(value, from_record=True))


def outcome(value: Outcome) -> pb.Outcome:
    build = _OUTCOMES[value.verdict]
    return build(value, answer(value.answer) if value.answer else None)


#: The bounds, by the fault that says that one was reached.
LIMITS = {
    FaultCode.RESPONSE_TOO_LARGE: pb.LIMIT_KIND_RESPONSE_BYTES,
    FaultCode.EGRESS_EXCEEDED: pb.LIMIT_KIND_EGRESS,
    FaultCode.OUT_OF_MEMORY: pb.LIMIT_KIND_MEMORY,
    FaultCode.QUOTA_EXCEEDED: pb.LIMIT_KIND_QUOTA,
    FaultCode.ARTIFACT_TOO_LARGE: pb.LIMIT_KIND_ARTIFACT_BYTES,
}

_OUTCOMES: dict[Verdict, Callable[[Outcome, pb.ToolResult | None], pb.Outcome]] = {
    Verdict.SUCCEEDED: lambda _, result: pb.Outcome(succeeded=pb.Succeeded(result=result)),
    Verdict.TOOL_FAILED: lambda value, result: pb.Outcome(
        tool_failed=pb.ToolFailed(
            result=result,
            fault=fault(value),
            message=shown(value.message),
            effect_possible=value.effect_possible,
            http_status=value.http_status,
            retry_after=duration(value.retry_after) if value.retry_after is not None else None,
            not_done=value.not_done,
        )
    ),
    Verdict.LIMIT_EXCEEDED: lambda value, result: pb.Outcome(
        limit_exceeded=pb.LimitExceeded(
            result=result,
            limit=_limit(value),
            message=shown(value.message),
            effect_possible=value.effect_possible,
            http_status=value.http_status,
            not_done=value.not_done,
        )
    ),
    Verdict.TIMED_OUT: lambda value, result: pb.Outcome(
        timed_out=pb.TimedOut(
            result=result,
            message=shown(value.message),
            effect_possible=value.effect_possible,
            http_status=value.http_status,
            not_done=value.not_done,
        )
    ),
    Verdict.CANCELLED: lambda value, _: pb.Outcome(cancelled=pb.Cancelled(effect_possible=value.effect_possible)),
    Verdict.SANDBOX_FAILED: lambda value, _: pb.Outcome(
        sandbox_failed=pb.SandboxFailed(
            fault=fault(value),
            message=shown(value.message),
            effect_possible=value.effect_possible,
            not_done=value.not_done,
        )
    ),
    Verdict.UNKNOWN: lambda value, _: pb.Outcome(unknown=pb.Unknown(message=shown(value.message))),
}


def fault(value: Outcome | Attempt) -> str | None:
    return f"FAULT_CODE_{value.fault}" if value.fault else None


def _limit(value: Outcome) -> pb.LimitKind:
    return LIMITS.get(value.fault, pb.LIMIT_KIND_UNSPECIFIED) if value.fault else pb.LIMIT_KIND_UNSPECIFIED


def _host(connection: Connection) -> str:
    place = f"{connection.host}:{connection.port}"
    return place if connection.verdict == OPEN else f"{place} ({connection.verdict})"


def attempt(value: Attempt) -> pb.InvocationAttempt:
    return pb.InvocationAttempt(
        number=value.number,
        box=value.box,
        token_accessor=value.accessor,
        evidence=f"EVIDENCE_{value.evidence}",
        http_status=value.http_status,
        fault=fault(value),
        bytes_out=value.bytes_out,
        bytes_in=value.bytes_in,
        hosts=[_host(one) for one in value.connections],
        connections=[
            pb.AttemptConnection(
                host=one.host,
                port=one.port,
                address=one.address,
                verdict=one.verdict,
                bytes_out=one.bytes_out,
                bytes_in=one.bytes_in,
            )
            for one in value.connections
        ],
        phases=[phase(one) for one in value.phases],
        start_time=timestamp(value.started),
        duration=duration(value.duration),
    )


def phase(value: Phase) -> pb.AttemptPhase:
    return pb.AttemptPhase(
        kind=member(pb.AttemptPhaseKind, value.name), offset=duration(value.offset), duration=duration(value.duration)
    )


def event(value: Event) -> pb.InvocationEvent:
    return pb.InvocationEvent(
        number=value.number,
        time=timestamp(value.time),
        state=f"INVOCATION_STATE_{value.state}",
        kind=value.kind,
        attributes={name: visible(text) for name, text in value.attributes.items()},
    )


def timestamp(seconds: float) -> Timestamp:
    whole, micros = divmod(round(seconds * 1e6), 1_000_000)
    return Timestamp(seconds=whole, nanos=micros * 1000)


def duration(seconds: float) -> Duration:
    whole, micros = divmod(round(seconds * 1e6), 1_000_000)
    return Duration(seconds=whole, nanos=micros * 1000)
