"""Which server is the primary, as the Sentinels know it.

All are asked at once, and the answer of the newest failover counts. The client's own way asks one after the other and believes
the first: right after a failover that one may name the old primary for two seconds more, and one that is cut off names it for
good.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Connection, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from gateway.model.redis_place import Address

#: Seconds in which Sentinels are to answer. Those that have not are left out, unless none has.
ALL_WITHIN = 0.15

#: Seconds after which there is no answer.
ONE_WITHIN = 0.4


class PrimaryUnknown(RedisConnectionError):
    """No Sentinel that answers knows a primary that is well."""


@dataclass(frozen=True, slots=True)
class SentinelWord:
    """What one Sentinel says. `primary` is None where it answers none, or one that is down; then `why` says so."""

    sentinel: Address
    primary: Address | None
    epoch: int = -1
    why: str = ""


class Sentinels:
    """`connection`: the class of the connections, `arguments`: what it takes beside host and port."""

    def __init__(self, places: Sequence[Address], service: str, connection: type[Connection], **arguments: Any) -> None:
        self._service = service
        self._clients = {place: _client(place, connection, arguments) for place in places}

    async def primary(self) -> Address:
        """Raises PrimaryUnknown."""
        words = await self.words()
        known = [(word.epoch, word.primary) for word in words if word.primary is not None]
        if not known:
            reasons = "; ".join(f"{host}:{port}: {word.why}" for word in words for host, port in [word.sentinel])
            raise PrimaryUnknown(f"no Sentinel names a primary of {self._service!r} ({reasons})")
        return max(known)[1]

    async def words(self) -> list[SentinelWord]:
        """What each Sentinel says, in the order of the setting."""
        asked = {place: asyncio.create_task(self._ask(place)) for place in self._clients}
        try:
            await asyncio.wait(asked.values(), timeout=ALL_WITHIN)
            left = {task for task in asked.values() if not task.done()}
            if left and not any(task.done() and task.result().primary for task in asked.values()):
                await asyncio.wait(left, timeout=ONE_WITHIN - ALL_WITHIN, return_when=asyncio.FIRST_COMPLETED)
            return [task.result() if task.done() else SentinelWord(place, None, why="silent") for place, task in asked.items()]
        finally:
            for task in asked.values():
                task.cancel()

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def _ask(self, place: Address) -> SentinelWord:
        try:
            masters: Any = await self._clients[place].sentinel_masters()
        except (RedisError, OSError) as error:
            return SentinelWord(place, None, why=str(error))
        state = masters.get(self._service)
        if state is None:
            return SentinelWord(place, None, why=f"knows no service {self._service!r}")
        if state["is_sdown"] or state["is_odown"] or not state["is_master"]:
            return SentinelWord(place, None, why="its primary is down")
        return SentinelWord(place, (str(state["ip"]), int(state["port"])), int(state["config-epoch"]))


def _client(place: Address, connection: type[Connection], arguments: dict[str, Any]) -> Redis:
    host, port = place
    pool: ConnectionPool = ConnectionPool(
        connection_class=connection, host=host, port=port, socket_timeout=ONE_WITHIN, retry=Retry(NoBackoff(), 0), **arguments
    )
    return Redis.from_pool(pool)
