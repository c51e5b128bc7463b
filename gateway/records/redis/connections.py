"""Who is connected, in Redis: cg:{TENANT}:connections, HASH: a connection's id → JSON. No token, and no secret."""

from collections.abc import Sequence

import orjson

from gateway.records.redis.client import Store
from gateway.records.tokens.connections import ApiConnection, in_order
from registry.model.value_codec import plain, restore


class RedisConnections:
    """See `gateway.records.tokens.connections.Connections` for the promises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def keep(self, connection: ApiConnection) -> None:
        await self._store.put(_key(connection.tenant), connection.id, orjson.dumps(plain(connection)))

    async def drop(self, tenant: str, id: str) -> None:
        await self._store.remove_field(_key(tenant), id)

    async def find(self, tenant: str, id: str) -> ApiConnection | None:
        (found,) = await self._store.hash_values(_key(tenant), [id])
        return _read(found) if found else None

    async def first_use(self, tenant: str, code: str, seconds: float) -> bool:
        return await self._store.take(f"cg:{{{tenant}}}:code:{code}", seconds)

    async def of(self, tenant: str) -> Sequence[ApiConnection]:
        return in_order(map(_read, (await self._store.hash(_key(tenant))).values()))


def _key(tenant: str) -> str:
    return f"cg:{{{tenant}}}:connections"


def _read(stored: bytes) -> ApiConnection:
    connection: ApiConnection = restore(ApiConnection, orjson.loads(stored))
    return connection
