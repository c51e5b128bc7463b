"""Values → requests."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.duration_pb2 import Duration

from callgate import checks
from callgate.answer_events import AnswerEvent
from callgate.errors import ArgumentsInvalid, Violation
from callgate.recordings import Recording
from callgate.types import CredentialSource, Effect, SchemaForm, VersionState
from callgate.v1 import catalog_service_pb2, invocation_service_pb2

#: The gateway refuses arguments of more bytes.
ARGUMENT_BYTES = 1 << 20
#: That can be told: 32 bits.
MOST_OCCURRENCES = (1 << 32) - 1
#: Of a search: 31 bits. The gateway refuses what is beyond its own bound.
LARGEST_LIMIT = (1 << 31) - 1
#: Of one message of an import. The gateway reads messages up to 4 MiB.
CHUNK_BYTES = 256 << 10


def invoke(
    tool: str,
    arguments: Mapping[str, Any],
    *,
    key: str,
    run_id: str | None,
    timeout: float | None,
    wait: float | None = None,
    recording: Recording | None = None,
    call_token: str = "",
    form: SchemaForm | None = None,
    place: tuple[str, int] = ("", 0),
) -> invocation_service_pb2.InvokeRequest:
    """Raises ArgumentsInvalid where the arguments cannot be written as JSON, RequestInvalid for a senseless tool."""
    return invocation_service_pb2.InvokeRequest(
        tool=checks.required("tool", tool),
        args_json=encode(arguments),
        idempotency_key=key,
        run_id=run_id or "",
        timeout=None if timeout is None else _nanoseconds(timeout),
        wait=None if wait is None else _nanoseconds(wait),
        mode=f"RUN_MODE_{recording.mode}" if recording else "RUN_MODE_UNSPECIFIED",
        recording=recording.name if recording else "",
        take=recording.take if recording else "",
        call_token=call_token,
        schema_form=schema_form(form),
        step=place[0],
        occurrence=min(place[1], MOST_OCCURRENCES),
    )


def encode(arguments: Mapping[str, Any]) -> bytes:
    """Raises ArgumentsInvalid for what is no mapping, or cannot be written as JSON."""
    if not isinstance(arguments, Mapping):
        raise unfit(f"an object of JSON's types, which is a dict ({type(arguments).__name__})")
    return encode_value(dict(arguments), "an object of JSON's types")


def encode_value(value: Any, expected: str = "a value of JSON's types") -> bytes:
    try:
        encoded = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        # The exception's text may repeat a value, which may be secret, so the message has only its type.
        raise unfit(f"{expected}, in UTF-8 and without NaN ({type(error).__name__})") from None
    if len(encoded) > ARGUMENT_BYTES:
        raise unfit(f"at most {ARGUMENT_BYTES:,} bytes of JSON, not {len(encoded):,}")
    return encoded


def import_toolset(
    header: catalog_service_pb2.ImportHeader, document: bytes
) -> Iterator[catalog_service_pb2.ImportToolsetRequest]:
    """The header, then the document in chunks."""
    yield catalog_service_pb2.ImportToolsetRequest(header=header)
    for start in range(0, len(document), CHUNK_BYTES):
        yield catalog_service_pb2.ImportToolsetRequest(chunk=document[start : start + CHUNK_BYTES])


def credential_sources(credentials: Sequence[CredentialSource]) -> list[catalog_service_pb2.CredentialSource]:
    return [_credential_source(one) for one in checks.sequence("credentials", credentials)]


def _credential_source(given: CredentialSource) -> catalog_service_pb2.CredentialSource:
    one = checks.instance(CredentialSource, "credentials' every member", given)
    return catalog_service_pb2.CredentialSource(
        scheme=checks.text("credential's scheme", one.scheme),
        path=checks.text("credential's path", one.path),
        field=checks.text("credential's field", one.field),
        username_field=checks.text("credential's username_field", one.username_field),
    )


def list_tools(
    toolset: str | None, name: str | None, form: SchemaForm | None, *, tokens: int | None = None, names_only: bool = False
) -> Callable[[str], catalog_service_pb2.ListToolsRequest]:
    """From the token of a page to its request."""
    return lambda page_token: catalog_service_pb2.ListToolsRequest(
        toolset=checks.optional("toolset", toolset),
        name_pattern=checks.optional("pattern of names", name),
        view="TOOL_VIEW_NAMES" if names_only else "TOOL_VIEW_UNSPECIFIED",
        schema_form=schema_form(form),
        token_budget=_tokens(tokens),
        page_token=page_token,
    )


def search_tools(
    query: str, toolset: str | None, effects: Sequence[Effect], tags: Sequence[str], *, limit: int, form: SchemaForm | None
) -> catalog_service_pb2.SearchToolsRequest:
    return catalog_service_pb2.SearchToolsRequest(
        query=checks.required("query", query),
        toolset=checks.optional("toolset", toolset),
        effects=[_effect(one) for one in checks.sequence("effects", effects)],
        tags=checks.texts("tags", tags),
        limit=min(checks.count("limit", limit), LARGEST_LIMIT),
        schema_form=schema_form(form),
    )


def _effect(given: Effect) -> str:
    return f"EFFECT_{checks.member(Effect, 'effects', given)}"


def schema_form(form: SchemaForm | None) -> str:
    return "SCHEMA_FORM_UNSPECIFIED" if form is None else f"SCHEMA_FORM_{checks.member(SchemaForm, 'schema_form', form)}"


def _tokens(budget: int | None) -> int:
    """0: the gateway's own."""
    return 0 if budget is None else checks.count("token_budget", budget)


def list_versions(toolset: str | None, page_token: str) -> catalog_service_pb2.ListVersionsRequest:
    return catalog_service_pb2.ListVersionsRequest(toolset=checks.optional("toolset", toolset), page_token=page_token)


def set_state(reference: str, state: VersionState, reason: str) -> catalog_service_pb2.SetVersionStateRequest:
    return catalog_service_pb2.SetVersionStateRequest(
        tool=checks.required("tool's reference", reference),
        state=f"VERSION_STATE_{checks.member(VersionState, 'state', state)}",
        reason=checks.text("reason", reason),
    )


def get_tool(reference: str, form: SchemaForm | None, tokens: int | None) -> catalog_service_pb2.GetToolRequest:
    return catalog_service_pb2.GetToolRequest(
        tool=checks.required("tool's reference", reference), schema_form=schema_form(form), token_budget=_tokens(tokens)
    )


def get(invocation_id: str) -> invocation_service_pb2.GetInvocationRequest:
    return invocation_service_pb2.GetInvocationRequest(id=invocation(invocation_id))


def get_exchange(invocation_id: str) -> invocation_service_pb2.GetExchangeRequest:
    return invocation_service_pb2.GetExchangeRequest(id=invocation(invocation_id))


def find(key: str) -> invocation_service_pb2.FindInvocationRequest:
    return invocation_service_pb2.FindInvocationRequest(idempotency_key=key)


@dataclass(slots=True)
class Seen:
    """The last that a watch has told: the number of an event, and one of the answer's events."""

    event: int = 0
    answer: AnswerEvent | None = None


def watch(
    invocation_id: str, seen: Seen, until_settled: bool, *, answer_events: bool = False
) -> invocation_service_pb2.WatchInvocationRequest:
    return invocation_service_pb2.WatchInvocationRequest(
        id=invocation(invocation_id),
        after=checks.count("number of the last event", seen.event),
        until_settled=checks.flag("until_settled", until_settled),
        answer_events=answer_events,
        after_answer_attempt=seen.answer.attempt if seen.answer else 0,
        after_answer_number=seen.answer.number if seen.answer else 0,
    )


def cancel(invocation_id: str) -> invocation_service_pb2.CancelInvocationRequest:
    return invocation_service_pb2.CancelInvocationRequest(id=invocation(invocation_id))


def invocation(given: str) -> str:
    """An invocation's id. Raises RequestInvalid."""
    return checks.required("invocation's id", given)


def _nanoseconds(seconds: float) -> Duration:
    duration = Duration()
    duration.FromNanoseconds(round(seconds * 1e9))
    return duration


def unfit(expected: str) -> ArgumentsInvalid:
    """The error for arguments that cannot be sent."""
    return ArgumentsInvalid(
        f"the arguments cannot be sent: expected {expected}",
        cure="Correct the arguments and call again.",
        reason="ARGUMENTS_INVALID",
        violations=(Violation("", expected),),
    )
