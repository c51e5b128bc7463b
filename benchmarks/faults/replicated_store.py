"""A store of a primary and a replica, which fails over with a lost tail: what only the primary had is gone with it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic, time
from typing import Protocol

from redis.exceptions import RedisError

from benchmarks.faults.store_server import StoreServer
from benchmarks.faults.waiting import require

#: Seconds in which a replica must have all that its primary has.
SYNC_WITHIN = 60.0
#: Seconds until a server has noticed that its clock is right again; and by how many it may be off then.
_RIGHT_WITHIN, _OFF = 30.0, 2.0


class Promoter(Protocol):
    """Who makes the replica the primary."""

    async def watch(self, primary: StoreServer) -> None:
        """Be ready for the primary's death: from now on, or again after a switch."""

    async def promote(self, heir: StoreServer) -> None:
        """Return once the heir takes writes. Raises TimeoutError."""


class Operator:
    """Promotes by a command."""

    async def watch(self, primary: StoreServer) -> None:
        """An operator needs no preparation."""

    async def promote(self, heir: StoreServer) -> None:
        async with heir.client() as client:
            await client.execute_command("REPLICAOF", "NO", "ONE")  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Loss:
    """What a failover has lost. `killed` and `promoted` are moments of the monotonic clock; `events` is the number of
    acknowledged events of each tenant that the new primary does not have, `seen` the number of the last one of all."""

    killed: float
    promoted: float
    events: dict[str, int]
    seen: dict[str, int]


class ReplicatedStore:
    def __init__(self, servers: tuple[StoreServer, StoreServer], promoter: Promoter, tenants: Sequence[str]) -> None:
        self.primary, self.replica = servers
        self._promoter, self._tenants = promoter, tenants

    async def start(self) -> None:
        await self.primary.start()
        await self.replica.start(replica_of=self.primary.door)
        await self.in_sync()
        await self._promoter.watch(self.primary)

    async def stop(self) -> None:
        for server in (self.primary, self.replica):
            await server.stop()

    async def restart(self, pause: float) -> None:
        """Kill the primary, and start it again with all that it had acknowledged."""
        await self.primary.kill()
        await asyncio.sleep(pause)
        await self.primary.start()

    async def in_sync(self) -> None:
        """Return once the replica has all that the primary had when this was called. Raises TimeoutError."""
        goal = int((await _replication(self.primary))["master_repl_offset"])
        await require(lambda: self._has_reached(goal), SYNC_WITHIN, "a replica in step")

    async def on_time(self) -> None:
        """Return once both servers' clocks are the machine's. One that is set while the replica's link is down makes the link's
        loss seem as old as the step was long, and no Sentinel promotes such a replica. Raises TimeoutError."""
        for server in (self.primary, self.replica):
            await require(partial(_is_on_time, server), _RIGHT_WITHIN, "a store's server that tells the machine's time")

    def begin_tail(self) -> float:
        """What the primary acknowledges from now on never reaches the replica. Returns since when that is so."""
        door = self.primary.door
        door.hold()
        return door.held_since or monotonic()

    async def fail_over(self, and_then: Callable[[], None]) -> Loss:
        """Kill the primary, `and_then` whatever dies with it, and have the replica promoted; `primary` is the new one then.

        Raises TimeoutError.
        """
        seen = await self._sequences(self.primary)
        await self.primary.kill()
        and_then()
        killed = monotonic()
        self.primary.door.drop()
        await self._promoter.promote(self.replica)
        promoted = monotonic()
        self.primary, self.replica = self.replica, self.primary
        found = await self._sequences(self.primary)
        return Loss(killed, promoted, {tenant: max(0, seen[tenant] - found[tenant]) for tenant in seen}, seen)

    async def replace_replica(self) -> None:
        """Start an empty server in the dead one's place, and return once it has all."""
        await self.replica.start_empty(self.primary.door)
        await self.in_sync()
        await self._promoter.watch(self.primary)

    async def has_gone_past(self, seen: dict[str, int]) -> bool:
        """Whether each tenant's sequence is beyond the number that was seen of it."""
        found = await self._sequences(self.primary)
        return all(found[tenant] > number for tenant, number in seen.items())

    async def _sequences(self, server: StoreServer) -> dict[str, int]:
        async with server.client() as client:
            return {tenant: int(await client.get(f"cg:{{{tenant}}}:sequence") or 0) for tenant in self._tenants}

    async def _has_reached(self, goal: int) -> bool:
        try:
            found = await _replication(self.replica)
        except (OSError, RedisError):
            return False
        return found.get("master_link_status") == "up" and int(found["slave_repl_offset"]) >= goal


async def _replication(server: StoreServer) -> dict[str, str]:
    async with server.client() as client:
        found: dict[str, str] = await client.info("replication")
    return found


async def _is_on_time(server: StoreServer) -> bool:
    try:
        async with server.client() as client:
            seconds, _ = await client.time()
    except (OSError, RedisError):
        return False
    return abs(seconds - time()) < _OFF


@asynccontextmanager
async def replicated_store(
    home: Path, password: str, promoter: Promoter, tenants: Sequence[str]
) -> AsyncIterator[ReplicatedStore]:
    """Two servers, started and in step. Raises PartMissing, PartFailed, TimeoutError."""
    async with AsyncExitStack() as opened:
        servers = StoreServer("store-0", home / "s0", password), StoreServer("store-1", home / "s1", password)
        for server in servers:
            await opened.enter_async_context(server.door)
        store = ReplicatedStore(servers, promoter, tenants)
        opened.push_async_callback(store.stop)
        await store.start()
        yield store
