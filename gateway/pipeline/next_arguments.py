"""What leads to a list's next page → the arguments by which a call gets it."""

import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from gateway.model.errors import brief
from registry.model.json_pointer import tokens
from registry.model.shaping import Pagination, PaginationKind
from registry.model.tool import Draft, JsonObject, Parameter, ValuePlace

#: Of a link's query.
_FIELDS = 256


UNKNOWN = "it is not known how"


def next_arguments(draft: Draft, arguments: JsonObject, url: str, told: str) -> JsonObject | str:
    """Those of a call's arguments that the next one changes, or why there are none. `url`: what the call has asked for; `told`:
    JSON, of the runner's."""
    paged, value = draft.pagination, read_next(told)
    if paged is None or value is None:
        return UNKNOWN
    if paged.kind is PaginationKind.LINK:
        return _of_link(draft, url, value) if isinstance(value, str) else "it is no URL"
    if paged.argument.startswith("/"):
        first, *rest = tokens(paged.argument)
        return {first: _with(arguments.get(first), rest, value)}
    parameter = parameter_of(draft, paged)
    if parameter is None:
        return UNKNOWN
    as_text = isinstance(value, int | float) and not isinstance(value, bool) and "string" in _kinds(draft, parameter)
    return {parameter.argument: told if as_text else value}  # as it is written: 1.10 is another cursor than 1.1


def parameter_of(draft: Draft, paged: Pagination) -> Parameter | None:
    named = (one for one in draft.operation.parameters if paged.argument in (one.argument, one.name))
    return next(named, None) if paged.argument else None


def read_next(told: str) -> Any:
    """What the runner says, which a redaction may have made no JSON."""
    try:
        return json.loads(told)
    except (ValueError, RecursionError):
        return None


def _of_link(draft: Draft, url: str, link: str) -> JsonObject | str:
    """The tool's arguments that a link's query changes. One that leads elsewhere is none of the tool's: a call that left out
    what it does not take would get another page, or the same one again."""
    try:
        path, query = _path_and_query(link)
    except ValueError:  # it is no URL, or has more fields than a caller can be told
        return "it is no URL, or its query has too many fields"
    own_path, own = _path_and_query(url, fields=None)
    if path != own_path:
        return "its path is another than the call's"
    free = {one.name: one for one in draft.operation.parameters if one.place is ValuePlace.QUERY and one.filling is None}
    changed = {name: values for name, values in query.items() if own.get(name) != values}
    for name, values in changed.items():
        if name not in free or len(values) > 1:
            return f"the tool has no argument that could say {brief(name)!r} of its query"
    if not changed:
        return "it leads to the page that the call has asked for"
    return {free[name].argument: _typed(draft, free[name], values[0]) for name, values in changed.items()}


def _path_and_query(url: str, fields: int | None = _FIELDS) -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(url)
    return unquote(parts.path) or "/", parse_qs(parts.query, keep_blank_values=True, max_num_fields=fields)


def _typed(draft: Draft, parameter: Parameter, text: str) -> Any:
    """A number, where the tool takes one there."""
    kinds = _kinds(draft, parameter)
    takes_text = "string" in kinds
    return int(text) if "integer" in kinds and not takes_text and text.isascii() and text.isdigit() and len(text) < 18 else text  # noqa: PLR2004 - digits of 64 bits


def _kinds(draft: Draft, parameter: Parameter) -> str | list[str] | tuple[str, ...]:
    schema = draft.input_schema.get("properties", {}).get(parameter.argument, {})
    return schema.get("type", ()) if isinstance(schema, dict) else ()


def _with(value: Any, steps: list[str], leaf: Any) -> Any:
    if not steps:
        return leaf
    known = value if isinstance(value, dict) else {}
    return known | {steps[0]: _with(known.get(steps[0]), steps[1:], leaf)}
