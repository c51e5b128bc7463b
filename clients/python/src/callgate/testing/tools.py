"""Tools that are Python functions: what they are called, what they take, and how a call's arguments reach them."""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from callgate import checks
from callgate.errors import ArgumentsInvalid, ToolNotFound, Violation
from callgate.types import Effect, Tool

_ABSENT = object()
_DIGITS = re.compile(r"0|-?[1-9][0-9]{0,19}", re.ASCII)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


#: JSON Schema's name of a type of Python's.
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object", NoneType: "null"}
#: And of the types that JSON's values have in Python: a number without a fraction is an integer, too.
_FITTING: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and value == int(value),
    "number": _is_number,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}
_NAME = r"[a-zA-Z0-9_-]{1,64}"
#: As a gateway reads it: any other reference is malformed, and not that of a tool which there is not.
_REFERENCE = re.compile(rf"{_NAME}(@(sha256:[0-9a-f]{{64}}|(0|[1-9]\d{{0,8}})(\.(0|[1-9]\d{{0,8}})){{0,2}}))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeTool:
    """A function that is called with a call's arguments by their names, and what a caller sees of it."""

    name: str
    function: Callable[..., Any] = field(repr=False)
    input_schema: Mapping[str, Any] = field(repr=False)
    effect: Effect
    toolset: str
    version: str = "1.0.0"
    tags: tuple[str, ...] = ()
    output_schema: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def described(self) -> Tool:
        """As a client reads it."""
        digest = sha256(json.dumps([self.name, self.version, self.input_schema]).encode()).hexdigest()
        return Tool(
            name=self.name,
            version=self.version,
            digest=f"sha256:{digest}",
            toolset=self.toolset,
            description=inspect.getdoc(self.function) or "",
            input_schema=self.input_schema,
            output_schema=self.output_schema,
            effect=self.effect,
            method="GET" if self.effect in (Effect.READ, Effect.PURE) else "POST",
            endpoint=f"https://fake.example/{self.name}",
            needs_credential=False,
            requires_approval=False,
        )

    @property
    def acts(self) -> bool:
        return self.effect not in (Effect.READ, Effect.PURE)

    def as_meant(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """As a gateway takes them: without nulls of what may be left out and is not null by its annotation, and with integers
        in the place of their digits."""
        required = self.input_schema["required"]
        meant = ((name, _meant(value, self._types(name), may_lack=name not in required)) for name, value in arguments.items())
        return {name: value for name, value in meant if value is not _ABSENT}

    def _types(self, name: str) -> list[str]:
        types = self.input_schema["properties"].get(name, {}).get("type", [])
        return types if isinstance(types, list) else [types]

    def take(self, arguments: Mapping[str, Any]) -> None:
        """Raises ArgumentsInvalid where the function does not take these."""
        schema = self.input_schema
        missing = [Violation("", f"the property {name!r} is missing") for name in schema["required"] if name not in arguments]
        known = None if schema["additionalProperties"] else schema["properties"]
        unknown = [Violation(f"/{name}", "no such property") for name in arguments if known is not None and name not in known]
        if violations := (*missing, *unknown, *self._of_another_type(arguments)):
            first = violations[0]
            message = f"the arguments do not fit the input schema at {first.pointer or 'the root'}: {first.expected}"
            raise ArgumentsInvalid(message, cure="Correct the arguments.", violations=violations)

    def _of_another_type(self, arguments: Mapping[str, Any]) -> Iterator[Violation]:
        for name, schema in self.input_schema["properties"].items():
            types = schema.get("type", ())
            types = (types,) if isinstance(types, str) else types
            if name in arguments and types and not any(_FITTING[one](arguments[name]) for one in types):
                yield Violation(f"/{name}", f"a value of type {' or '.join(types)}")


def checked_name(given: str) -> str:
    """Raises RequestInvalid for what no tool can be called."""
    if not re.fullmatch(_NAME, checks.text("tool's name", given)):
        told = "a tool's name must be of 1 to 64 of the letters a to z and A to Z, digits, `_` and `-`"
        raise checks.invalid(told, "Give it another name: `gateway.tool(name=…)`.")
    return given


def _meant(value: Any, types: list[str], *, may_lack: bool) -> Any:
    if value is None and types and "null" not in types and may_lack:
        return _ABSENT
    digits = isinstance(value, str) and _DIGITS.fullmatch(value) and "integer" in types and "string" not in types
    return int(value) if digits else value


def schema_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The JSON Schema of a function's parameters, as far as their annotations tell."""
    parameters = inspect.signature(function, eval_str=True).parameters.values()
    named = [one for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
    return {
        "type": "object",
        "properties": {one.name: _type(one.annotation) for one in named},
        "required": [one.name for one in named if one.default is one.empty],
        "additionalProperties": any(one.kind is one.VAR_KEYWORD for one in parameters),
    }


def _type(hint: Any) -> dict[str, Any]:
    """The type of an annotation, or the types of a union; nothing of what JSON Schema has no name for."""
    union = get_origin(hint) in (Union, UnionType)
    names = [_TYPES.get(get_origin(one) or one) for one in (get_args(hint) if union else (hint,))]
    if None in names:
        return {}
    return {"type": names if union else names[0]}


class FakeTools:
    """The tools of a gateway, by their names."""

    def __init__(self) -> None:
        self._by_name: dict[str, FakeTool] = {}

    def add(self, tool: FakeTool) -> None:
        """One of this name is replaced."""
        self._by_name[tool.name] = tool

    def all(self) -> list[FakeTool]:
        return [self._by_name[name] for name in sorted(self._by_name)]

    def resolve(self, reference: str) -> FakeTool:
        """The tool of `name`, `name@1`, `name@1.0`, `name@1.0.0` or `name@sha256:…`. Raises ToolNotFound, RequestInvalid."""
        if not _REFERENCE.fullmatch(reference):
            raise checks.invalid("the tool reference is malformed", "Write it as name, name@1.0.0 or name@sha256:….")
        name, _, version = reference.partition("@")
        found = self._by_name.get(name)
        if found is None or not _names(version, found):
            raise ToolNotFound(f"no tool {reference}", cure="Define it with `gateway.tool`, or correct the name.")
        return found


def _names(version: str, tool: FakeTool) -> bool:
    parts = tool.version.split(".")
    return version in {"", tool.described.digest, *(".".join(parts[:count]) for count in (1, 2, 3))}
