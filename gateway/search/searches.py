"""The indexes of all tenants that search: each is read when it is asked for, and kept as long as there is room."""

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from gateway.model.errors import SearchUnready
from gateway.search.live_index import LiveIndex
from gateway.search.meanings import Meanings
from gateway.search.nearness import Embeddings
from registry.catalog.catalog import Catalog

#: Bytes of all indexes together, about: the largest of the others goes first, and is made anew when its tenant searches again.
MOST_BYTES = 96 << 20
#: Catalogs that are read at one time.
READING = 1
#: Seconds that a search waits for what the index does not have yet; and for the index, where there is none.
PATIENCE, FIRST_PATIENCE = 0.5, 8.0


class Searches:
    """Indexes are read beside the searches, by tasks that end with `close`."""

    def __init__(self, most_bytes: int = MOST_BYTES, embeddings: Embeddings | None = None) -> None:
        """`embeddings`: what finds tools by what they mean, too, where the operator names a model."""
        self._most_bytes = most_bytes
        self._embeddings = embeddings
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._of: OrderedDict[str, LiveIndex] = OrderedDict()
        self._turn = asyncio.Semaphore(READING)

    async def index(self, tenant: str, catalog: Catalog) -> LiveIndex:
        """The tenant's, in step with the catalog, or a moment behind where much has changed.

        Raises SearchUnready while the catalog is read for the first search, and what the catalog raises.
        """
        live = self._of.get(tenant) or self._of.setdefault(tenant, LiveIndex(catalog, self._meanings()))
        self._of.move_to_end(tenant)
        if live.revision is None or not live.is_current(await catalog.revision()):
            await self._catch_up(live)
            self._make_room(tenant)
        return live

    def _meanings(self) -> Meanings | None:
        return Meanings(self._embeddings.vectors(), self._thread) if self._embeddings else None

    async def _catch_up(self, live: LiveIndex) -> None:
        first = live.revision is None
        task = live.begin(self._turn)
        done, _ = await asyncio.wait({task}, timeout=FIRST_PATIENCE if first else PATIENCE)
        if done:
            task.result()
        elif first:
            raise SearchUnready(f"{len(live.index):,} tools have been read for the first search, and not all of them yet")

    def _make_room(self, tenant: str) -> None:
        """The largest goes: a small catalog's index stays, whatever others import."""
        while sum(one.size for one in self._of.values()) > self._most_bytes:
            others = [name for name, one in self._of.items() if name != tenant and not one.is_busy]
            if not others:
                return
            self._of.pop(max(others, key=lambda name: self._of[name].size)).close()

    async def close(self) -> None:
        """End what is read."""
        for one in self._of.values():
            one.close()
        tasks = [one.begin(self._turn) for one in self._of.values() if one.is_busy]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._thread.shutdown(wait=False, cancel_futures=True)
