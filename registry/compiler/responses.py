"""What an operation answers: which statuses, in which media types, and which schemas stand for them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from registry.model.import_fault import OperationUnusable
from registry.model.json_pointer import escape
from registry.model.media_types import essence, is_json
from registry.model.references import References
from registry.model.tool import JsonObject, ResponseHeader

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110 §5.6.2


@dataclass(frozen=True, slots=True)
class DeclaredResponse:
    """`schema` is None where the document promises no JSON for this status. `wanted`: the media types to ask for."""

    status: str
    media_types: tuple[str, ...]
    schema: Any
    pointer: str
    headers: tuple[ResponseHeader, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """JSON alone where it is promised."""
        return self.media_types if self.schema is None else (next(name for name in self.media_types if is_json(name)),)


@dataclass(frozen=True, slots=True)
class DeclaredAnswer:
    """`success` is the response that the tool is called for. `accept` is what the request asks for: of every success."""

    accept: tuple[str, ...]
    success: DeclaredResponse | None
    others: tuple[DeclaredResponse, ...]


def read_answer(operation: JsonObject, pointer: str, references: References) -> DeclaredAnswer:
    """The success is the first 2xx that promises JSON, else the first 2xx; where no 2xx is declared, the default.

    Raises OperationUnusable for a success that cannot be read; other responses that cannot be are left out.
    """
    declared = operation.get("responses")
    named = declared if isinstance(declared, dict) else {}
    statuses = sorted(key for key in named if key.startswith("2")) or [key for key in ("default",) if key in named]
    successes = [_read(named[status], status, pointer, references) for status in statuses]
    success = next((one for one in successes if one.schema is not None), next(iter(successes), None))
    others = [one for one in successes if one is not success]
    others += _readable(named, set(statuses), pointer, references)
    return DeclaredAnswer(_accept(successes), success, tuple(others))


def _accept(successes: list[DeclaredResponse]) -> tuple[str, ...]:
    """A server knows which of its successes it will have, and no caller does: a strict one refuses what lacks its type."""
    return tuple(dict.fromkeys(name for one in successes for name in one.wanted)) or ("*/*",)


def _readable(named: JsonObject, done: set[str], pointer: str, references: References) -> Iterator[DeclaredResponse]:
    for status in named:
        if status not in done and not status.startswith("x-"):
            try:
                yield _read(named[status], status, pointer, references)
            except OperationUnusable:
                continue  # a failure's response, without which the tool can be called all the same


def _read(entry: Any, status: str, pointer: str, references: References) -> DeclaredResponse:
    node, where = references.follow(entry, f"{pointer}/responses/{escape(status)}")
    content, place = _content(node, where, references)
    known = status.upper() if status != "default" else status  # `4xx` is often written for `4XX`
    media_types = tuple(dict.fromkeys(essence(name) for name in content))
    headers = tuple(_headers(node.get("headers"), f"{where}/headers", references))
    for name in content:
        if is_json(name):
            media, place = references.follow(content[name], f"{place}/{escape(name)}")
            return DeclaredResponse(known, media_types, media.get("schema"), f"{place}/schema", headers)
    return DeclaredResponse(known, media_types, None, where, headers)


def _headers(declared: Any, pointer: str, references: References) -> Iterator[ResponseHeader]:
    """A `Content-Type` among them is ignored (OpenAPI 3.1.1, Response Object). What a reference does not lead to is a header
    all the same."""
    named = declared if isinstance(declared, dict) else {}
    for name in sorted(one for one in named if isinstance(one, str) and _HEADER.fullmatch(one)):
        if name.lower() != "content-type":
            try:
                node = references.follow(named[name], f"{pointer}/{escape(name)}")[0]
            except OperationUnusable:
                node = {}
            yield ResponseHeader(name.lower(), node.get("required") is True)


def _content(response: JsonObject, pointer: str, references: References) -> tuple[JsonObject, str]:
    """The media types of a response and their place: elsewhere, too, though OpenAPI does not have it so."""
    declared = response.get("content")
    return references.follow(declared, f"{pointer}/content") if isinstance(declared, dict) else ({}, pointer)
