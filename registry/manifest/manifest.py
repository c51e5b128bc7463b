"""What an operator decides about the operations of a document: which become tools, and how each is carried out.

A manifest names operations by operationId, by `METHOD /path` and by tag. `meaning` says which operations these words mean.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from registry.model.json_pointer import escape
from registry.model.tool import JsonObject

#: Settings that guard nothing: they are words for a model.
WORDS = frozenset(("name", "description"))
#: The JSON Pointer of the settings for every operation; those of a group and of an operation's own entry are made.
DEFAULTS = "/defaults"


def group_place(index: int) -> str:
    return f"/groups/{index}/settings"


def entry_place(name: str) -> str:
    return f"/operations/{escape(name)}"


@dataclass(frozen=True, slots=True)
class Group:
    """Settings for every operation that one of the patterns matches."""

    match: tuple[str, ...]
    settings: JsonObject


@dataclass(frozen=True, slots=True)
class Manifest:
    """The part of a manifest that speaks of operations. Settings are as `manifest.schema.json` allows them.

    `include` is None for every operation. `prefix` begins the names of the tools to which no entry gives a name.
    """

    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    defaults: JsonObject = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    operations: Mapping[str, JsonObject] = field(default_factory=dict)
    prefix: str = ""

    @property
    def guards(self) -> bool:
        """Whether it says more of the operations than what their tools are called: then a new one is not the operator's."""
        said = any(set(settings) - WORDS for _, settings in self.places())
        return self.include is not None or bool(self.exclude) or said

    def places(self) -> Iterator[tuple[str, JsonObject]]:
        """All settings, each with the JSON Pointer of the place where they stand."""
        yield DEFAULTS, self.defaults
        yield from ((group_place(index), group.settings) for index, group in enumerate(self.groups))
        yield from ((entry_place(name), settings) for name, settings in self.operations.items())
