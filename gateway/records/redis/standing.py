"""Asks the server and its Sentinels how they stand."""

from collections.abc import Mapping
from typing import Any

from gateway.model.redis_place import Address
from gateway.model.redis_settings import RedisSettings
from gateway.model.store_standing import ReplicaStanding, StoreStanding
from gateway.records.redis.wire.connections import Route
from gateway.records.redis.wire.sentinels import SentinelWord


async def standing_of(client: Any, route: Route, settings: RedisSettings, *, told: bool) -> StoreStanding:
    """`told`: whether CONFIG told of the durability. Raises what the client raises."""
    server, replication = await client.info("server"), await client.info("replication")
    words = await route.primary.words() if route.primary else []
    return StoreStanding(
        release=str(server.get("valkey_version") or server["redis_version"]),
        primary=route.destination,
        role=str(replication["role"]),
        replicas=tuple(_replicas(replication)),
        sentinels=tuple((_text(word.sentinel), _says(word)) for word in words),
        declared=None if told else settings.declared,
        wait=settings.wait,
        wait_ms=settings.wait_ms,
        wait_fsynced=settings.wait_fsynced,
    )


def _replicas(replication: Mapping[str, Any]) -> list[ReplicaStanding]:
    found = [value for name, value in replication.items() if name.removeprefix("slave").isdecimal()]
    return [
        ReplicaStanding(_text((str(one["ip"]), int(one["port"]))), str(one["state"]), int(one.get("lag", 0))) for one in found
    ]


def _says(word: SentinelWord) -> str:
    return _text(word.primary) if word.primary else word.why


def _text(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
