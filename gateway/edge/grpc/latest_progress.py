"""How far a piece of work has come, for a listener that may be slow: it misses some reports, and holds nothing up."""

from asyncio import Event, Task
from collections.abc import AsyncIterator
from typing import Any, TypeAlias

#: Operations done, operations in all, faults so far: what registry.manifest.toolset.Progress is called with.
Told: TypeAlias = tuple[int, int, int]


class Following:
    def __init__(self) -> None:
        self._newest: Told | None = None
        self._news = Event()

    def tell(self, done: int, total: int, faults: int) -> None:
        self._newest = (done, total, faults)
        self._news.set()

    async def until_done(self, work: Task[Any]) -> AsyncIterator[Told]:
        """What was told last, as often as there is something new, until the work has ended in whatever way."""
        work.add_done_callback(lambda _: self._news.set())
        while self._newest is not None or not work.done():
            await self._news.wait()
            self._news.clear()
            if (newest := self._newest) is not None:
                self._newest = None
                yield newest
