"""A JSON object → application/x-www-form-urlencoded (OpenAPI 3.1.1, §4.8.14.4 and §4.8.15)."""

from collections.abc import Iterator
from typing import Any

from registry.calling.parameter_styles import Pair, encode, query, text
from registry.model.errors import RequestRefused
from registry.model.tool import Body, Parameter, Part, ValuePlace


def urlencoded(body: Body, fields: Any) -> bytes:
    """Each property by its part's style; without one a list repeats its name, and an object is written as JSON.

    Text is sent as it is: the caller has written the form. Raises RequestRefused for any other value that is not an object, and
    for null inside one.
    """
    if isinstance(fields, str):
        return fields.encode()
    if not isinstance(fields, dict):
        raise RequestRefused(f"the argument {body.argument!r} must be an object to be sent as a form")
    parts = {part.name: part for part in body.parts}
    pairs = (pair for name, value in fields.items() for pair in _field(parts.get(name, Part(name)), value, body.argument))
    return "&".join(f"{name}={value}" for name, value in pairs).encode()


def _field(part: Part, value: Any, argument: str) -> Iterator[Pair]:
    if part.style is not None:
        styled = Parameter(argument, part.name, ValuePlace.QUERY, part.style, explode=part.explode, required=False)
        yield from query(styled, value)
        return
    for item in value if isinstance(value, list) else [value]:
        yield encode(part.name), encode(text(item, argument))
