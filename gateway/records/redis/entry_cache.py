"""Catalog entries that were read a moment ago: what calls that follow each other closely need not ask the store for."""

from collections.abc import Callable, Iterable
from time import monotonic

from registry.catalog.tool_entry import ToolEntry

#: Seconds: so late may a gateway see what another one promotes or disables.
KEPT_FOR = 0.5
MOST = 1024


class EntryCache:
    """The oldest goes first, by time and where there are too many."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._entries: dict[str, tuple[ToolEntry, float]] = {}

    def get(self, name: str) -> ToolEntry | None:
        entry, until = self._entries.get(name, (None, 0.0))
        return entry if self._clock() < until else None

    def keep(self, entry: ToolEntry) -> None:
        self.forget([entry.name])
        self._entries[entry.name] = (entry, self._clock() + KEPT_FOR)
        if len(self._entries) > MOST:
            self.forget([next(iter(self._entries))])

    def forget(self, names: Iterable[str]) -> None:
        for name in names:
            self._entries.pop(name, None)
