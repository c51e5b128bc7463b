"""Threads of LangGraph's in runs: each is the state of the run of its name, and saved in the place of what was seen last."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from callgate.adapters.place import run_name
from callgate.aio import AsyncClient
from callgate.errors import ArtifactExpired, ArtifactNotFound, CallgateError, RunNotFound
from callgate.langgraph_seen import SeenThread, SeenThreads
from callgate.langgraph_state import BEGIN_AGAIN, Serializer, packed, require_own, unpacked
from callgate.langgraph_thread import Kept, Thread
from callgate.run_records import STATE_BYTES, RunRecord

MEDIA_TYPE = "application/vnd.callgate.langgraph"

Change = Callable[[Thread], Thread]


@dataclass(frozen=True, slots=True)
class RunThreads:
    """The verbs, over a client's asynchronous ones. One change of a thread at a time: the caller sees to that. `keep`:
    checkpoints of a namespace that are kept."""

    client: AsyncClient
    serializer: Serializer
    keep: int
    memory: SeenThreads = field(default_factory=SeenThreads, repr=False)

    async def read(self, thread_id: str) -> Thread:
        """The thread as it is kept. What this process goes on from stays as it is."""
        try:
            return (await self._found(await self.client.runs.get(run_name(thread_id)))).thread
        except RunNotFound:
            return Thread()

    async def begin(self, thread_id: str) -> Thread:
        """The thread as it is kept, from which this process goes on now."""
        run = run_name(thread_id)
        try:
            seen = await self._found(await self.client.runs.get(run))
        except RunNotFound:
            self.memory.found_none(run)
            return Thread()
        self.memory.keep(run, seen)
        return seen.thread

    async def find(self, thread_id: str, namespace: str, id: str | None) -> tuple[Thread, str, Kept] | None:
        """A checkpoint and its thread. The newest of a whole graph is always looked for anew, since another process may have
        gone on; any other is of the thread that this process goes on with. A graph that is invoked asks for one of the whole
        graph, so that one goes on from what is there."""
        seen = self.memory.get(run_name(thread_id)) if namespace or id else None
        if seen is not None and (found := seen.thread.find(namespace, id)):
            return seen.thread, *found
        thread = await (self.read(thread_id) if namespace else self.begin(thread_id))
        now = thread.find(namespace, id)
        return None if now is None else (thread, *now)

    async def change(self, thread_id: str, change: Change) -> None:
        """Save the changed thread. Raises RunStateMoved where another process has saved since this one has begun with it, for
        all changes until it begins anew; RunStateLost in the same way; and RunEnded, RunKilled, CallgateError."""
        run = run_name(thread_id)
        try:
            seen = self.memory.get(run) or await self._taken_up(run)
            changed = change(seen.thread).trimmed(self.keep)
            if changed == seen.thread:
                return
            self.memory.keep(run, await self._saved(run, seen, changed))
        except CallgateError:
            self.memory.drop(run)
            raise
        await self._deleted(seen.artifact)

    async def clear(self, thread_id: str) -> None:
        """Save a thread without a checkpoint in the place of what is there, also where that cannot be read, or is lost. Raises
        RequestInvalid where it is no thread."""
        run = run_name(thread_id)
        self.memory.drop(run)
        try:
            record = await self.client.runs.get(run)
        except RunNotFound:
            return
        with suppress(ArtifactNotFound, ArtifactExpired):
            content, record = await self._content(record)
            if content is None:
                return
            require_own(content)
        seen = SeenThread(Thread(), record.version, record.state_artifact)
        self.memory.keep(run, await self._saved(run, seen, seen.thread))
        await self._deleted(seen.artifact)

    async def _taken_up(self, run: str) -> SeenThread:
        """The thread as it is kept, if that is what this process goes on from. Its agent may have begun the run, with a plan of
        its own."""
        try:
            record = await self.client.runs.get(run)
        except RunNotFound:
            record = await self.client.runs.start(run)
        found = await self._found(record)
        self.memory.require_goes_on(run, found)
        self.memory.keep(run, found)
        return found

    async def _found(self, record: RunRecord) -> SeenThread:
        """Raises RequestInvalid where the run's state is none of these, or cannot be read, and ArtifactNotFound or
        ArtifactExpired where it is gone."""
        try:
            content, now = await self._content(record)
        except (ArtifactNotFound, ArtifactExpired) as error:
            raise _gone(error) from error
        thread = Thread() if content is None else unpacked(self.serializer, content)
        return SeenThread(thread, now.version, now.state_artifact)

    async def _content(self, record: RunRecord) -> tuple[bytes | None, RunRecord]:
        """The bytes of a run's state, and the run as it is with them."""
        content = record.state
        while record.state_artifact:
            try:
                return b"".join([piece async for piece in self.client.artifacts.read(record.state_artifact)]), record
            except (ArtifactNotFound, ArtifactExpired):
                # Another process has saved, and deleted it, in between.
                newer = await self.client.runs.get(record.run_id)
                if newer.state_artifact == record.state_artifact:
                    raise
                record, content = newer, newer.state
        return content, record

    async def _saved(self, run: str, seen: SeenThread, changed: Thread) -> SeenThread:
        content, artifact = packed(self.serializer, changed), ""
        if len(content) <= STATE_BYTES:
            version = await self.client.runs.save(run, content, version=seen.version)
        else:
            stored = await self.client.artifacts.put(content, media_type=MEDIA_TYPE)
            version, artifact = await self.client.runs.save(run, stored, version=seen.version), stored.id
        return SeenThread(changed, version, artifact)

    async def _deleted(self, artifact: str) -> None:
        if artifact:
            # It expires by itself, too.
            with suppress(CallgateError):
                await self.client.artifacts.delete(artifact)


def _gone(error: ArtifactNotFound | ArtifactExpired) -> CallgateError:
    return type(error)(
        f"the thread is lost: its state lay in an artifact that is gone ({error.message})",
        cure=f"An artifact goes by itself after CALLGATE_ARTIFACTS_HOURS, and a thread with it. {BEGIN_AGAIN}",
        reason=error.reason,
    )
