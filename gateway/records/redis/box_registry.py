"""The box registry in Redis: one for all gateways, on whatever hosts. The keys are told in `box_registry.lua`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import astuple

import orjson

from gateway.model.errors import StoreUnavailable
from gateway.records.redis.client import Store
from sandbox.api.errors import BoxRegistryUnavailable, HostLost
from sandbox.reaping.box_registry import Absent, BoxPlace

THERE, GONE, LOST = "cg:{boxes}:there", "cg:{boxes}:gone", "cg:{boxes}:lost"

#: Milliseconds for which a tombstone is kept: longer than any record asks for its box.
KEPT = 7 * 86_400_000


class RedisBoxRegistry:
    """See `sandbox.reaping.box_registry.BoxRegistry` for the promises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def enter(self, name: str, place: BoxPlace) -> None:
        place_json = orjson.dumps(astuple(place))
        async with answering():
            reply = await self._store.call("callgate_boxes_enter", [THERE, LOST], [name, place_json, place.host])
        if reply[0] == b"LOST":
            raise HostLost(place.host)

    async def mark_removed(self, name: str) -> None:
        async with answering():
            await self._store.call("callgate_boxes_mark_removed", [THERE, GONE], [name, KEPT])

    async def find(self, name: str) -> BoxPlace | Absent:
        async with answering():
            reply = await self._store.call("callgate_boxes_find", [THERE, GONE], [name])
        if reply[0] == b"THERE":
            return BoxPlace(*orjson.loads(reply[1]))
        return Absent.GONE if reply[0] == b"GONE" else Absent.NEVER

    async def there(self) -> dict[str, BoxPlace]:
        async with answering():
            stored = await self._store.hash(THERE)
        return {name.decode(): BoxPlace(*orjson.loads(encoded)) for name, encoded in stored.items()}

    async def at(self, host: str, run_dir: str) -> dict[str, str]:
        places = await self.there()
        return {name: place.gateway for name, place in places.items() if (place.host, place.run_dir) == (host, run_dir)}


@asynccontextmanager
async def answering() -> AsyncIterator[None]:
    try:
        yield
    except StoreUnavailable as error:
        raise BoxRegistryUnavailable(str(error), cure=error.cure) from error
