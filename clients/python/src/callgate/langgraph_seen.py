"""What a process has seen last of its threads, and from which version of each its graph goes on."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from callgate.errors import CallgateError, RunStateLost, RunStateMoved
from callgate.langgraph_thread import Thread

#: Threads that a process remembers whole, and those of which it remembers the version.
REMEMBERED, VERSIONS = 64, 10_000


@dataclass(frozen=True, slots=True)
class SeenThread:
    """A thread as it was seen last, in this version of its run's state. `artifact`: what has the state, where it is large."""

    thread: Thread
    version: int
    artifact: str = ""


class SeenThreads:
    """Of those that it has used last."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, SeenThread] = OrderedDict()
        self._versions: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, run: str) -> SeenThread | None:
        return self._seen.get(run)

    def keep(self, run: str, seen: SeenThread) -> None:
        """The graph goes on from here. A reader may be slower than a writer: the newer version stays."""
        with self._lock:
            before = self._seen.pop(run, seen)
            newer = before if before.version > seen.version else seen
            self._seen[run] = newer
            _bound(self._seen, REMEMBERED)
            self._go_on_from(run, newer.version)

    def found_none(self, run: str) -> None:
        """The graph begins the thread."""
        with self._lock:
            self._seen.pop(run, None)
            self._go_on_from(run, 0)

    def _go_on_from(self, run: str, version: int) -> None:
        self._versions.pop(run, None)
        self._versions[run] = version
        _bound(self._versions, VERSIONS)

    def drop(self, run: str) -> None:
        """What was seen may not be what is kept. The version stays: it is what the graph has gone on from."""
        with self._lock:
            self._seen.pop(run, None)

    def require_goes_on(self, run: str, found: SeenThread) -> None:
        """Raises RunStateMoved and RunStateLost where the graph has gone on from another version than this one: what it writes
        must not replace what it has not seen. So a graph that has lost its thread once has lost it for all its writes."""
        version = self._versions.get(run, found.version)
        if found.version > version:
            raise _told(RunStateMoved, found.version, version, "Another process goes on with this thread.")
        if found.version < version:
            raise _told(RunStateLost, found.version, version, "The store has lost what it acknowledged.")


def _bound(remembered: OrderedDict[str, Any], most: int) -> None:
    while len(remembered) > most:
        remembered.popitem(last=False)


def _told(kind: type[CallgateError], kept: int, seen: int, why: str) -> CallgateError:
    return kind(
        f"version {kept} of the thread is kept, and this graph goes on from version {seen}",
        cure=f"{why} Stop, or invoke the graph anew: it goes on from what is there.",
        run_version=kept,
    )
