"""What a caller asks for: words, and which tools come into question."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.search.index import Entry
from gateway.search.intents import Intent, intent_of_words
from gateway.search.words import asked, runs


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
    def intent(self) -> Intent:
        return intent_of_words(runs(self.text))

    def words(self, is_known: Callable[[str], bool]) -> tuple[str, ...]:
        """Each once: what is said twice is not meant twice as much. `is_known`: whether any tool has this word."""
        return tuple(dict.fromkeys(asked(self.text, is_known)))
