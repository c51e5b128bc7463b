"""What a caller asks for: words, and which tools come into question."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.search.index import Entry
from gateway.search.words import words


@dataclass(frozen=True, slots=True)
class Query:
    """`toolset`: of this one; empty: of all. `effects`: of one of these; none: of all. `tags`: with each of these, in small
    letters. `may_call` says of a tool's name whether the caller may call it."""

    text: str
    toolset: str
    effects: frozenset[str]
    tags: frozenset[str]
    may_call: Callable[[str], bool]

    def fits(self, entry: Entry) -> bool:
        return (
            self.toolset in ("", entry.toolset)
            and (not self.effects or entry.effect in self.effects)
            and self.tags <= entry.tags
            and self.may_call(entry.name)
        )

    @property
    def words(self) -> tuple[str, ...]:
        """Each once: what is said twice is not meant twice as much."""
        return tuple(dict.fromkeys(words(self.text)))
