"""What an operator decides about the operations of a document: which become tools, and how each is carried out.

A manifest names operations by operationId, by `METHOD /path` and by tag. `meaning` says which operations these words mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from registry.model.tool import JsonObject

#: Settings that guard nothing: they are words for a model.
WORDS = frozenset(("name", "description"))


@dataclass(frozen=True, slots=True)
class Group:
    """Settings for every operation that one of the patterns matches."""

    match: tuple[str, ...]
    settings: JsonObject


@dataclass(frozen=True, slots=True)
class Manifest:
    """The part of a manifest that speaks of operations. Settings are as `manifest.schema.json` allows them.

    `include` is None for every operation.
    """

    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    defaults: JsonObject = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    operations: Mapping[str, JsonObject] = field(default_factory=dict)

    @property
    def guards(self) -> bool:
        """Whether it says more of the operations than what their tools are called: then a new one is not the operator's."""
        said = (self.defaults, *(group.settings for group in self.groups), *self.operations.values())
        return self.include is not None or bool(self.exclude) or any(set(settings) - WORDS for settings in said)
