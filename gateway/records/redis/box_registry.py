"""The box registry in Redis: one for all gateways, on whatever hosts. The keys are told in `box_registry.lua`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import astuple

import orjson

from gateway.model.errors import StoreUnavailable
from gateway.records.redis.client import Store
from sandbox.api.errors import BoxRegistryUnavailable
from sandbox.reaping.box_registry import Absent, BoxPlace

THERE, GONE = "cg:{boxes}:there", "cg:{boxes}:gone"

#: Milliseconds for which a tombstone is kept: longer than any record asks for its box.
KEPT = 7 * 86_400_000


class RedisBoxRegistry:
    """See `sandbox.reaping.box_registry.BoxRegistry` for the promises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def enter(self, name: str, place: BoxPlace) -> None:
        async with _answering():
            await self._store.put(THERE, name, orjson.dumps(astuple(place)))

    async def mark_removed(self, name: str) -> None:
        async with _answering():
            await self._store.call("callgate_boxes_mark_removed", [THERE, GONE], [name, KEPT])

    async def find(self, name: str) -> BoxPlace | Absent:
        async with _answering():
            reply = await self._store.call("callgate_boxes_find", [THERE, GONE], [name])
        if reply[0] == b"THERE":
            return BoxPlace(*orjson.loads(reply[1]))
        return Absent.GONE if reply[0] == b"GONE" else Absent.NEVER

    async def at(self, engine: str, run_dir: str) -> dict[str, str]:
        async with _answering():
            stored = await self._store.hash(THERE)
        places = ((name.decode(), BoxPlace(*orjson.loads(encoded))) for name, encoded in stored.items())
        return {name: place.gateway for name, place in places if (place.engine, place.run_dir) == (engine, run_dir)}


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    try:
        yield
    except StoreUnavailable as error:
        raise BoxRegistryUnavailable(str(error), cure=error.cure) from error
