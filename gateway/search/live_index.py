"""An index in step with one tenant's catalog: what has changed there since is read anew, a few tools at a time."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import islice
from time import monotonic

import structlog

from gateway.search.index import Entry, Index, Match
from gateway.search.intents import intent_of_tool
from gateway.search.meanings import Meanings
from gateway.search.nearness import MOST_FUSED, fused
from gateway.search.query import Query
from gateway.search.tool_text import text_of
from gateway.search.weights import MOST_WORDS, weights_of
from gateway.search.words import spoken
from registry.catalog.catalog import Catalog, Listed
from registry.catalog.tool_entry import Revision, ToolEntry
from registry.model.errors import VersionUnreadable
from registry.model.tool import Draft

log = structlog.get_logger(__name__)

#: Entries of tools that are looked at, and tools that are read, before others have their turn: some milliseconds of work.
PAGE, STEP = 48, 8
#: Seconds between two steps. A call takes some fifteen turns of the event loop, and must not meet a step in each.
PAUSE = 0.005
#: Bytes of an index, by which a catalog's further tools have their words that count most alone, and by which they have none.
BRIEF_FROM, FULL_FROM = 32 << 20, 48 << 20
#: Words of a tool then.
BRIEF = 30
#: Seconds after which a catalog is read anew, though its revision is the same: a gateway of an older release may have loaded
#: Functions that count no changes.
LONGEST = 600.0
#: Of the time, so much is for reading at most: one part in so many.
PART = 5


class LiveIndex:
    """The index of one catalog. `revision` is the catalog's as the index has it; None: it was not read yet. `meanings`: what is
    embedded beside the words, if anything is."""

    def __init__(self, catalog: Catalog, meanings: Meanings | None = None, clock: Callable[[], float] = monotonic) -> None:
        self.index = Index()
        self._meanings = meanings
        self.revision: str | None = None
        self._catalog = catalog
        self._clock = clock
        self._rested = self._until = 0.0
        self._catching_up: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        return self._catching_up is not None

    def is_current(self, revision: str) -> bool:
        return self.revision == revision and self._clock() < self._until

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return self.index.size + (self._meanings.size if self._meanings else 0)

    async def find(self, wanted: Query, most: int) -> list[Match]:
        """The tools that fit best, at most `most`, and the best first."""
        ranking = self.index.ranked(wanted.words(self.index.knows), wanted.intent)
        if self._meanings is None:
            return await ranking.best(most, wanted.fits)
        by_words = await ranking.best(MOST_FUSED, wanted.fits)
        names = {one.name for one in by_words}
        return fused(by_words, await self._meanings.nearest(wanted.text, partial(_fits, self.index, wanted), names), most)

    def begin(self, turn: asyncio.Semaphore) -> asyncio.Task[None]:
        """Catch up, in a turn; the same task for all who ask meanwhile. It goes on when they are gone."""
        if self._catching_up is None:
            self._catching_up = asyncio.create_task(self._catch_up(turn), name="search index")
            self._catching_up.add_done_callback(self._done)
        return self._catching_up

    def close(self) -> None:
        """Embed no more."""
        if self._meanings:
            self._meanings.close()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._catching_up = None
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("search_index_failed", error=type(error).__name__)

    async def _catch_up(self, turn: asyncio.Semaphore) -> None:
        await asyncio.sleep(max(0.0, self._rested - self._clock()))
        began = self._clock()
        await self._read(turn)
        ended = self._clock()
        self._rested, self._until = ended + (PART - 1) * (ended - began), ended + LONGEST

    async def _read(self, turn: asyncio.Semaphore) -> None:
        # Before anything is read: what changes meanwhile is read the next time.
        revision = await self._catalog.revision()
        index = Index() if self.index.is_worn else self.index
        seen: set[str] = set()
        after = ""
        while page := await self._page(after, turn):
            after = page[-1].name
            told = [_CallableTool(entry, current) for entry in page if (current := entry.current)]
            seen.update(one.entry.name for one in told)
            changed = [one for one in told if one.is_news_to(index)]
            for at in range(0, len(changed), STEP):
                await self._add(index, {one.entry.name: one for one in changed[at : at + STEP]}, turn)
        for name in [one for one in index.names if one not in seen]:
            index.remove(name)
        if self._meanings:
            self._meanings.keep(index.__contains__)
        self.index, self.revision = index, revision

    async def _page(self, after: str, turn: asyncio.Semaphore) -> Sequence[ToolEntry]:
        async with turn:
            page = await self._catalog.entries(None, after, PAGE)
            await asyncio.sleep(PAUSE)
        return page

    async def _add(self, index: Index, told: Mapping[str, "_CallableTool"], turn: asyncio.Semaphore) -> None:
        async with turn:
            for listed in await readable(self._catalog, tuple(told)):
                draft, one = listed.version.draft, told[listed.version.name]
                text = text_of(draft, one.tags)
                # What was embedded stays so where only the index is made anew.
                if self._meanings and one.is_news_to(self.index):
                    self._meanings.put(text)
                kept = BRIEF if index.size >= BRIEF_FROM else MOST_WORDS
                index.put(one.known(draft), dict(islice(weights_of(text).items(), kept)))
            await asyncio.sleep(PAUSE)


@dataclass(frozen=True, slots=True)
class _CallableTool:
    """What a catalog's entry tells of a tool that may be called, with the revision that its name means."""

    entry: ToolEntry
    current: Revision

    @property
    def tags(self) -> tuple[str, ...]:
        return self.current.operation.tags if self.current.operation else ()

    @property
    def mark(self) -> bytes:
        """Differs where anything differs that an index has of the tool."""
        told = repr((self.current.digest, self.entry.toolset, self.tags))
        return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def is_news_to(self, index: Index) -> bool:
        """A full index takes no tool that it does not have."""
        name = self.entry.name
        return index.mark(name) != self.mark and (name in index or index.size < FULL_FROM)

    def known(self, draft: Draft) -> Entry:
        tags, intent = frozenset(map(str.casefold, self.tags)), intent_of_tool(draft, spoken(draft.name))
        return Entry(self.entry.name, self.entry.toolset, draft.effect, tags, self.mark, intent)


def _fits(index: Index, wanted: Query, name: str) -> bool:
    entry = index.entry(name)
    return entry is not None and wanted.fits(entry)


async def readable(catalog: Catalog, names: Sequence[str]) -> Sequence[Listed]:
    """What these names mean now, without those that a later release has written and this one cannot read."""
    try:
        return await catalog.current(names)
    except VersionUnreadable:
        if len(names) == 1:
            return ()
        return [one for name in names for one in await readable(catalog, [name])]
