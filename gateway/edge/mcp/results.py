"""What an MCP client reads of how a call has ended: the honest texts of the adapters, and the answer for programs beside it."""

from collections.abc import Mapping
from typing import Any

from callgate.adapters.answers import Answer
from gateway.edge.mcp.asked import PREFIX

Json = dict[str, Any]


def result_of(answer: Answer, *, key: str, modern: bool) -> Json:
    """`modern`: any JSON value may be the structured content; before, only an object may."""
    told: Json = {
        "content": [{"type": "text", "text": answer.text}],
        "isError": answer.is_error,
        "_meta": dict(_meta(answer, key)),
        "resultType": "complete",
    }
    if isinstance(answer.structured, dict) or (modern and answer.structured is not None):
        told["structuredContent"] = answer.structured
    return told


def _meta(answer: Answer, key: str) -> Mapping[str, Any]:
    record = answer.record
    said = {
        "invocation": record["invocation_id"] or None,
        "standing": record["standing"],
        "may-repeat": record["may_repeat"],
        "idempotency-key": key,
        "artifacts": record["artifacts"] or None,
    }
    return {PREFIX + name: value for name, value in said.items() if value is not None}
