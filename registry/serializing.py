"""Argument values → the text of an HTTP request, by OpenAPI's parameter styles (OpenAPI 3.1.1, §4.8.12.3)."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from registry.canonical import number
from registry.errors import RequestRefused
from registry.tool import Parameter

Pair = tuple[str, str]


def encode(text: str) -> str:
    """Percent-encode all but the unreserved characters (RFC 3986 §2.3), so that no value changes the structure around it."""
    return quote(text, safe="")


def text(value: Any, argument: str) -> str:
    """A primitive as text: numbers as JSON writes them. Raises RequestRefused for null, lists and objects."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    raise RequestRefused(f"the argument {argument!r} holds a value that has no form in this place of a request")


def simple(parameter: Parameter, value: Any, encoded: Callable[[str], str] = encode) -> str:
    """Style `simple`: `a,b` for a list, `k,v` or, exploded, `k=v` for an object."""
    argument = parameter.argument
    if isinstance(value, list):
        return ",".join(encoded(text(item, argument)) for item in value)
    if isinstance(value, dict):
        between = "=" if parameter.explode else ","
        return ",".join(encoded(key) + between + encoded(text(item, argument)) for key, item in value.items())
    return encoded(text(value, argument))


def query(parameter: Parameter, value: Any) -> Iterator[Pair]:
    """Styles `form` and `deepObject`, as percent-encoded pairs of name and value."""
    name, argument = parameter.name, parameter.argument
    if parameter.style == "deepObject":
        if not isinstance(value, dict):
            raise RequestRefused(f"the argument {argument!r} must be an object to be sent")
        for key, item in value.items():
            yield encode(f"{name}[{key}]"), encode(text(item, argument))
    elif parameter.explode and isinstance(value, dict):
        for key, item in value.items():
            yield encode(key), encode(text(item, argument))
    elif parameter.explode and isinstance(value, list):
        for item in value:
            yield encode(name), encode(text(item, argument))
    elif value not in ([], {}):
        yield encode(name), simple(parameter, value)


def form(fields: Any, argument: str) -> str:
    """A flat object as application/x-www-form-urlencoded; a list repeats its name."""
    if not isinstance(fields, dict):
        raise RequestRefused(f"the argument {argument!r} must be an object to be sent as a form")
    pairs = ((key, item) for key, value in fields.items() for item in (value if isinstance(value, list) else [value]))
    return "&".join(f"{encode(key)}={encode(text(item, argument))}" for key, item in pairs)
