"""Argument values → the text of an HTTP request, by OpenAPI's parameter styles (OpenAPI 3.1.1, §4.8.12.3; RFC 6570).

Where OpenAPI leaves a value without a form (a list of objects in a query, an object inside an object), the inner value is
written as JSON, as a form's complex fields are. Null has no form at all (RFC 6570 §2.3: undefined): it is refused.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

from registry.model.canonical_json import canonical, number
from registry.model.errors import RequestRefused
from registry.model.tool import Parameter

Pair = tuple[str, str]
Encode = Callable[[str], str]

#: RFC 3986's reserved characters without brackets, which a query may not hold, and without `#&=+`, which end or divide it.
RESERVED = ":/?@!$'()*,;"
_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}


def encode(text: str) -> str:
    """Percent-encode all but the unreserved characters (RFC 3986 §2.3), so that no value changes the structure around it."""
    return quote(text, safe="")


def text(value: Any, argument: str) -> str:
    """One value as text: numbers as JSON writes them, lists and objects as JSON. Raises RequestRefused for null."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    if value is None:
        raise RequestRefused(f"the argument {argument!r} holds a null, which has no form in this place of a request")
    return canonical(value).decode()


def path(parameter: Parameter, value: Any) -> str:
    """Styles `simple`, `label` and `matrix`, percent-encoded."""
    match parameter.style:
        case "label":
            return "." + simple(parameter, value, between="." if parameter.explode else ",")
        case "matrix":
            return _matrix(parameter, value)
    return simple(parameter, value)


def simple(parameter: Parameter, value: Any, encoded: Encode = encode, between: str = ",") -> str:
    """`a,b` for a list, `k,v` or, exploded, `k=v` for an object."""
    argument = parameter.argument
    if isinstance(value, dict) and parameter.explode:
        return between.join(f"{encoded(key)}={encoded(text(item, argument))}" for key, item in value.items())
    if isinstance(value, list | dict):
        return between.join(encoded(text(item, argument)) for item in _flat(value))
    return encoded(text(value, argument))


def header(parameter: Parameter, value: Any) -> str:
    """Style `simple` without percent-encoding, which headers do not know. An item with a comma is refused: it would be two."""
    argument = parameter.argument
    if isinstance(value, list | dict):
        marks = ",=" if isinstance(value, dict) and parameter.explode else ","
        _require_without(marks, _flat(value), argument)
    return simple(parameter, value, encoded=str)


def query(parameter: Parameter, value: Any) -> Iterator[Pair]:
    """Styles `form`, `spaceDelimited`, `pipeDelimited` and `deepObject`, as percent-encoded pairs of name and value.

    An empty list or object is no pair at all (RFC 6570 §2.3).
    """
    name, argument = parameter.name, parameter.argument
    encoded = _reserving if parameter.allow_reserved else encode
    if not isinstance(value, list | dict):
        yield encode(name), encoded(text(value, argument))
    elif parameter.style == "deepObject":
        yield from _deep(encode(name), value, argument, encoded)
    elif parameter.explode and isinstance(value, dict):
        for key, item in value.items():
            for each in item if isinstance(item, list) else [item]:
                yield encode(key), encoded(text(each, argument))
    elif parameter.explode:
        for item in value:
            yield encode(name), encoded(text(item, argument))
    elif value:
        yield encode(name), _delimited(parameter, value)


def cookies(parameter: Parameter, value: Any) -> Iterator[Pair]:
    """Style `form` as cookies: exploded, each item is a cookie of its own (`a=1; a=2`), for `&` divides no cookies."""
    name, argument = parameter.name, parameter.argument
    if not isinstance(value, list | dict) or not parameter.explode:
        yield name, simple(parameter, value)
    else:
        pairs = value.items() if isinstance(value, dict) else ((name, item) for item in value)
        for key, item in pairs:
            yield encode(key), encode(text(item, argument))


def _matrix(parameter: Parameter, value: Any) -> str:
    name, argument = encode(parameter.name), parameter.argument
    if parameter.explode and isinstance(value, dict):
        pairs = [(encode(key), encode(text(item, argument))) for key, item in value.items()]
    elif parameter.explode and isinstance(value, list):
        pairs = [(name, encode(text(item, argument))) for item in value]
    else:
        pairs = [(name, simple(parameter, value))]
    # RFC 6570 §3.2.7: an empty value has no equals sign.
    return "".join(f";{key}={item}" if item else f";{key}" for key, item in pairs)


def _delimited(parameter: Parameter, value: list[Any] | dict[str, Any]) -> str:
    """Items with a delimiter between them. An item that holds the delimiter is refused: it would be two."""
    delimiter = _DELIMITERS.get(parameter.style, "")
    # A comma between items stays plain while one inside is escaped, also where reserved characters need not be.
    encoded = _reserving_but_comma if parameter.allow_reserved else encode
    _require_without(delimiter, _flat(value), parameter.argument)
    return (encode(delimiter) or ",").join(encoded(text(item, parameter.argument)) for item in _flat(value))


def _deep(prefix: str, value: Any, argument: str, encoded: Encode) -> Iterator[Pair]:
    """`name[key]=value`. OpenAPI defines one level only; further ones are `[key]` and `[index]`, which most servers read."""
    steps: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
    for step, item in steps:
        inner = f"{prefix}%5B{encode(str(step))}%5D"
        if isinstance(item, list | dict):
            yield from _deep(inner, item, argument, encoded)
        else:
            yield inner, encoded(text(item, argument))


def _flat(value: list[Any] | dict[str, Any]) -> list[Any]:
    return [each for pair in value.items() for each in pair] if isinstance(value, dict) else value


def _require_without(marks: str, items: list[Any], argument: str) -> None:
    if any(mark in text(item, argument) for item in items for mark in marks):
        raise RequestRefused(f"an item of the argument {argument!r} holds the character that divides items in this place")


def _reserving(text: str) -> str:
    return quote(text, safe=RESERVED)


def _reserving_but_comma(text: str) -> str:
    return quote(text, safe=RESERVED.replace(",", ""))
