"""Threads of LangGraph's in runs: each is the state of the run of its name, and saved in the place of what was seen last."""

import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from callgate import checks
from callgate.adapters.place import run_name
from callgate.aio import AsyncClient
from callgate.errors import ArtifactNotFound, CallgateError, RunNotFound
from callgate.langgraph_thread import Kept, Thread
from callgate.run_records import STATE_BYTES, RunRecord

#: What a state begins with that was written here, with the number of its form.
FORM = b"callgate-langgraph-1 "
MEDIA_TYPE = "application/vnd.callgate.langgraph"
#: Threads of which a process remembers what it has seen.
REMEMBERED = 64

Change = Callable[[Thread], Thread]


class Serializer(Protocol):
    """LangGraph's."""

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]: ...

    def loads_typed(self, data: tuple[str, bytes]) -> Any: ...


@dataclass(frozen=True, slots=True)
class SeenThread:
    """A thread as it was seen last, in this version of its run's state. `artifact`: what has the state, where it is large."""

    thread: Thread
    version: int
    artifact: str = ""


class SeenThreads:
    """What a process has seen last of its threads, of those that it has used last."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, SeenThread] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, run: str) -> SeenThread | None:
        return self._seen.get(run)

    def keep(self, run: str, seen: SeenThread) -> None:
        """A reader may be slower than a writer: the newer version stays."""
        with self._lock:
            before = self._seen.pop(run, seen)
            self._seen[run] = before if before.version > seen.version else seen
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)

    def forget(self, run: str) -> None:
        with self._lock:
            self._seen.pop(run, None)


@dataclass(frozen=True, slots=True)
class RunThreads:
    """The verbs, over a client's asynchronous ones. One change of a thread at a time: the caller sees to that. `keep`:
    checkpoints of a namespace that are kept."""

    client: AsyncClient
    serializer: Serializer
    keep: int
    memory: SeenThreads = field(default_factory=SeenThreads, repr=False)

    async def read(self, thread_id: str) -> Thread:
        """The thread as it is kept."""
        run = run_name(thread_id)
        try:
            record = await self.client.runs.get(run)
        except RunNotFound:
            self.memory.forget(run)
            return Thread()
        return (await self._seen(run, record)).thread

    async def find(self, thread_id: str, namespace: str, id: str | None) -> tuple[Thread, str, Kept] | None:
        """A checkpoint and its thread. The newest of a whole graph is always looked for anew, since another process may have
        gone on; any other is of the thread that this process goes on with."""
        seen = self.memory.get(run_name(thread_id)) if namespace or id else None
        if seen is not None and (found := seen.thread.find(namespace, id)):
            return seen.thread, *found
        thread = await self.read(thread_id)
        now = thread.find(namespace, id)
        return None if now is None else (thread, *now)

    async def change(self, thread_id: str, change: Change) -> None:
        """Save the changed thread. Raises RunStateMoved where another process has saved since this one has seen it, and
        RunEnded, RunKilled, CallgateError. What was seen is forgotten then."""
        run = run_name(thread_id)
        try:
            seen = self.memory.get(run) or await self._seen(run, await self._begun(run))
            changed = change(seen.thread).trimmed(self.keep)
            if changed == seen.thread:
                return
            self.memory.keep(run, await self._saved(run, seen, changed))
        except CallgateError:
            self.memory.forget(run)
            raise
        if seen.artifact:
            # It expires by itself, too.
            with suppress(CallgateError):
                await self.client.artifacts.delete(seen.artifact)

    async def _begun(self, run: str) -> RunRecord:
        """Its agent may have begun the run, with a plan of its own."""
        try:
            return await self.client.runs.get(run)
        except RunNotFound:
            return await self.client.runs.start(run)

    async def _seen(self, run: str, record: RunRecord) -> SeenThread:
        """Raises RequestInvalid where the run's state is none of these."""
        content = record.state
        while record.state_artifact:
            try:
                content = b"".join([piece async for piece in self.client.artifacts.read(record.state_artifact)])
                break
            except ArtifactNotFound:
                # Another process has saved, and deleted it, in between.
                newer = await self.client.runs.get(run)
                if newer.state_artifact == record.state_artifact:
                    raise
                record, content = newer, newer.state
        seen = SeenThread(Thread() if content is None else self._unpacked(content), record.version, record.state_artifact)
        self.memory.keep(run, seen)
        return seen

    async def _saved(self, run: str, seen: SeenThread, changed: Thread) -> SeenThread:
        content, artifact = self._packed(changed), ""
        if len(content) <= STATE_BYTES:
            version = await self.client.runs.save(run, content, version=seen.version)
        else:
            stored = await self.client.artifacts.put(content, media_type=MEDIA_TYPE)
            version, artifact = await self.client.runs.save(run, stored, version=seen.version), stored.id
        return SeenThread(changed, version, artifact)

    def _packed(self, thread: Thread) -> bytes:
        kind, body = self.serializer.dumps_typed(thread.plain())
        return FORM + kind.encode() + b"\n" + zlib.compress(body)

    def _unpacked(self, content: bytes) -> Thread:
        head, _, body = content.partition(b"\n")
        if not head.startswith(FORM):
            raise checks.invalid(
                "the state of this run was not saved by a RunCheckpointer",
                "Give the graph's thread another name: a run has one state.",
            )
        return Thread.read(self.serializer.loads_typed((head.removeprefix(FORM).decode(), zlib.decompress(body))))
