"""A checkpoint saver of LangGraph's that keeps a graph's state in the run: `from callgate.langgraph import RunCheckpointer`.

A thread is the run of the same name, and its checkpoints are that run's state. So an agent goes on from its run alone, on
whatever machine; of two processes that go on with one thread, one saves; and who kills the run stops the graph.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from secrets import token_hex
from typing import Any
from weakref import WeakValueDictionary

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.serde.base import SerializerProtocol

from callgate import checks
from callgate.aio import AsyncClient
from callgate.blocking import blocking
from callgate.client import Client
from callgate.langgraph_state import dumped, loaded
from callgate.langgraph_store import Change, RunThreads
from callgate.langgraph_thread import Kept, Name, Thread, Write

#: Checkpoints of a namespace that are kept, where its maker says no other number.
KEEP = 16


@dataclass(frozen=True, slots=True)
class _BlockingThreads:
    _asynchronous: RunThreads

    read = blocking(RunThreads.read)
    begin = blocking(RunThreads.begin)
    find = blocking(RunThreads.find)
    change = blocking(RunThreads.change)
    clear = blocking(RunThreads.clear)


@dataclass(slots=True, weakref_slot=True)
class _Turn:
    """Whose turn it is to change a thread: that of a thread of this program, or of a task of its event loop."""

    blocks: threading.Lock = field(default_factory=threading.Lock)
    awaits: asyncio.Lock = field(default_factory=asyncio.Lock)


class RunCheckpointer(BaseCheckpointSaver[str]):
    """For `compile(checkpointer=…)` and `create_agent`. With a Client, all works; with an AsyncClient, only what is awaited.

    `keep`: how many checkpoints of a graph are kept, the newest ones, and of each subgraph. What they need of older ones is
    kept, too. A state of more than 1 MiB lies in an artifact. `serde`: LangGraph's serializer; an `EncryptedSerializer` keeps
    the state from those who may see the run. Its verbs raise RunStateMoved where another process has gone on with the thread,
    until the graph is invoked anew, RunEnded and RunKilled where its run is over, and CallgateError.
    """

    def __init__(self, client: Client | AsyncClient, *, keep: int = KEEP, serde: SerializerProtocol | None = None) -> None:
        super().__init__(serde=serde)
        if checks.count("number of checkpoints to keep", keep) < 1:
            raise checks.invalid("a graph cannot go on without a checkpoint", "Give keep=1, or more.")
        self._blocks = isinstance(client, Client)
        self._threads = RunThreads(client._asynchronous if isinstance(client, Client) else client, self.serde, keep)
        self._turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()
        self._starting = threading.Lock()

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        found = self._blocking.find(*_asked(config))
        return None if found is None else self._tuple(_thread_id(config), _namespace(config), *found)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        if self._blocks:
            return await asyncio.to_thread(self.get_tuple, config)
        found = await self._threads.find(*_asked(config))
        return None if found is None else self._tuple(_thread_id(config), _namespace(config), *found)

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002 - LangGraph's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """Of one thread: a config must name it."""
        named = _required(config)
        yield from self._listed(self._blocking.read(_thread_id(named)), named, filter, before, limit)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002 - LangGraph's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """As `list`."""
        named = _required(config)
        for one in self._listed(await self._read(_thread_id(named)), named, filter, before, limit):
            yield one

    def put(
        self, config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata, new_versions: ChannelVersions
    ) -> RunnableConfig:
        stored, change = self._put(config, checkpoint, metadata, new_versions)
        self._change(_thread_id(config), change)
        return stored

    async def aput(
        self, config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata, new_versions: ChannelVersions
    ) -> RunnableConfig:
        stored, change = self._put(config, checkpoint, metadata, new_versions)
        await self._change_async(_thread_id(config), change)
        return stored

    def put_writes(self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = "") -> None:
        self._change(_thread_id(config), self._writes(config, writes, task_id, task_path))

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        await self._change_async(_thread_id(config), self._writes(config, writes, task_id, task_path))

    def delete_thread(self, thread_id: str) -> None:
        """The thread has no checkpoint then, also where it could not be read. Its run, and what it called, stay on record."""
        with self._turn(thread_id).blocks:
            self._blocking.clear(thread_id)

    async def adelete_thread(self, thread_id: str) -> None:
        """As `delete_thread`."""
        if self._blocks:
            await asyncio.to_thread(self.delete_thread, thread_id)
            return
        async with self._turn(thread_id).awaits:
            await self._threads.clear(thread_id)

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        deletes = _deletes(strategy)
        for thread_id in thread_ids:
            if deletes:
                self.delete_thread(thread_id)
            elif self._blocking.begin(thread_id) != Thread():
                self._change(thread_id, _newest)

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        deletes = _deletes(strategy)
        for thread_id in thread_ids:
            if deletes:
                await self.adelete_thread(thread_id)
            elif await self._begin(thread_id) != Thread():
                await self._change_async(thread_id, _newest)

    def copy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        source = self._blocking.read(source_thread_id)
        self._blocking.begin(target_thread_id)
        self._change(target_thread_id, lambda _: source)

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        source = await self._read(source_thread_id)
        await self._begin(target_thread_id)
        await self._change_async(target_thread_id, lambda _: source)

    def get_next_version(self, current: str | None, channel: None) -> str:
        """One more, and different in each branch of a thread: two of them may reach the same number with different values."""
        number = 0 if current is None else int(str(current).partition(".")[0])
        return f"{number + 1:032}.{token_hex(8)}"

    @property
    def _blocking(self) -> _BlockingThreads:
        """Raises RequestInvalid."""
        if not self._blocks:
            raise checks.invalid(
                "an AsyncClient cannot be waited for in a program without an event loop",
                "Give a Client, or call the graph by `ainvoke` and its like.",
            )
        return _BlockingThreads(self._threads)

    async def _read(self, thread_id: str) -> Thread:
        if self._blocks:
            return await asyncio.to_thread(self._blocking.read, thread_id)
        return await self._threads.read(thread_id)

    async def _begin(self, thread_id: str) -> Thread:
        if self._blocks:
            return await asyncio.to_thread(self._blocking.begin, thread_id)
        return await self._threads.begin(thread_id)

    def _turn(self, thread_id: str) -> _Turn:
        with self._starting:
            return self._turns.setdefault(thread_id, _Turn())

    def _change(self, thread_id: str, change: Change) -> None:
        turn = self._turn(thread_id)
        with turn.blocks:
            self._blocking.change(thread_id, change)

    async def _change_async(self, thread_id: str, change: Change) -> None:
        if self._blocks:
            await asyncio.to_thread(self._change, thread_id, change)
            return
        turn = self._turn(thread_id)
        async with turn.awaits:
            await self._threads.change(thread_id, change)

    def _put(
        self, config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata, new_versions: ChannelVersions
    ) -> tuple[RunnableConfig, Change]:
        """Where the checkpoint is found then, and how it changes its thread."""
        told = get_checkpoint_metadata(config, metadata)
        present = checkpoint["channel_values"]
        values = {name: dumped(self.serde, present[name]) for name in new_versions if name in present}
        kept = Kept(
            self.serde.dumps_typed({name: value for name, value in checkpoint.items() if name != "channel_values"}),
            self.serde.dumps_typed(told),
            config["configurable"].get("checkpoint_id"),
            dict(checkpoint["channel_versions"]),
            dict(told.get("parents", {})),
            sorted(told.get("counters_since_delta_snapshot", {})),
        )
        name = _namespace(config), checkpoint["id"]
        return _config(_thread_id(config), name), lambda thread: thread.with_checkpoint(name, kept, values)

    def _writes(self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task: str, path: str) -> Change:
        name = _namespace(config), config["configurable"]["checkpoint_id"]
        told = [
            Write(task, WRITES_IDX_MAP.get(channel, number), path, channel, dumped(self.serde, value))
            for number, (channel, value) in enumerate(writes)
        ]
        return lambda thread: thread.with_writes(name, told)

    def _listed(
        self,
        thread: Thread,
        config: RunnableConfig,
        wanted: Mapping[str, Any] | None,
        before: RunnableConfig | None,
        limit: int | None,
    ) -> Iterator[CheckpointTuple]:
        only, end = config["configurable"].get("checkpoint_id"), (before or {}).get("configurable", {}).get("checkpoint_id")
        namespace = config["configurable"].get("checkpoint_ns")
        names = [
            (name, id)
            for name, there in thread.namespaces.items()
            for id in sorted(there, reverse=True)
            if namespace in (None, name) and only in (None, id) and (end is None or id < end)
        ]
        left = limit
        for name, id in names:
            if left is not None and left <= 0:
                return
            one = self._tuple(_thread_id(config), name, thread, id, thread.namespaces[name][id])
            if all(one.metadata.get(key) == value for key, value in (wanted or {}).items()):
                left = None if left is None else left - 1
                yield one

    def _tuple(self, thread_id: str, namespace: str, thread: Thread, id: str, kept: Kept) -> CheckpointTuple:
        load, whole = self.serde.loads_typed, partial(loaded, self.serde)
        names = {channel: (namespace, channel, version) for channel, version in kept.versions.items()}
        values = {channel: whole(thread.values[name]) for channel, name in names.items() if name in thread.values}
        checkpoint: Any = {**load(kept.checkpoint), "channel_values": values}
        return CheckpointTuple(
            _config(thread_id, (namespace, id)),
            checkpoint,
            load(kept.metadata),
            _config(thread_id, (namespace, kept.parent)) if kept.parent else None,
            [(one.task, one.channel, whole(one.value)) for one in thread.written(namespace, id)],
        )


def _thread_id(config: RunnableConfig) -> str:
    found: str = config["configurable"]["thread_id"]
    return found


def _namespace(config: RunnableConfig) -> str:
    found: str = config["configurable"].get("checkpoint_ns", "")
    return found


def _asked(config: RunnableConfig) -> tuple[str, str, str | None]:
    return _thread_id(config), _namespace(config), config["configurable"].get("checkpoint_id")


def _config(thread_id: str, name: Name) -> RunnableConfig:
    namespace, id = name
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": namespace, "checkpoint_id": id}}


def _required(config: RunnableConfig | None) -> RunnableConfig:
    """Raises RequestInvalid."""
    if config is None or "thread_id" not in config.get("configurable", {}):
        raise checks.invalid(
            "the checkpoints of all threads cannot be listed at once",
            "Give a config with a thread_id; client.runs.list answers which runs there are.",
        )
    return config


def _newest(thread: Thread) -> Thread:
    return thread.trimmed(1)


def _deletes(strategy: str) -> bool:
    """Raises RequestInvalid."""
    strategies = {"keep_latest": False, "delete": True}
    if strategy not in strategies:
        raise checks.invalid(f"there is no strategy {strategy!r}", f"Take one of: {', '.join(strategies)}.")
    return strategies[strategy]
