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
from redis.exceptions import TimeoutError as RedisTimeoutError

from gateway.model.redis_place import Address

#: Seconds in which Sentinels are to answer. Those that have not are left out, unless none has.
ALL_WITHIN = 0.15

#: Seconds after which there is no answer.
ONE_WITHIN = 0.4


#: What is told of a Sentinel that has not answered in time.
SILENT = "silent"


class PrimaryUnknown(RedisConnectionError):
    """No Sentinel that answers knows a primary that is well."""


class ServiceUnknown(PrimaryUnknown):
    """All Sentinels that answer know other services only."""


class SentinelFound(RedisError):
    """What answers is a Sentinel, and was taken for a server."""


@dataclass(frozen=True, slots=True)
class SentinelWord:
    """What one Sentinel says. `primary` is None where it names none, or one that is down; then `why` says so.

    `failure`: what came in the place of an answer. `knows`: whether it knows the service.
    """

    sentinel: Address
    primary: Address | None
    epoch: int = -1
    why: str = ""
    failure: Exception | None = None
    knows: bool = True


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
            strangers = [not word.knows for word in words if word.failure is None and word.why != SILENT]
            kind = ServiceUnknown if strangers and all(strangers) else PrimaryUnknown
            raise kind(f"no Sentinel names a primary of {self._service!r} ({reasons})") from _telling(words)
        return max(known)[1]

    async def words(self) -> list[SentinelWord]:
        """What each Sentinel says, in the order of the setting."""
        asked = {place: asyncio.create_task(self._ask(place)) for place in self._clients}
        try:
            await asyncio.wait(asked.values(), timeout=ALL_WITHIN)
            left = {task for task in asked.values() if not task.done()}
            if left and not any(task.done() and task.result().primary for task in asked.values()):
                await asyncio.wait(left, timeout=ONE_WITHIN - ALL_WITHIN, return_when=asyncio.FIRST_COMPLETED)
            return [task.result() if task.done() else SentinelWord(place, None, why=SILENT) for place, task in asked.items()]
        finally:
            for task in asked.values():
                task.cancel()

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def _ask(self, place: Address) -> SentinelWord:
        client = self._clients[place]
        try:
            masters: Any = await client.sentinel_masters()
            told: Any = await client.sentinel_get_master_addr_by_name(self._service)
        except (RedisError, OSError) as error:
            return SentinelWord(place, None, why=str(error), failure=error)
        state = masters.get(self._service)
        if state is None or told is None:
            others = ", ".join(map(repr, sorted(masters))) or "none"
            return SentinelWord(place, None, why=f"knows no service {self._service!r}, but {others}", knows=False)
        # The Sentinel that leads a failover names the new primary before it has moved its own entry.
        primary, entry = _address(*told), _address(state["ip"], state["port"])
        if primary == entry and (state["is_sdown"] or state["is_odown"]):
            return SentinelWord(place, None, why=f"its primary {entry[0]}:{entry[1]} is down")
        return SentinelWord(place, primary, int(state["config-epoch"]))


def _telling(words: Sequence[SentinelWord]) -> Exception | None:
    """Of what came in the place of answers, what tells the most: a Sentinel that is away tells the least."""
    failures = [word.failure for word in words if word.failure]
    return min(failures, key=lambda one: type(one) in {RedisConnectionError, RedisTimeoutError}, default=None)


def _address(host: str | bytes, port: int | str | bytes) -> Address:
    return (host.decode() if isinstance(host, bytes) else host), int(port)


def _client(place: Address, connection: type[Connection], arguments: dict[str, Any]) -> Redis:
    host, port = place
    pool: ConnectionPool = ConnectionPool(
        connection_class=connection, host=host, port=port, socket_timeout=ONE_WITHIN, retry=Retry(NoBackoff(), 0), **arguments
    )
    return Redis.from_pool(pool)
