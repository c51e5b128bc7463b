"""What an operator decides about the operations of a document: which become tools, and how each is carried out.

A manifest names operations by operationId, by `METHOD /path` and by tag, which a refreshed document most likely keeps.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase

from registry.model.errors import ManifestInvalid
from registry.model.import_fault import ImportFault
from registry.model.json_pointer import escape
from registry.model.tool import JsonObject

_MERGED = frozenset(("limits", "retry"))
_TAG = "tag:"


@dataclass(frozen=True, slots=True)
class OperationKey:
    """What a manifest may call one operation. `name` is the tool's, before a manifest renames it."""

    method: str
    path: str
    operation_id: str | None
    name: str
    tags: tuple[str, ...] = ()

    @property
    def route(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name in (self.operation_id, self.route, self.name) if name))

    def matches(self, pattern: str) -> bool:
        """Whether a pattern matches this operation. `*` stands for any characters, slashes too."""
        if pattern.startswith(_TAG):
            return any(fnmatchcase(tag, pattern.removeprefix(_TAG)) for tag in self.tags)
        return any(fnmatchcase(name, pattern) for name in self.names)


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

    def selects(self, key: OperationKey) -> bool:
        included = self.include is None or any(key.matches(pattern) for pattern in self.include)
        return included and not any(key.matches(pattern) for pattern in self.exclude)

    def settings_for(self, key: OperationKey) -> JsonObject:
        """Defaults, then groups in their order, then the operation's own entry. Raises ManifestInvalid where it has two."""
        entries = [name for name in key.names if name in self.operations]
        if len(entries) > 1:
            raise ManifestInvalid(f"the entries {entries[0]!r} and {entries[1]!r} mean the same operation", cure="Keep one.")
        groups = (group.settings for group in self.groups if any(key.matches(pattern) for pattern in group.match))
        return _merged((self.defaults, *groups, *(self.operations[name] for name in entries)))

    def unmatched(self, keys: Iterable[OperationKey]) -> tuple[ImportFault, ...]:
        """A fault for each word of the manifest that matches no operation of the document."""
        known = tuple(keys)
        names = dict.fromkeys(name for key in known for name in key.names)
        lost = (entry for entry in self.operations if entry not in names)
        missing = [_missing(f"/operations/{escape(entry)}", entry, names) for entry in lost]
        return (*missing, *self._idle(known, names))

    def _idle(self, keys: tuple[OperationKey, ...], names: Iterable[str]) -> Iterator[ImportFault]:
        lists = {"include": self.include or (), "exclude": self.exclude}
        lists |= {f"groups/{index}/match": group.match for index, group in enumerate(self.groups)}
        for place, patterns in lists.items():
            for index, pattern in enumerate(patterns):
                if not any(key.matches(pattern) for key in keys):
                    yield _missing(f"/{place}/{index}", pattern, names)


def _merged(layers: Iterable[JsonObject]) -> JsonObject:
    settings: JsonObject = {}
    for layer in layers:
        for name, value in layer.items():
            settings[name] = settings.get(name, {}) | value if name in _MERGED else value
    return settings


def _missing(pointer: str, wanted: str, names: Iterable[str]) -> ImportFault:
    alike = get_close_matches(wanted, list(names), n=1)
    cure = f"Did you mean {alike[0]!r}?" if alike else "Remove or correct it; the document may no longer have the operation."
    return ImportFault(f"manifest:{pointer}", f"{wanted!r} matches no operation of the document", cure)
