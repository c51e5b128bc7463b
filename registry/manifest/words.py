"""The words by which a manifest names operations, and where each stands."""

from collections.abc import Iterator
from dataclasses import dataclass

from registry.manifest.manifest import Manifest
from registry.model.json_pointer import escape

_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Word:
    """One name or pattern. `exact`: it is the name of an operation's own entry, and no pattern."""

    pointer: str
    text: str
    exact: bool = False

    @property
    def wild(self) -> bool:
        """Whether it may be meant for operations that are yet to come."""
        return not self.exact and bool(_WILD & set(self.text))


def words_of(manifest: Manifest) -> Iterator[Word]:
    yield from (Word(f"/operations/{escape(name)}", name, exact=True) for name in manifest.operations)
    lists = {"include": manifest.include or (), "exclude": manifest.exclude}
    lists |= {f"groups/{index}/match": group.match for index, group in enumerate(manifest.groups)}
    for place, patterns in lists.items():
        yield from (Word(f"/{place}/{index}", pattern) for index, pattern in enumerate(patterns))
