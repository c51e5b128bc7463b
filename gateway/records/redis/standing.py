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
    return [ReplicaStanding(_text(_address(one)), str(one["state"]), int(one.get("lag", 0))) for one in _entries(replication)]


def replicas_in(replication: Mapping[str, Any]) -> list[Address]:
    """Where the replicas are, of what INFO tells of the replication."""
    return [_address(one) for one in _entries(replication)]


def _entries(replication: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [value for name, value in replication.items() if name.removeprefix("slave").isdecimal()]


def _address(entry: Mapping[str, Any]) -> Address:
    return str(entry["ip"]), int(entry["port"])


def _says(word: SentinelWord) -> str:
    return _text(word.primary) if word.primary else word.why


def _text(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
