"""What an MCP client reads of how a call has ended: the honest texts of the adapters, and the answer for programs beside it."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from callgate.adapters.answers import Answer
from callgate.adapters.wording import answer_of
from callgate.outcomes import Result, Succeeded
from callgate.types import Invocation
from gateway.edge.mcp.answer_schemas import NOT_STRUCTURED, Promise
from gateway.edge.mcp.asked import PREFIX, Page
from gateway.edge.mcp.values import MOST, has_too_many

Json = dict[str, Any]

#: Bytes of an answer that is shown as a picture or a sound, and of one that is there for programs beside the text: many hosts
#: show their models that, too.
SHOWN_BYTES, STRUCTURED_BYTES = 1 << 20, 256 << 10

#: The name of what a client is asked, by 2026-07-28.
ASKED = "consent"

_PLAIN = "text/plain; charset=utf-8"
_UNDER_WAY = "the call has not ended yet"
_UNFIT = "the answer does not fit the tool's output schema, or is not known to"
_VAST = f"the answer has more than {MOST:,} values"
_TOO_LARGE = "the answer is too large"


def result_of(answer: Answer, *, key: str = "") -> Json:
    """Of a call that has no record to look at."""
    return _result(answer, [_text(answer.text)], key)


def result_of_call(invocation: Invocation, promise: Promise, *, key: str, modern: bool, shown: int) -> Json:
    """`shown`: characters of the answer that a model is shown. `modern`: any JSON value may be the structured content; before,
    only an object may."""
    answer = answer_of(_readable(invocation), shown)
    result = _result(answer, _content(invocation, answer), key)
    structured = answer.structured
    if promise.is_listed(modern):
        if not answer.is_error:
            result["structuredContent"] = _promised(invocation, structured)
    elif _is_small(invocation) and (isinstance(structured, dict) or (modern and structured is not None)):
        result["structuredContent"] = structured
    return result


def _readable(invocation: Invocation) -> Invocation:
    """An answer of so many values that others would wait while these are read and told is a text here: it has its beginning."""
    result: Result | None = getattr(invocation.outcome, "result", None)
    if result is None or not has_too_many(result.body):
        return invocation
    return replace(invocation, outcome=replace(invocation.outcome, result=replace(result, content_type=_PLAIN)))  # type: ignore[type-var]


def input_required(page: Page, state: str) -> Json:
    """Of 2026-07-28: the client leads the person to the page, and sends the request again with `state`."""
    asks = {"method": "elicitation/create", "params": {"mode": "url", "message": page.why, "url": page.url}}
    return {"resultType": "input_required", "inputRequests": {ASKED: asks}, "requestState": state}


def _result(answer: Answer, content: list[Json], key: str) -> Json:
    return {"content": content, "isError": answer.is_error, "_meta": _meta(answer, key), "resultType": "complete"}


def _meta(answer: Answer, key: str) -> Json:
    record: Mapping[str, Any] = answer.record
    said = {
        "invocation": record["invocation_id"],
        "standing": record["standing"],
        "may-repeat": record["may_repeat"],
        "idempotency-key": key,
        "artifacts": record["artifacts"],
    }
    return {PREFIX + name: value for name, value in said.items() if value not in ("", [])}


def _promised(invocation: Invocation, structured: Any) -> Any:
    """What fits the listed schema: the answer, where the gateway has found that it does, or why it is not here."""
    match invocation.outcome:
        case Succeeded(result=result) if has_too_many(result.body):
            return {NOT_STRUCTURED: _VAST}
        case Succeeded(result=result) if result.artifact is not None or not _is_small(invocation):
            return {NOT_STRUCTURED: _TOO_LARGE}
        case Succeeded(result=result) if result.matches_schema and structured is not None:
            return structured
        case Succeeded():
            return {NOT_STRUCTURED: _UNFIT}
    return {NOT_STRUCTURED: _UNDER_WAY}


def _is_small(invocation: Invocation) -> bool:
    result: Result | None = getattr(invocation.outcome, "result", None)
    return result is None or len(result.body) <= STRUCTURED_BYTES


def _content(invocation: Invocation, answer: Answer) -> list[Json]:
    match invocation.outcome:
        case Succeeded(result=result) if (kind := _seen_or_heard(result)) is not None:
            return [_medium(kind, result)]
    return [_text(answer.text)]


def _seen_or_heard(result: Result) -> str | None:
    """ "image" or "audio", where the whole answer is one that can be told."""
    kind = result.content_type.partition("/")[0].strip().lower()
    whole = result.artifact is None and result.shown is None and 0 < len(result.body) <= SHOWN_BYTES
    return kind if whole and kind in {"image", "audio"} and "xml" not in result.content_type else None


def _medium(kind: str, result: Result) -> Json:
    media_type = result.content_type.partition(";")[0].strip()
    return {"type": kind, "data": b64encode(result.body).decode(), "mimeType": media_type}


def _text(text: str) -> Json:
    return {"type": "text", "text": text}
