"""The host registry in Redis: one for all gateways, on whatever hosts. The keys are told in `host_registry.lua`."""

from dataclasses import asdict
from secrets import token_hex
from typing import Any

import orjson

from gateway.records.redis.box_registry import answering
from gateway.records.redis.client import Store, Value
from sandbox.reaping.host_registry import (
    LIVING,
    CopiedFrom,
    Declaration,
    HostFacts,
    KnownHost,
    LivingHost,
    LostBefore,
    Seat,
    Taken,
    UnknownHost,
)

HOSTS, SEATS, LOST = KEYS = ("cg:{boxes}:hosts", "cg:{boxes}:seats", "cg:{boxes}:lost")
WITHIN = int(LIVING * 1000)


class RedisHostRegistry:
    """See `sandbox.reaping.host_registry.HostRegistry` for the promises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def take(self, facts: HostFacts, seat: Seat, *, cleared: str = "") -> Taken | LostBefore | CopiedFrom:
        return await self._enter("take", f"host-{token_hex(6)}", facts, seat, cleared)

    async def renew(self, host: str, facts: HostFacts, seat: Seat, before: str) -> Taken | LostBefore | CopiedFrom:
        return await self._enter("renew", host, facts, seat, before)

    async def leave(self, seat: Seat) -> None:
        async with answering():
            await self._store.call("callgate_hosts_leave", KEYS, [seat.gateway, seat.token])

    async def forget(self, gateway: str) -> None:
        async with answering():
            await self._store.call("callgate_hosts_forget", KEYS, [gateway])

    async def declare_lost(self, host: str, author: str, reason: str) -> None:
        async with answering():
            reply = await self._store.call("callgate_hosts_declare_lost", KEYS, [host, author, reason, WITHIN])
        if reply[0] == b"UNKNOWN":
            raise UnknownHost(host)
        if reply[0] == b"LIVING":
            raise LivingHost(host)

    async def hosts(self) -> list[KnownHost]:
        async with answering():
            now = await self._store.now()
            hosts, seats, lost = [_decoded(await self._store.hash(key)) for key in KEYS]
        living = {gateway: seat["host"] for gateway, seat in sorted(seats.items()) if 0 <= now - seat["seen"] < WITHIN}
        return [
            KnownHost(
                id,
                HostFacts(known["mark"], known["engine"], known["name"], known["boot"]),
                tuple(gateway for gateway, host in living.items() if host == id),
                known["seen"],
                Declaration(**lost[id]) if id in lost else None,
            )
            for id, known in sorted(hosts.items())
        ]

    async def _enter(self, step: str, host: str, facts: HostFacts, seat: Seat, last: str) -> Taken | LostBefore | CopiedFrom:
        said: list[Value] = [host, orjson.dumps(asdict(facts)), seat.gateway, seat.proof, seat.token, WITHIN, last]
        async with answering():
            reply = await self._store.call(f"callgate_hosts_{step}", KEYS, said)
        status, told, *others = [part.decode() for part in reply]
        if status == "LOST":
            return LostBefore(told)
        if status == "COPIED":
            return CopiedFrom(told, *others)
        return Taken(told, tuple(Seat(*others[start : start + 3]) for start in range(0, len(others), 3)))


def _decoded(stored: dict[bytes, bytes]) -> dict[str, Any]:
    return {name.decode(): orjson.loads(encoded) for name, encoded in stored.items()}
