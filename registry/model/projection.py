"""JMESPath: the projection of a view. The one module that knows its library."""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.visitor import TreeInterpreter

#: Names, and characters of each, that are told of what an expression has not found.
_NAMES, _LETTERS = 10, 60

#: Functions whose numbers JSON may have no place for.
_RECKONING = frozenset(("sum", "avg"))

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


class Projected(NamedTuple):
    """What an expression has found. `unmatched`: members that it asks for, and that no value has which it looks at."""

    value: Any
    unmatched: tuple[str, ...] = ()


def project(expression: str, value: Any) -> Projected:
    """What the expression finds in a JSON value, in time and memory without a bound.

    Raises ProjectionInvalid; ProjectionFailed, which tells nothing of the value.
    """
    looking = _Looking()
    try:
        return Projected(looking.visit(_compiled(expression).parsed, value), looking.unmatched)
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


# The library has no types.
class _Looking(TreeInterpreter):  # type: ignore[misc]
    """Evaluates an expression, and notes which of the members that it names are nowhere: one that is misspelt has the value
    null everywhere, and would be taken for an answer's. Where an expression says what is to be done without a member, it may
    be missing."""

    def __init__(self) -> None:
        super().__init__()
        self._found = set[int]()
        self._missed = dict[int, str]()
        self._optional = 0

    @property
    def unmatched(self) -> tuple[str, ...]:
        names = dict.fromkeys(name[:_LETTERS] for node, name in self._missed.items() if node not in self._found)
        return tuple(names)[:_NAMES]

    def visit_field(self, node: dict[str, Any], value: Any) -> Any:
        name = node["value"]
        if isinstance(value, dict) and name in value:
            self._found.add(id(node))
            return value[name]
        if value is not None and not self._optional:
            self._missed.setdefault(id(node), name)
        return None

    def visit_or_expression(self, node: dict[str, Any], value: Any) -> Any:
        return self._without(super().visit_or_expression, node, value)

    def visit_not_expression(self, node: dict[str, Any], value: Any) -> Any:
        return self._without(super().visit_not_expression, node, value)

    def visit_function_expression(self, node: dict[str, Any], value: Any) -> Any:
        if node["value"] == "not_null":
            return self._without(super().visit_function_expression, node, value)
        made = super().visit_function_expression(node, value)
        if isinstance(made, float) and not math.isfinite(made) and node["value"] in _RECKONING:
            raise ArithmeticError
        return made

    def _without(self, visit: Callable[[dict[str, Any], Any], Any], node: dict[str, Any], value: Any) -> Any:
        self._optional += 1
        try:
            return visit(node, value)
        finally:
            self._optional -= 1


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
