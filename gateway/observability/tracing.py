"""Traces: what is set up once, and the spans of an invocation.

Span and attribute names follow OpenTelemetry's GenAI semantic conventions (`execute_tool {tool}`, `gen_ai.*`); what has no
convention is under `callgate.` Arguments and results are never recorded. Spans are exported by OTLP if and only if an
endpoint is configured with the standard variables (OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)."""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.model.invocation import Attempt, Invocation, Verdict
from gateway.model.principal import Principal
from registry.model.clean_text import visible
from registry.model.tool import ToolVersion
from sandbox.api.result import OPEN, Connection, Usage

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

_tracer = trace.get_tracer("callgate.gateway")
_propagator = TraceContextTextMapPropagator()


def resource_of(gateway_id: str) -> Resource:
    """What a gateway's spans and figures have in common."""
    return Resource.create({"service.name": "callgate-gateway", "service.instance.id": gateway_id})


def set_up(environ: Mapping[str, str], resource: Resource) -> TracerProvider:
    """Make spans real: without a provider they have no ids, and the upstream would get no traceparent. Call it once."""
    exporting = any(environ.get(name) for name in ENDPOINTS)
    # Without an exporter, spans only hand their ids on (`_child`).
    provider = TracerProvider(resource=resource, sampler=None if exporting else ALWAYS_OFF)
    if exporting:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider


def execute_tool(version: ToolVersion, principal: Principal, *, resumed_from: str = "") -> AbstractContextManager[Span]:
    """The span of one invocation. After a restart it is a new one, linked to the first."""
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": version.name,
        "gen_ai.tool.type": "extension",
        "gen_ai.agent.name": principal.agent,
        "callgate.tenant": principal.tenant,
        "callgate.tool.version": version.version,
        "callgate.tool.digest": version.digest,
        "callgate.effect": version.draft.effect.value,
    }
    links = [Link(context) for context in _contexts(resumed_from)] if resumed_from else []
    return _child(f"execute_tool {version.name}", attributes=attributes, links=links)


def step(name: str) -> AbstractContextManager[Span]:
    """The span of one step of the pipeline."""
    return _child(f"callgate.{name}")


def attempt_span(number: int) -> AbstractContextManager[Span]:
    """The span of one attempt. The upstream's traceparent names it, or the caller's RPC where no exporter is set."""
    return _child("callgate.attempt", kind=SpanKind.CLIENT, attributes={"callgate.attempt": number})


def describe_attempt(span: Span, attempt: Attempt, usage: Usage, job_started: float) -> None:
    """Put an attempt's figures on its span, and the runner's phases under it. `job_started` in seconds since the epoch."""
    if not span.is_recording():
        return
    span.set_attribute("callgate.box", attempt.box)
    span.set_attribute("callgate.evidence", attempt.evidence.value)
    span.set_attribute("callgate.bytes_out", attempt.bytes_out)
    span.set_attribute("callgate.bytes_in", attempt.bytes_in)
    _describe_egress(span, attempt.connections)
    if attempt.http_status:
        span.set_attribute("http.response.status_code", attempt.http_status)
    if attempt.fault:
        span.set_attribute("error.type", attempt.fault)
        span.set_status(Status(StatusCode.ERROR, attempt.fault))
    if usage.refused:
        span.set_attribute("callgate.box.refused_calls", usage.refused)
    for phase in usage.phases:
        begin = job_started + phase.offset
        child = _tracer.start_span(f"callgate.box.{visible(phase.name)}", start_time=_nanoseconds(begin))
        child.end(_nanoseconds(begin + phase.duration))


def _describe_egress(span: Span, connections: Sequence[Connection]) -> None:
    """What left the box, and what did not get out: one list an attribute, a connection's facts at the same place in each."""
    if not connections:
        return
    span.set_attribute("callgate.egress.hosts", [f"{one.host}:{one.port}" for one in connections])
    span.set_attribute("callgate.egress.addresses", [one.address for one in connections])
    span.set_attribute("callgate.egress.verdicts", [one.verdict for one in connections])
    span.set_attribute("callgate.egress.bytes_out", [one.bytes_out for one in connections])
    span.set_attribute("callgate.egress.bytes_in", [one.bytes_in for one in connections])
    span.set_attribute("callgate.egress.refused", sum(one.verdict != OPEN for one in connections))


def describe_outcome(span: Span, invocation: Invocation) -> None:
    outcome = invocation.outcome
    verdict = outcome.verdict.value if outcome else invocation.state.value
    span.set_attribute("callgate.invocation", invocation.id)
    span.set_attribute("callgate.outcome", verdict)
    if outcome and outcome.cost:
        span.set_attribute("callgate.cost", outcome.cost.amount)
        span.set_attributes({f"callgate.count.{visible(name)}": count for name, count in outcome.cost.counts})
    if verdict != Verdict.SUCCEEDED.value:
        span.set_attribute("error.type", outcome.fault if outcome and outcome.fault else verdict)
        span.set_status(Status(StatusCode.ERROR, verdict))


def traceparent() -> str:
    """The current span in W3C Trace Context form."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def trace_id_of(parent: str) -> str:
    """The 32 hex digits of a traceparent's trace."""
    return parent.split("-")[1] if parent.count("-") == 3 else ""  # noqa: PLR2004 - version, trace, span, flags


def _child(name: str, **options: Any) -> AbstractContextManager[Span]:
    """A child of the current span; without an exporter that span itself, whose ids are handed on all the same."""
    current = trace.get_current_span()
    unread = current.get_span_context().is_valid and not current.is_recording()
    return nullcontext(current) if unread else _Told(name, options)


class _Told(AbstractContextManager[Span]):
    """A span that tells of the exception that ends it as OpenTelemetry does, but with no hidden character of its text."""

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        self._opened = _tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False, **options)

    def __enter__(self) -> Span:
        self._span = self._opened.__enter__()
        return self._span

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace_: TracebackType | None) -> None:
        if isinstance(error, Exception):
            _describe_exception(self._span, error)
        self._opened.__exit__(kind, error, trace_)


def _describe_exception(span: Span, error: Exception) -> None:
    if span.is_recording():
        message, stack = visible(str(error)), visible("".join(traceback.format_exception(error)))
        span.record_exception(error, {"exception.message": message, "exception.stacktrace": stack})
        span.set_status(Status(StatusCode.ERROR, message))


def _contexts(parent: str) -> Iterator[trace.SpanContext]:
    context = trace.get_current_span(_propagator.extract({"traceparent": parent})).get_span_context()
    if context.is_valid:
        yield context


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)
