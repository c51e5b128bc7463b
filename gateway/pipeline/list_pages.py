"""How a call fetches the pages of a list: what its box is told, and what its caller is told of them."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from gateway.model.invocation import AnswerPages
from registry.calling.parameter_styles import encode
from registry.model.json_pointer import find, tokens
from registry.model.shaping import Pagination, PaginationKind
from registry.model.tool import Draft, JsonObject, Parameter, ValuePlace
from sandbox.api.job import PagedList
from sandbox.api.result import FetchedPages

#: Of a link's query.
_FIELDS = 256


def pages_of(draft: Draft, arguments: JsonObject) -> PagedList | None:
    """What the runner needs, for a call with these arguments. None where the manifest says nothing of pages."""
    paged = draft.pagination
    if paged is None:
        return None
    parameter = _parameter(draft, paged)
    in_body = paged.argument.startswith("/")
    return PagedList(
        paged.pages,
        paged.kind.value,
        paged.items,
        next=paged.next,
        more=paged.more,
        query=encode(parameter.name) if parameter else "",
        body="/" + paged.argument.split("/", 2)[2] if in_body else "",
        start=_start(paged, _given(paged, parameter, arguments)),
    )


def told_pages(draft: Draft, arguments: JsonObject, pages: FetchedPages) -> AnswerPages:
    """What the caller is told: with the arguments by which it gets what comes next."""
    further = _next_arguments(draft, arguments, pages.next) if pages.next else {}
    return AnswerPages(
        pages.fetched,
        pages.items,
        more=bool(pages.next),
        next_arguments=orjson.dumps(further).decode() if further else "",
        stopped=pages.stopped,
        message=pages.why,
    )


def next_link(draft: Draft, links: tuple[tuple[str, str], ...], pages: FetchedPages) -> tuple[tuple[str, str], ...]:
    """The links of the first page's headers, with that to the page behind the last one in the place of its own."""
    if draft.pagination is None or draft.pagination.kind is not PaginationKind.LINK or draft.pagination.next:
        return links
    others = tuple(link for link in links if link[0] != "next")
    url = _read(pages.next)
    return (("next", url), *others) if isinstance(url, str) and _is_web(url) else others


def _is_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:  # an upstream's text
        return False


def _parameter(draft: Draft, paged: Pagination) -> Parameter | None:
    named = (one for one in draft.operation.parameters if paged.argument in (one.argument, one.name))
    return next(named, None) if paged.argument else None


def _given(paged: Pagination, parameter: Parameter | None, arguments: JsonObject) -> Any:
    if parameter is not None:
        return arguments.get(parameter.argument, parameter.default)
    return next(iter(find(paged.argument, arguments)), None) if paged.argument else None


def _start(paged: Pagination, given: Any) -> int:
    if isinstance(given, str) and given.isascii() and given.isdigit():
        given = int(given[:18])
    return int(given) if isinstance(given, int | float) and not isinstance(given, bool) else paged.start


def _next_arguments(draft: Draft, arguments: JsonObject, told: str) -> JsonObject:
    paged, value = draft.pagination, _read(told)
    if paged is None:
        return {}
    if paged.kind is PaginationKind.LINK:
        return _of_link(draft, arguments, value) if isinstance(value, str) else {}
    if paged.argument.startswith("/"):
        first, *rest = tokens(paged.argument)
        return {first: _with(arguments.get(first), rest, value)}
    parameter = _parameter(draft, paged)
    return {parameter.argument: value} if parameter else {}


def _of_link(draft: Draft, arguments: JsonObject, url: str) -> JsonObject:
    """The tool's arguments that a link has in its query, where they are others than the call's."""
    try:
        query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:  # it is no URL, or has more fields than a caller can be told
        return {}
    plain = (one for one in draft.operation.parameters if one.place is ValuePlace.QUERY and one.name in query)
    found = {one.argument: _typed(draft, one, query[one.name]) for one in plain if one.filling is None}
    return {name: value for name, value in found.items() if arguments.get(name) != value}


def _typed(draft: Draft, parameter: Parameter, text: str) -> Any:
    """A number, where the tool takes one there."""
    schema = draft.input_schema.get("properties", {}).get(parameter.argument, {})
    kinds = schema.get("type", ()) if isinstance(schema, dict) else ()
    takes_text = "string" in kinds
    return int(text) if "integer" in kinds and not takes_text and text.isascii() and text.isdigit() and len(text) < 18 else text  # noqa: PLR2004 - digits of 64 bits


def _with(value: Any, steps: list[str], leaf: Any) -> Any:
    if not steps:
        return leaf
    known = value if isinstance(value, dict) else {}
    return known | {steps[0]: _with(known.get(steps[0]), steps[1:], leaf)}


def _read(told: str) -> Any:
    """What the runner says, which a redaction may have made no JSON."""
    try:
        return orjson.loads(told)
    except orjson.JSONDecodeError:
        return None
