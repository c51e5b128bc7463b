"""What leads to a list's next page → the arguments by which a call gets it."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from registry.model.json_pointer import tokens
from registry.model.shaping import Pagination, PaginationKind
from registry.model.tool import Draft, JsonObject, Parameter, ValuePlace

#: Of a link's query.
_FIELDS = 256


def next_arguments(draft: Draft, arguments: JsonObject, told: str) -> JsonObject:
    """Those of a call's arguments that the next one changes. `told`: JSON, of the runner's. Empty where it is not known how."""
    paged, value = draft.pagination, read_next(told)
    if paged is None or value is None:
        return {}
    if paged.kind is PaginationKind.LINK:
        return _of_link(draft, arguments, value) if isinstance(value, str) else {}
    if paged.argument.startswith("/"):
        first, *rest = tokens(paged.argument)
        return {first: _with(arguments.get(first), rest, value)}
    parameter = parameter_of(draft, paged)
    if parameter is None:
        return {}
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
