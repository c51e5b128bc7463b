"""Redis: the connection, the Functions, and whether its promises can be relied on. The only module that imports redis."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from gateway.model.errors import StoreUnavailable, StoreUntrusted
from gateway.records.redis.command_connections import CommandConnections

log = structlog.get_logger(__name__)

#: Without these an acknowledged transition can be lost, and with it the promise that a call acts at most once.
REQUIRED = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}

LIBRARIES = ("ledger.lua", "catalog.lua", "box_registry.lua", "host_registry.lua", "recordings.lua")

#: Seconds for connecting and for a reply. Redis answers in about one millisecond: what takes longer will not come,
#: and a caller is to be refused within 500 ms.
PATIENCE = 0.45

#: Seconds for what no caller waits for.
UNHURRIED = 5.0

#: As many calls as one tenant may have under way.
CONNECTIONS = 64

#: Connections that may wait for events, each for one caller.
WATCHERS = 1024

Value = str | bytes | int | float


class Store:
    """One Redis or Valkey of version 7 or later. Every method raises StoreUnavailable where it does not answer in time."""

    def __init__(self, url: str, *, password: str | None = None) -> None:
        self._client = self._connect(url, password, CONNECTIONS)
        self._waiting = self._connect(url, password, WATCHERS)
        self._command_connections = CommandConnections(self._client.connection_pool.make_connection, CONNECTIONS)
        self._distrust: StoreUntrusted | None = None
        self._libraries = [files("gateway.records.redis").joinpath(name).read_text() for name in LIBRARIES]

    @staticmethod
    def _connect(url: str, password: str | None, connections: int) -> Any:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            timeout=PATIENCE,
            password=password,
            socket_connect_timeout=PATIENCE,
            socket_timeout=None,  # `_answering` bounds it all; the client would make a task of each command to do so
            retry=Retry(NoBackoff(), 0),  # a transition whose reply was lost must not be sent a second time unseen
        )
        return Redis.from_pool(pool)

    async def open(self) -> None:
        """Load the Functions and check the durability settings. Raises StoreUntrusted."""
        await self.check_durability()
        await self.load_functions()

    async def close(self) -> None:
        await self._command_connections.disconnect()
        await self._client.aclose()
        await self._waiting.aclose()

    async def load_functions(self) -> None:
        async with self._answering(UNHURRIED):
            await self._load()

    async def check_durability(self) -> None:
        """Raise StoreUntrusted where Redis may lose or evict what it has acknowledged. Nothing new is begun on it then."""
        async with self._answering(UNHURRIED):
            settings = {name: (await self._client.config_get(name)).get(name) for name in REQUIRED}
            persistence = await self._client.info("persistence")
        wrong = [f"{name} is {settings[name]}, not {value}" for name, value in REQUIRED.items() if settings[name] != value]
        if persistence.get("aof_last_write_status", "ok") != "ok":
            wrong.append("its last write to the append-only file failed")
        self._distrust = StoreUntrusted(f"Redis cannot be trusted with outcomes: {'; '.join(wrong)}") if wrong else None
        self.require_trusted()

    def require_trusted(self) -> None:
        """Raise StoreUntrusted where the last check found fault with Redis."""
        if self._distrust is not None:
            raise self._distrust

    async def answers(self) -> None:
        """Raise StoreUnavailable where Redis does not answer now, StoreUntrusted where the last check found fault with it."""
        async with self._answering():
            await self._client.ping()
        self.require_trusted()

    async def version(self) -> str:
        async with self._answering():
            server = await self._client.info("server")
        return str(server.get("valkey_version") or server["redis_version"])

    async def memory(self) -> int:
        """Bytes that the server's data and its book-keeping take."""
        async with self._answering():
            return int((await self._client.info("memory"))["used_memory"])

    async def call(self, function: str, keys: Sequence[str], args: Sequence[Value]) -> list[Any]:
        """Call one Function; load the library first where the server has lost it (an empty or replaced server)."""
        async with self._answering():
            try:
                reply = await self._command_connections.ask("FCALL", function, len(keys), *keys, *args)
            except ResponseError as error:
                if "function not found" not in str(error).lower():
                    raise
                await self._load()
                reply = await self._command_connections.ask("FCALL", function, len(keys), *keys, *args)
        return list(reply)

    @asynccontextmanager
    async def _answering(self, patience: float = PATIENCE) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(patience):  # for all of it: a connection, a place on the wire, and the reply
                yield
        except (ConnectionError, RedisConnectionError) as error:
            # A server that has gone took all connections with it: the idle ones would fail one by one, each with a call.
            await self._client.connection_pool.disconnect(inuse_connections=False)
            await self._command_connections.disconnect()
            raise _unavailable(error) from error
        except (RedisError, OSError, TimeoutError) as error:
            raise _unavailable(error) from error

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

    async def names_after(self, key: str, after: str, limit: int) -> list[str]:
        """Members of a sorted set whose scores are all equal, in the order of their bytes."""
        lowest = f"({after}" if after else "-"
        async with self._answering():
            found = await self._client.zrange(key, lowest, "+", bylex=True, offset=0, num=limit)
        return [name.decode() for name in found]

    async def put(self, key: str, field: str, value: Value) -> None:
        async with self._answering():
            await self._client.hset(key, field, value)

    async def add_to_set(self, key: str, member: str) -> None:
        async with self._answering():
            await self._client.sadd(key, member)

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

    async def stream(self, key: str, after: int, *, block: float) -> list[tuple[int, dict[str, str]]]:
        """Entries with greater numbers; waits up to `block` seconds for the first."""
        async with self._answering(block + PATIENCE):
            reply = await self._waiting.xread({key: f"{after}-0"}, block=max(1, int(block * 1000)))
        entries = reply.get(key.encode(), [[]])[0] if isinstance(reply, dict) else (reply[0][1] if reply else [])
        return [(int(id.partition(b"-")[0]), {k.decode(): v.decode() for k, v in fields.items()}) for id, fields in entries]


def _unavailable(error: Exception) -> StoreUnavailable:
    return StoreUnavailable(f"Redis did not do as asked: {type(error).__name__}: {error}")


def read_password(path: Path | None) -> str | None:
    """The password in a file, without its last line feed; None without a file."""
    return path.read_text().rstrip("\n") if path else None
