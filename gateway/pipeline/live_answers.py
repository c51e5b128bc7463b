"""What has come of the streamed answers of calls under way here, for those who watch them. Bounded, and in memory alone.

A watcher takes what it has not seen, as fast as it likes: nothing is kept for it apart. What is not kept here, because it is
too much or the call has ended, a watcher reads from the call's result. So a slow one holds up neither the box nor the gateway.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field
from functools import partial

from registry.calling.answer_events import AnswerEvent, EventReader
from registry.model.media_types import is_stream
from sandbox.api.ports import Hear
from sandbox.api.result import Head

#: Bytes of one answer that are kept while it comes, and of all answers of a tenant.
OF_ANSWER, OF_TENANT = 1 << 20, 16 << 20

#: Bytes that are read at one time: of empty lines alone, that takes milliseconds.
STEP = 16 << 10

#: Bytes that an event takes beside its data.
OVERHEAD = 300

#: Whether there is room for so many bytes, which are then taken.
Take = Callable[[int], bool]


def has_live_events(head: Head) -> bool:
    """Whether an answer that begins so is told of by its events: a success, in UTF-8."""
    kind = (head.header("content-type") or "").lower()
    return 200 <= head.status < 300 and is_stream(kind) and ("charset" not in kind or "utf-8" in kind)  # noqa: PLR2004


@dataclass(slots=True)
class LiveAnswer:
    """One attempt's answer. It is read as its watchers ask: without any, it is never read. `over`: all of it was read here."""

    attempt: int
    reader: EventReader
    take: Take
    _: KW_ONLY
    events: list[AnswerEvent] = field(default_factory=list)
    over: bool = False
    _pending: bytearray = field(default_factory=bytearray)
    _size: int = 0
    _ended: bool = False
    _cut: bool = False

    def hear(self, piece: bytes) -> None:
        self._size += len(piece)
        self._cut = self._cut or self._size > OF_ANSWER or not self.take(len(piece))
        if not self._cut:
            self._pending += piece

    def end(self) -> None:
        """It has come to its end, and did not break off."""
        self._ended = True

    def is_beyond(self, told: int) -> bool:
        """Whether more has come than was kept here, and than a result has with so many bytes."""
        return self._cut and self._size > told

    def read_on(self) -> bool:
        """Read the next step. Whether there was anything to read."""
        if not self._pending:
            if not self._ended or self._cut or self.over:
                return False
            self.over = True
            self._add(self.reader.end())
            return True
        piece = bytes(self._pending[:STEP])
        del self._pending[:STEP]
        self._add(self.reader.feed(piece))
        return True

    def _add(self, events: list[AnswerEvent]) -> None:
        if events and not self.take(OVERHEAD * len(events)):
            self._cut, self.over = True, False
            self._pending.clear()
        else:
            self.events += events


class LiveCall:
    """The answers of one call's attempts, in their order. `news` is done as soon as there is more of one."""

    def __init__(self, take: Take) -> None:
        self.answers: list[LiveAnswer] = []
        self.holders = 0
        self._take = take
        self.news: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def hear(self, attempt: int) -> Hear:
        """What is to be told of the answer of this attempt."""

        def hear(head: Head, piece: bytes) -> None:
            if not has_live_events(head):
                return
            if not self.answers or self.answers[-1].attempt != attempt:
                self.answers.append(LiveAnswer(attempt, EventReader(head.header("content-type") or ""), self._take))
            self.answers[-1].hear(piece)
            self._tell()

        return hear

    def end(self, attempt: int) -> None:
        if self.answers and self.answers[-1].attempt == attempt:
            self.answers[-1].end()
            self._tell()

    def _tell(self) -> None:
        told, self.news = self.news, asyncio.get_running_loop().create_future()
        told.set_result(None)


class LiveAnswers:
    """Those of this gateway's calls. A call is kept for as long as an attempt or a watcher holds it."""

    def __init__(self, most: int = OF_TENANT) -> None:
        self._most = most
        self._calls: dict[tuple[str, str], LiveCall] = {}
        self._sizes: Counter[tuple[str, str]] = Counter()
        self._held: Counter[str] = Counter()

    @contextmanager
    def of(self, tenant: str, id: str) -> Iterator[LiveCall]:
        key = tenant, id
        call = self._calls.setdefault(key, LiveCall(partial(self._take, key)))
        call.holders += 1
        try:
            yield call
        finally:
            call.holders -= 1
            if not call.holders:
                del self._calls[key]
                self._held[tenant] -= self._sizes.pop(key, 0)

    def _take(self, key: tuple[str, str], size: int) -> bool:
        fits = self._held[key[0]] + size <= self._most
        if fits:
            self._sizes[key] += size
            self._held[key[0]] += size
        return fits
