"""JMESPath: the projection of a view. The one module that knows its library."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions

_SYNTAX = "Correct the projection; https://jmespath.org has its words, and `jp` tries one out."


class ProjectionInvalid(ValueError):
    """The text is no JMESPath expression that can have a value."""

    cure = _SYNTAX


class ProjectionFailed(Exception):
    """The expression has no value for this answer. As the end of a sentence."""


def require_projection(expression: str) -> None:
    """Raises ProjectionInvalid."""
    for function in _functions(_compiled(expression).parsed):
        table = Functions.FUNCTION_TABLE
        if function["value"] not in table:
            known = ", ".join(sorted(table))
            raise ProjectionInvalid(f"the projection calls {function['value'][:60]!r}, which is none of {known}")
        takes, given = table[function["value"]]["signature"], len(function["children"])
        variadic = bool(takes) and bool(takes[-1].get("variadic"))
        if given < len(takes) or (given > len(takes) and not variadic):
            raise ProjectionInvalid(f"the projection gives {function['value']} {given} arguments, and it takes {len(takes)}")


def project(expression: str, value: Any) -> Any:
    """The value of the expression for a JSON value, in time and memory without a bound.

    Raises ProjectionInvalid; ProjectionFailed, which tells nothing of the value.
    """
    try:
        return _compiled(expression).search(value)
    except (JMESPathError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise ProjectionFailed(_without_values(error)) from None


def matches_nothing(value: Any) -> bool:
    """Whether all that a projection has found is null: also where it has made an object or list of what it did not find."""
    found = [value]
    while found:
        one = found.pop()
        if isinstance(one, dict | list) and one:
            found.extend(one.values() if isinstance(one, dict) else one)
        elif one is not None:
            return False
    return True


@lru_cache(maxsize=256)
def _compiled(expression: str) -> Any:
    try:
        return jmespath.compile(expression)
    except JMESPathError as error:
        raise ProjectionInvalid(f"the projection is no JMESPath expression: {_first_line(error)}") from None
    except RecursionError:
        raise ProjectionInvalid("the projection is nested too deep") from None


def _without_values(error: Exception) -> str:
    """Which function it was. The library tells behind that what it was given."""
    function = str(error).partition("(), invalid type")
    return (
        f"{function[0]}(), a value has a type that it does not take"[:200] if function[1] else "a value cannot be reckoned with"
    )


def _first_line(error: JMESPathError) -> str:
    return str(error).splitlines()[0][:200]


def _functions(parsed: Any) -> Iterator[dict[str, Any]]:
    """Those nodes of an expression that call a function."""
    open_nodes = [parsed]
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, dict):
            if node.get("type") == "function_expression":
                yield node
            open_nodes.extend(node.get("children", ()))
