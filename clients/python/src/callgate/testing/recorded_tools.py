"""The tools of a recording: what a run has called, as the catalog described it then. No function stands behind them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from callgate.errors import ReplayMissed
from callgate.recorded.calls import Json, RecordedRun
from callgate.testing.tools import FakeTool
from callgate.types import Effect, Tool

_ABSENT = object()
#: Levels of a schema's references that are followed.
DEEPEST = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTool(FakeTool):
    """It takes any arguments: those that were not recorded are missed."""

    digest: str
    told: Json = field(repr=False)

    @property
    def described(self) -> Tool:
        return Tool(
            name=self.name,
            version=self.version,
            digest=self.digest,
            toolset=self.toolset,
            description=self.told.get("description", ""),
            input_schema=self.input_schema,
            output_schema=self.told.get("output_schema"),
            effect=self.effect,
            method=self.told.get("method", ""),
            endpoint=self.told.get("endpoint", ""),
            needs_credential=False,
            requires_approval=False,
            deprecated=bool(self.told.get("deprecated")),
        )

    def as_meant(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Without nulls of what may be left out, as a gateway takes them that has a schema's strict form made."""
        meant: dict[str, Any] = _meant(dict(arguments), self.input_schema, self.input_schema, DEEPEST)
        return meant

    def take(self, arguments: Mapping[str, Any]) -> None:
        """Anything."""


def tools_of(run: RecordedRun) -> list[RecordedTool]:
    """Raises ValueError for an effect that is none."""
    return [_tool(reference, told) for reference, told in run.tools.items()]


def _tool(reference: str, told: Json) -> RecordedTool:
    name, _, version = reference.partition("@")
    return RecordedTool(
        name=name,
        version=version,
        digest=told["digest"],
        function=_missed(reference),
        input_schema=told.get("input_schema") or {"type": "object"},
        effect=Effect(told.get("effect", Effect.UNSPECIFIED)),
        toolset=told.get("toolset", ""),
        told=told,
    )


def _missed(reference: str) -> Callable[..., Any]:
    def function(**_: Any) -> None:
        told = f"{reference} is a tool of a recording, which has no function"
        raise ReplayMissed(told, cure="Replay with Mode.REPLAY_STRICT, or define the tool.")

    return function


def _meant(value: Any, schema: Any, root: Json, levels: int) -> Any:
    schema = _resolved(schema, root)
    if levels == 0 or not isinstance(schema, dict):
        return value
    if isinstance(value, list):
        return [_meant(one, schema.get("items"), root, levels - 1) for one in value]
    if not isinstance(value, dict):
        return value
    known, required = schema.get("properties", {}), schema.get("required", ())
    kept = {name: one for name, one in value.items() if one is not None or not _may_lack(name, known, required, root)}
    return {name: _meant(one, known.get(name), root, levels - 1) for name, one in kept.items()}


def _may_lack(name: str, known: Json, required: Any, root: Json) -> bool:
    """Whether a null of this property says that it is left out."""
    schema = _resolved(known.get(name), root)
    told: Any = schema.get("type", []) if isinstance(schema, dict) else []
    types = [told] if isinstance(told, str) else list(told)
    return name not in required and bool(types) and "null" not in types


def _resolved(schema: Any, root: Json) -> Any:
    """The schema that a reference within the document names."""
    for _ in range(DEEPEST):
        if not isinstance(schema, dict) or not str(schema.get("$ref", "")).startswith("#/"):
            return schema
        steps = [one.replace("~1", "/").replace("~0", "~") for one in schema["$ref"][2:].split("/")]
        schema = root
        for step in steps:
            schema = schema.get(step) if isinstance(schema, dict) else None
    return schema
