"""Redis: the connection, the Functions, and whether its promises can be relied on."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.resources import files
from time import monotonic
from typing import Any

from gateway.model.redis_place import Address
from gateway.model.redis_settings import RedisSettings
from gateway.model.store_standing import StoreStanding
from gateway.records.redis.command_connections import CommandConnections
from gateway.records.redis.durability import AppendOnlyFile, Durability, append_only_file_of, durability_of
from gateway.records.redis.replica_demand import ReplicaDemand
from gateway.records.redis.standing import replicas_in, standing_of
from gateway.records.redis.trust import Trust
from gateway.records.redis.wire.connections import Route
from gateway.records.redis.wire.failures import FAILURES, lost_server, refusal, says_no_functions, says_unknown_function
from gateway.records.redis.wire.lateness import LoopLateness

LIBRARIES = (
    "ledger.lua",
    "catalog.lua",
    "box_registry.lua",
    "host_registry.lua",
    "recordings.lua",
    "principals.lua",
    "token_states.lua",
    "exchanges.lua",
)
#: The files of a library that follow its first.
FURTHER = {"ledger.lua": ("runs.lua",)}

#: Seconds for connecting and for a reply. Redis answers in about one millisecond: what takes longer will not come,
#: and a caller is to be refused within 500 ms.
PATIENCE = 0.45

#: Seconds for what no caller waits for.
UNHURRIED = 5.0

#: As many calls as one tenant may have under way.
CONNECTIONS = 64

#: Connections that may wait for events, each for one caller.
WATCHERS = 1024

TRIAL = "cg:{trial}"

#: A library that no server takes, because it has no Functions; before a server says so, it looks whether the user may load any.
EMPTY_LIBRARY = "#!lua name=callgate_trial\nlocal none = 0\n"

Value = str | bytes | int | float


def library(name: str) -> str:
    """The Functions of a library: its files, one after another."""
    room = files("gateway.records.redis")
    return "".join(room.joinpath(file).read_text() for file in (name, *FURTHER.get(name, ())))


class Store:
    """One Redis or Valkey of version 7 or later: a server, or the primary that Sentinels name.

    Every method raises StoreUnavailable where it does not answer in time, or not as it should; the error names the cure.
    """

    def __init__(self, settings: RedisSettings) -> None:
        """Raises StoreMisconfigured where a file that the settings name cannot be read."""
        self._settings = settings
        self._route = Route(settings, PATIENCE, self._moved)
        self._client = self._route.client(CONNECTIONS)
        self._waiting = self._route.client(WATCHERS)
        self._command_connections = CommandConnections(self._client.connection_pool.make_connection, CONNECTIONS)
        self._lateness = LoopLateness()
        self._trust = Trust(self._durability, settings.declared)
        self._demand = ReplicaDemand(settings.wait, settings.wait_ms, settings.wait_fsynced)
        self._servers: set[Address] = set()
        self._libraries = [library(name) for name in LIBRARIES]

    async def open(self) -> None:
        """Load the Functions and check the durability settings. Raises StoreUntrusted."""
        await self.check_durability()
        await self.load_functions()

    async def close(self) -> None:
        self._lateness.stop()
        await self._trust.close()
        await self._route.close()
        await self._command_connections.disconnect()
        await self._client.aclose()
        await self._waiting.aclose()

    async def load_functions(self) -> None:
        async with self._answering(UNHURRIED):
            await self._load()

    async def check_durability(self) -> None:
        """Raise StoreUntrusted where Redis may lose or evict what it has acknowledged. Nothing new is begun on it then."""
        await self._trust.check()

    def require_trusted(self) -> None:
        """Raise StoreUntrusted where the last check found fault with Redis; StoreUnavailable while a new primary is checked."""
        self._trust.require()

    async def answers(self) -> None:
        """Raise StoreUnavailable where Redis does not answer now, StoreUntrusted where the last check found fault with it."""
        async with self._answering():
            await self._client.ping()
        self.require_trusted()

    async def try_to_write(self) -> None:
        """Write what is gone a second later: what keeps Redis from it is found before a call meets it."""
        await self.keep_value(TRIAL, b"", 1.0)

    async def try_functions(self) -> None:
        """See that Functions may be loaded, and run one, which writes what is gone a second later."""
        async with self._answering(UNHURRIED):
            try:
                await self._client.function_load(EMPTY_LIBRARY)
            except FAILURES as error:
                if not says_no_functions(error):
                    raise
        await self.call("callgate_number", [f"{TRIAL}:take"], ["trial", "trial", 1000])

    @property
    def servers(self) -> set[Address]:
        """Every server of the data that was seen: primaries, and their replicas."""
        return self._servers | self._route.primaries

    async def standing(self) -> StoreStanding:
        """How the server, its replicas and its Sentinels stand."""
        async with self._answering(UNHURRIED):
            return await standing_of(self._client, self._route, self._settings, told=self._trust.told)

    @property
    def destination(self) -> str:
        """Where the data is now, for people."""
        return self._route.destination

    async def append_only_file(self) -> AppendOnlyFile:
        async with self._answering():
            return append_only_file_of(await self._client.info("server"), await self._client.info("persistence"))

    async def rewrite_append_only_file(self) -> None:
        """Let the server write the file anew, without what was deleted; it goes on with that. Raises StoreMisconfigured."""
        async with self._answering(UNHURRIED):
            await self._client.bgrewriteaof()

    async def take(self, key: str, seconds: float) -> bool:
        """Whether no other gateway has taken it in so many seconds."""
        async with self._answering():
            return bool(await self._client.set(key, b"", nx=True, px=int(seconds * 1000)))

    async def memory(self) -> int:
        """Bytes that the server's data and its book-keeping take."""
        async with self._answering():
            return int((await self._client.info("memory"))["used_memory"])

    async def call(self, function: str, keys: Sequence[str], args: Sequence[Value], *, replicated: bool = False) -> list[Any]:
        """Call one Function; load the library first where the server has lost it (an empty or replaced server).

        `replicated`: return only when as many replicas have what it wrote as the operator asks for. Raises ReplicasBehind: then
        the primary has it, and they may not.
        """
        demand = self._demand if replicated and self._demand.count else None
        command = "FCALL", function, len(keys), *keys, *args
        ask = partial(self._command_connections.ask, *command, then=demand.met if demand else None)
        async with self._answering(PATIENCE + (demand.seconds if demand else 0.0)):
            try:
                reply = await ask()
            except FAILURES as error:
                if not says_unknown_function(error):
                    raise
                await self._load()
                reply = await ask()
        return list(reply)

    @asynccontextmanager
    async def _answering(self, patience: float = PATIENCE) -> AsyncIterator[None]:
        begun = monotonic()
        self._lateness.watch()
        try:
            async with asyncio.timeout(patience):  # for all of it: a connection, a place on the wire, and the reply
                yield
        except FAILURES as error:
            late, waited = self._lateness.since(begun), monotonic() - begun
            if lost_server(error):
                # A server that has gone took all connections with it: the idle ones would fail one by one, each with a call.
                await self._drop_idle()
            if lost_server(error) or isinstance(error, TimeoutError):
                self._route.suspect()
            raise refusal(error, late=late, waited=waited) from error

    async def _drop_idle(self) -> None:
        await self._client.connection_pool.disconnect(inuse_connections=False)
        await self._command_connections.disconnect()

    def _moved(self) -> None:
        """Another server is the primary. Connections to the last one are made anew when they are used."""
        self._trust.doubt()

    async def _durability(self) -> Durability:
        async with self._answering(UNHURRIED):
            durability = await durability_of(self._client)
            self._servers.update(replicas_in(await self._client.info("replication")))
            await self._demand.try_out(self._client.execute_command)
            return durability

    async def load_library(self, library: str) -> None:
        """One library of Functions, in the place of the one of its name."""
        async with self._answering(UNHURRIED):
            await self._client.function_load(library, replace=True)

    async def _load(self) -> None:
        for library in self._libraries:
            await self._client.function_load(library, replace=True)

    async def hash(self, key: str) -> dict[bytes, bytes]:
        async with self._answering():
            return dict(await self._client.hgetall(key))

    async def fields(self, key: str) -> list[str]:
        async with self._answering():
            return [field.decode() for field in await self._client.hkeys(key)]

    async def hash_values(self, key: str, fields: Sequence[str]) -> list[bytes | None]:
        async with self._answering():
            return list(await self._client.hmget(key, list(fields)))

    async def now_and_values(self, key: str, fields: Sequence[str]) -> tuple[int, list[bytes | None]]:
        """The store's clock (milliseconds), and fields of a hash at that moment."""
        async with self._answering(), self._client.pipeline(transaction=True) as together:
            together.time()
            together.hmget(key, list(fields))
            (seconds, micros), values = await together.execute()
        return seconds * 1000 + micros // 1000, list(values)

    async def keep_fields(self, key: str, fields: Mapping[str, bytes], seconds: float) -> None:
        """Set fields of a hash, which is kept for so long from now on."""
        async with self._answering(), self._client.pipeline(transaction=True) as together:
            together.hset(key, mapping=dict(fields))
            together.pexpire(key, int(seconds * 1000))
            await together.execute()

    async def value(self, key: str) -> bytes | None:
        async with self._answering():
            found: bytes | None = await self._client.get(key)
        return found

    async def keep_value(self, key: str, value: bytes, seconds: float) -> None:
        async with self._answering():
            await self._client.set(key, value, px=max(1, int(seconds * 1000)))

    async def delete(self, *keys: str) -> None:
        async with self._answering():
            await self._client.delete(*keys)

    async def cardinality(self, key: str) -> int:
        """How many members a sorted set has."""
        async with self._answering():
            return int(await self._client.zcard(key))

    async def in_sorted_set(self, key: str, member: str) -> bool:
        async with self._answering():
            return await self._client.zscore(key, member) is not None

    async def each_hash_value(self, wanted: Sequence[tuple[str, str]]) -> list[bytes | None]:
        """One field of each of many hashes, in one round trip."""
        if not wanted:
            return []
        async with self._answering():
            pipeline = self._client.pipeline(transaction=False)
            for key, field in wanted:
                pipeline.hget(key, field)
            return list(await pipeline.execute())

    async def each_hash(self, keys: Sequence[str]) -> list[dict[bytes, bytes]]:
        """Many hashes whole, in one round trip."""
        if not keys:
            return []
        async with self._answering():
            pipeline = self._client.pipeline(transaction=False)
            for key in keys:
                pipeline.hgetall(key)
            return [dict(one) for one in await pipeline.execute()]

    async def each_hash_values(self, keys: Sequence[str], fields: Sequence[str]) -> list[list[bytes | None]]:
        """Some fields of each of many hashes, in one round trip."""
        if not keys:
            return []
        async with self._answering():
            pipeline = self._client.pipeline(transaction=False)
            for key in keys:
                pipeline.hmget(key, list(fields))
            return [list(one) for one in await pipeline.execute()]

    async def names_after(self, key: str, after: str, limit: int) -> list[str]:
        """Members of a sorted set whose scores are all equal, in the order of their bytes."""
        lowest = f"({after}" if after else "-"
        async with self._answering():
            found = await self._client.zrange(key, lowest, "+", bylex=True, offset=0, num=limit)
        return [name.decode() for name in found]

    async def put(self, key: str, field: str, value: Value) -> None:
        async with self._answering():
            await self._client.hset(key, field, value)

    async def remove_field(self, key: str, field: str) -> None:
        async with self._answering():
            await self._client.hdel(key, field)

    async def add_to_set(self, key: str, member: str) -> None:
        async with self._answering():
            await self._client.sadd(key, member)

    async def remove_from_set(self, key: str, member: str) -> None:
        async with self._answering():
            await self._client.srem(key, member)

    async def primary_id(self) -> str:
        """The server's replication id: another server has another one."""
        async with self._answering():
            return str((await self._client.info("replication"))["master_replid"])

    async def members(self, key: str) -> list[str]:
        async with self._answering():
            return [member.decode() for member in await self._client.smembers(key)]

    async def now(self) -> int:
        """Milliseconds of the server's clock."""
        async with self._answering():
            seconds, micros = await self._client.time()
        return int(seconds * 1000 + micros // 1000)

    async def scored(self, key: str, low: float, high: float, *, skip: int, limit: int) -> list[tuple[str, float]]:
        """Up to `limit` members of a sorted set with scores from `low` to `high`, in order, without the first `skip`."""
        async with self._answering():
            found = await self._client.zrangebyscore(key, low, high, start=skip, num=limit, withscores=True)
        return [(member.decode(), score) for member, score in found]

    async def scored_back(self, key: str, high: float, *, limit: int) -> list[tuple[str, float]]:
        """Up to `limit` members of a sorted set with scores up to `high`, the highest first."""
        async with self._answering():
            found = await self._client.zrevrangebyscore(key, high, "-inf", start=0, num=limit, withscores=True)
        return [(member.decode(), score) for member, score in found]

    async def stream(self, key: str, after: int, *, block: float) -> list[tuple[int, dict[str, str]]]:
        """Entries with greater numbers; waits up to `block` seconds for the first."""
        async with self._answering(block + PATIENCE):
            reply = await self._waiting.xread({key: f"{after}-0"}, block=max(1, int(block * 1000)))
        entries = reply.get(key.encode(), [[]])[0] if isinstance(reply, dict) else (reply[0][1] if reply else [])
        return [(int(id.partition(b"-")[0]), {k.decode(): v.decode() for k, v in fields.items()}) for id, fields in entries]

    async def stream_back(
        self, key: str, before: tuple[int, int] | None, limit: int
    ) -> list[tuple[tuple[int, int], dict[bytes, bytes]]]:
        """Up to `limit` entries with their places, the newest first: those before that place."""
        high = f"({before[0]}-{before[1]}" if before else "+"
        async with self._answering():
            entries = await self._client.xrevrange(key, max=high, count=limit)
        return [
            ((int(time), int(order)), fields) for (time, _, order), fields in ((id.partition(b"-"), f) for id, f in entries)
        ]
