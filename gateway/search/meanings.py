"""The vectors of one tenant's tools, made and compared in a thread, beside the event loop."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from gateway.search.nearness import MOST_FUSED, Vectors, said
from gateway.search.tool_text import ToolText

T = TypeVar("T")

#: Tools that are embedded at once: a search waits for no more.
STEP = 4


class Meanings:
    """What is put is embedded after what is searched for: a search waits for one step at most, and finds by their words what is
    not embedded yet. One thread does all work with `vectors`; it may be shared."""

    def __init__(self, vectors: Vectors, thread: ThreadPoolExecutor) -> None:
        self._vectors = vectors
        self._thread = thread
        self._waiting: dict[str, str] = {}
        self._embedding: asyncio.Task[None] | None = None

    @property
    def size(self) -> int:
        return self._vectors.size

    def put(self, text: ToolText) -> None:
        """Have a tool embedded, by what it says now."""
        self._waiting[text.name] = said(text)
        if self._embedding is None:
            self._embedding = asyncio.create_task(self._embed(), name="search embeddings")
            self._embedding.add_done_callback(self._done)

    def keep(self, names: Callable[[str], bool]) -> None:
        """Forget all others, after what was asked before."""
        self._waiting = {name: text for name, text in self._waiting.items() if names(name)}
        self._thread.submit(self._vectors.keep, names)

    async def nearest(self, query: str, wanted: Callable[[str], bool], also: Collection[str]) -> Mapping[str, float]:
        """See `Vectors.nearest`."""
        return await self._work(lambda: self._vectors.nearest(query, wanted, MOST_FUSED, also))

    async def settle(self) -> None:
        """Wait until all that was put is embedded."""
        while self._embedding is not None:
            await asyncio.wait({self._embedding})

    def close(self) -> None:
        if self._embedding is not None:
            self._embedding.cancel()

    async def _embed(self) -> None:
        while self._waiting:
            step = {name: self._waiting.pop(name) for name in list(islice(self._waiting, STEP))}
            await self._work(lambda step=step: self._vectors.put(step))  # type: ignore[misc] # the step of this turn

    def _done(self, task: asyncio.Task[None]) -> None:
        self._embedding = None
        if not task.cancelled():
            task.result()

    async def _work(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
