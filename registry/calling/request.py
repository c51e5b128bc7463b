"""ToolVersion and arguments → the HTTP request, complete except for its secret.

An argument stays data wherever it goes: no value can leave its path segment, add a header, or name another query parameter.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from registry.calling import parameter_styles
from registry.calling.arguments import Arguments
from registry.calling.artifact_names import Insertion
from registry.calling.content import Content, write_content
from registry.calling.fillings import NO_CALLER, CallerParts, value_of, with_fillings
from registry.calling.parameter_styles import Pair, encode
from registry.credentials.kinds import occupied
from registry.model.canonical_json import canonical
from registry.model.errors import RequestRefused
from registry.model.media_types import is_json
from registry.model.tool import Delivery, Draft, JsonObject, Operation, Parameter, ToolVersion, ValuePlace

#: Of URL and headers together. The limits of most servers are lower.
HEAD_BYTES = 32_768
_VARIABLE = re.compile(r"\{([^{}/]+)\}")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?|")
_LINE_END = re.compile("%0[DA0]")

Filled = list[tuple[Parameter, Any]]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """`url` is absolute and final. `body` is None where none is sent; `insertions` are the artifacts that are put into it while
    it is sent, in the order of their places."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    insertions: tuple[Insertion, ...] = ()


@dataclass(frozen=True, slots=True)
class ProgramInput:
    """What a container tool's program reads: its arguments, as canonical JSON."""

    content: bytes = field(repr=False)


def prepare(version: ToolVersion, arguments: Arguments, caller: CallerParts = NO_CALLER) -> HttpRequest | ProgramInput:
    """What the box is given for arguments that fit the input schema. Raises RequestRefused, as `build` does."""
    draft = version.draft
    if draft.container is None:
        return build(version, arguments.value, caller)
    given = with_fillings(draft, arguments.value, caller)
    return _input(draft, arguments.canonical if given == arguments.value else canonical(given))


def credential_host(draft: Draft) -> str | None:
    """The `host:port` for which the runner puts a container tool's secret into requests. None where it puts it into none.

    Raises RequestRefused where the version does not say, or names a place that the tool cannot reach: then no request gets it.
    """
    container = draft.container
    if container is None or draft.credential is None or container.delivery is Delivery.FILE:
        return None
    hosts = [entry.removeprefix("http://") for entry in container.egress]
    wanted = container.credential_host or (hosts[0] if len(hosts) == 1 else None)
    if wanted not in hosts:
        named = f"{wanted}, which is not among the tool's destinations" if wanted else "no host of the tool's"
        raise RequestRefused(f"the credential is for {named}", cure="Name one as credential_host in the toolset's manifest.")
    return wanted


def _input(draft: Draft, content: bytes) -> ProgramInput:
    credential_host(draft)
    if len(content) > draft.limits.request_bytes:
        raise RequestRefused(f"the input has {len(content):,} bytes; at most {draft.limits.request_bytes:,} are sent")
    return ProgramInput(content)


def build(version: ToolVersion, arguments: JsonObject, caller: CallerParts = NO_CALLER) -> HttpRequest:
    """The request for arguments that fit the input schema. Raises RequestRefused for those that cannot be sent all the same."""
    draft = version.draft
    operation = draft.operation
    arguments = with_fillings(draft, arguments, caller)
    filled = list(_filled(operation, arguments))
    template, _, fixed = operation.path.partition("#")[0].partition("?")
    url = operation.server.rstrip("/") + _path(template, filled)
    if query := "&".join((*_fixed(fixed, filled), *(f"{name}={value}" for name, value in _query(draft, filled)))):
        url += "?" + query
    content = _content(draft, arguments)
    headers = tuple(_headers(draft, filled, content.media_type if content else None, caller))
    if content and len(content.body) > draft.limits.request_bytes:
        raise RequestRefused(f"the body has {len(content.body):,} bytes; at most {draft.limits.request_bytes:,} are sent")
    if len(url) + sum(len(name) + len(value) for name, value in headers) > HEAD_BYTES:
        raise RequestRefused(f"URL and headers are over {HEAD_BYTES:,} bytes", cure="Shorten the arguments outside the body.")
    return HttpRequest(operation.method, url, headers, content.body if content else None, content.insertions if content else ())


def _filled(operation: Operation, arguments: JsonObject) -> Iterator[tuple[Parameter, Any]]:
    """Each parameter that is sent, with its value. A null for an optional one is not sent (RFC 6570 §2.3: undefined)."""
    for parameter in operation.parameters:
        value = arguments.get(parameter.argument)
        if value is None and parameter.required:
            value = parameter.default
        if value is not None or (parameter.required and parameter.argument in arguments):
            yield parameter, value


def _path(template: str, filled: Filled) -> str:
    values = {parameter.name: (parameter, value) for parameter, value in filled if parameter.place is ValuePlace.PATH}
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
    segment = encode(_in_media_type(parameter, value)) if parameter.media_type else parameter_styles.path(parameter, value)
    if not segment:  # `/users/` is another resource than `/users/{id}`
        raise RequestRefused(f"the argument {parameter.argument!r} is empty, and its path segment cannot be")
    return segment


def _fixed(query: str, filled: Filled) -> Iterator[str]:
    """The pairs after the `?` of the path template, without those that are parameters of the query, too."""
    values = {parameter.name: (parameter, value) for parameter, value in filled if parameter.place is ValuePlace.PATH}
    for pair in query.split("&") if query else ():
        pieces = _VARIABLE.split(pair)
        if all(name in values for name in pieces[1::2]):
            yield "".join(
                _segment(piece, values) if index % 2 else quote(piece, safe="%=/:@!$'()*,;?~")
                for index, piece in enumerate(pieces)
            )


def _query(draft: Draft, filled: Filled) -> Iterator[Pair]:
    for parameter, value in filled:
        if parameter.place is ValuePlace.QUERY:
            yield from _with_own_names(draft, parameter, _pairs(parameter, value))


def _with_own_names(draft: Draft, parameter: Parameter, pairs: Iterable[Pair]) -> Iterator[Pair]:
    """The pairs, if none has the name of another parameter in this place or of the credential: callers choose keys, too."""
    taken = {encode(one.name) for one in draft.operation.parameters if one.place is parameter.place}
    taken |= {encode(name) for place, name in occupied(draft.credentials) if place is parameter.place}
    for name, sent in pairs:
        if name in taken and name != encode(parameter.name):
            raise RequestRefused(f"a key of the argument {parameter.argument!r} is the name of another parameter")
        yield name, sent


def _pairs(parameter: Parameter, value: Any) -> Iterator[Pair]:
    if parameter.media_type is None:
        yield from parameter_styles.query(parameter, value)
    else:
        yield encode(parameter.name), encode(_in_media_type(parameter, value))


def _headers(draft: Draft, filled: Filled, content_type: str | None, caller: CallerParts) -> Iterator[Pair]:
    if all(one.name.lower() != "accept" for one in draft.operation.headers):
        yield "Accept", ", ".join(draft.operation.accept)
    yield from _operators_headers(draft, caller)
    if content_type is not None:
        yield "Content-Type", content_type
    for parameter, value in filled:
        if parameter.place is ValuePlace.HEADER:
            sent = _in_media_type(parameter, value) if parameter.media_type else parameter_styles.header(parameter, value)
            if not _HEADER_VALUE.fullmatch(sent):
                raise RequestRefused(f"the argument {parameter.argument!r} has characters that no header can carry")
            yield parameter.name, sent
    if cookies := [pair for parameter, value in filled for pair in _cookies(draft, parameter, value)]:
        yield "Cookie", "; ".join(f"{name}={sent}" for name, sent in cookies)


def _operators_headers(draft: Draft, caller: CallerParts) -> Iterator[Pair]:
    for header in draft.operation.headers:
        value = value_of(header.filling, caller)
        if not _HEADER_VALUE.fullmatch(value):
            raise RequestRefused(
                f"the caller's {header.filling.principal} has characters that no header can carry",
                cure="Ask the operator: the toolset's manifest puts it into a header.",
            )
        yield header.name, value


def _cookies(draft: Draft, parameter: Parameter, value: Any) -> Iterator[Pair]:
    if parameter.place is not ValuePlace.COOKIE:
        return
    if parameter.media_type is None:
        for name, sent in _with_own_names(draft, parameter, parameter_styles.cookies(parameter, value)):
            if _LINE_END.search(sent):  # some servers decode a cookie before they use it in a header
                raise RequestRefused(f"the argument {parameter.argument!r} has characters that no cookie can carry")
            yield name, sent
    else:
        yield parameter.name, encode(_in_media_type(parameter, value))


def _in_media_type(parameter: Parameter, value: Any) -> str:
    """A parameter with `content`: JSON where the media type is JSON, else text. In ASCII, so that headers can carry it."""
    if parameter.media_type and is_json(parameter.media_type):
        written = canonical(value).decode()
        return "".join(character if character.isascii() else json.dumps(character)[1:-1] for character in written)
    return parameter_styles.text(value, parameter.argument)


def _content(draft: Draft, arguments: JsonObject) -> Content | None:
    body = draft.operation.body
    if body is None or body.argument not in arguments:
        if body is not None and body.required:
            raise RequestRefused("the request needs a body")
        return None
    return write_content(body, arguments[body.argument], draft.input_schema)
