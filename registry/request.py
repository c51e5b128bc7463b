"""ToolVersion and arguments → the HTTP request, complete but for its secret.

An argument stays data wherever it goes: no value can leave its path segment, add a header, or name another query parameter.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import orjson

from registry.errors import RequestRefused
from registry.serializing import Pair, encode, form, query, simple, text
from registry.tool import Body, Draft, JsonObject, Parameter, Place, ToolVersion

HEAD_BYTES = 32_768  # URL and headers together; most servers refuse less
_VARIABLE = re.compile(r"\{([^{}/]+)\}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """`url` is absolute and final. `body` is None where none is sent."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None


def build(version: ToolVersion, arguments: JsonObject) -> HttpRequest:
    """The request for arguments that fit the input schema. Raises RequestRefused for those that cannot be sent all the same."""
    draft = version.draft
    operation = draft.operation
    filled = [
        (parameter, arguments[parameter.argument]) for parameter in operation.parameters if parameter.argument in arguments
    ]
    url = operation.server.rstrip("/") + _path(operation.path, filled)
    if pairs := list(_query(draft, filled)):
        url += "?" + "&".join(f"{name}={value}" for name, value in pairs)
    body = _body(operation.body, arguments)
    headers = tuple(_headers(draft, filled, has_body=body is not None))
    if body is not None and len(body) > draft.limits.request_bytes:
        raise RequestRefused(f"the body has {len(body):,} bytes; at most {draft.limits.request_bytes:,} are sent")
    if len(url) + sum(len(name) + len(value) for name, value in headers) > HEAD_BYTES:
        raise RequestRefused(f"URL and headers are over {HEAD_BYTES:,} bytes", cure="Shorten the arguments outside the body.")
    return HttpRequest(operation.method, url, headers, body)


def _path(template: str, filled: list[tuple[Parameter, Any]]) -> str:
    values = {parameter.name: (parameter, value) for parameter, value in filled if parameter.place is Place.PATH}
    pieces = _VARIABLE.split(template)
    # split puts the variables' names at the odd places.
    path = "".join(_segment(piece, values) if index % 2 else _literal(piece) for index, piece in enumerate(pieces))
    for segment in path.split("/"):
        # Clients and servers resolve a segment of dots, percent-encoded or not, as a step up or none.
        if segment and not unquote(segment).strip("."):
            raise RequestRefused("an argument makes a path segment of dots only")
    return path


def _literal(piece: str) -> str:
    return quote(piece, safe="/%:@!$&'()*+,;=~")


def _segment(name: str, values: dict[str, tuple[Parameter, Any]]) -> str:
    if name not in values:
        raise RequestRefused(f"the path needs an argument for {name!r}")
    parameter, value = values[name]
    segment = simple(parameter, value)
    if not segment:  # `/users/` is another resource than `/users/{id}`
        raise RequestRefused(f"the argument {parameter.argument!r} is empty, and its path segment cannot be")
    return segment


def _query(draft: Draft, filled: list[tuple[Parameter, Any]]) -> Iterator[Pair]:
    reserved = {encode(parameter.name) for parameter in draft.operation.parameters if parameter.place is Place.QUERY}
    if draft.credential is not None and draft.credential.place is Place.QUERY:
        reserved.add(encode(draft.credential.name))
    for parameter, value in filled:
        if parameter.place is Place.QUERY:
            for name, sent in query(parameter, value):
                if name in reserved and name != encode(parameter.name):
                    raise RequestRefused(f"a key of the argument {parameter.argument!r} is the name of another parameter")
                yield name, sent


def _headers(draft: Draft, filled: list[tuple[Parameter, Any]], *, has_body: bool) -> Iterator[Pair]:
    yield "Accept", ", ".join(draft.operation.accept)
    if has_body and draft.operation.body is not None:
        media_type = draft.operation.body.media_type
        yield "Content-Type", f"{media_type}; charset=utf-8" if media_type == "text/plain" else media_type
    for parameter, value in filled:
        if parameter.place is Place.HEADER:
            sent = simple(parameter, value, encoded=str)
            if not _HEADER_VALUE.fullmatch(sent):
                raise RequestRefused(f"the argument {parameter.argument!r} has characters that no header can carry")
            yield parameter.name, sent
    if cookies := [_cookie(parameter, value) for parameter, value in filled if parameter.place is Place.COOKIE]:
        yield "Cookie", "; ".join(cookies)


def _cookie(parameter: Parameter, value: Any) -> str:
    if parameter.explode and isinstance(value, list | dict):
        raise RequestRefused(f"the argument {parameter.argument!r} cannot be sent as a cookie: only one value can")
    sent = simple(parameter, value, encoded=str)
    if any(character in sent for character in "\r\n\0"):
        raise RequestRefused(f"the argument {parameter.argument!r} has characters that no cookie can carry")
    return f"{parameter.name}={encode(sent)}"


def _body(body: Body | None, arguments: JsonObject) -> bytes | None:
    if body is None or body.argument not in arguments:
        if body is not None and body.required:
            raise RequestRefused("the request needs a body")
        return None
    value = arguments[body.argument]
    if body.media_type == "application/x-www-form-urlencoded":
        return form(value, body.argument).encode()
    if body.media_type == "text/plain":
        return text(value, body.argument).encode()
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        raise RequestRefused("the body is not JSON that can be sent") from None
