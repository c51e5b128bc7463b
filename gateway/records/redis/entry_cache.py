"""Catalog entries that were read a moment ago: what calls that follow each other closely need not ask the store for."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from time import monotonic
from typing import Generic, TypeVar

#: Seconds: so late may a gateway see what another one promotes, disables, publishes or takes back.
KEPT_FOR = 0.5
MOST = 1024

Key = TypeVar("Key", bound=Hashable)
Entry = TypeVar("Entry")


class EntryCache(Generic[Key, Entry]):
    """The oldest goes first, by time and where there are too many."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._entries: dict[Key, tuple[Entry, float]] = {}

    def get(self, key: Key) -> Entry | None:
        entry, until = self._entries.get(key, (None, 0.0))
        return entry if self._clock() < until else None

    def keep(self, key: Key, entry: Entry) -> None:
        self.forget([key])
        self._entries[key] = (entry, self._clock() + KEPT_FOR)
        if len(self._entries) > MOST:
            self.forget([next(iter(self._entries))])

    def forget(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._entries.pop(key, None)

    def known(self) -> Sequence[Key]:
        return tuple(self._entries)

    def clear(self) -> None:
        self._entries.clear()
