"""Whether Redis keeps what it acknowledges: what CONFIG tells, or, where it does not tell, what an operator has declared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.model.errors import StoreUntrusted
from gateway.records.redis.wire.failures import FAILURES, says_config_is_hidden
from gateway.records.redis.wire.sentinels import SentinelFound

#: Without these an acknowledged transition can be lost, and with it the promise that a call acts at most once.
REQUIRED = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}

#: What INFO tells of them. It contradicts a declaration.
SHOWN = {"aof_enabled": "1", "maxmemory_policy": "noeviction"}

#: A mode in INFO, which Valkey calls `server_mode`.
SENTINEL = "sentinel"

DECLARE = (
    "Let the gateway's user read them: ACL SETUSER NAME +config|get. Where the service has no CONFIG, find out whether it "
    "keeps what it acknowledged, and declare it: CALLGATE_REDIS_DURABILITY=declared and CALLGATE_REDIS_DURABILITY_STATEMENT."
)


@dataclass(frozen=True, slots=True)
class Durability:
    """`told`: whether CONFIG told it; else it is declared. `wrong`: what speaks against it, in words."""

    told: bool
    wrong: tuple[str, ...] = ()

    def require(self, declared: str | None) -> None:
        """Raise StoreUntrusted where Redis may lose or evict what it has acknowledged."""
        if self.wrong:
            against = "" if self.told else " (it was declared to keep them)"
            raise StoreUntrusted(f"Redis cannot be trusted with outcomes{against}: {'; '.join(self.wrong)}")
        if not self.told and declared is None:
            raise StoreUntrusted("Redis does not tell whether it keeps what it acknowledges: CONFIG is refused", cure=DECLARE)


@dataclass(frozen=True, slots=True)
class AppendOnlyFile:
    """`run`: the id of the server's run. `is_rewritten`: it is at it, or about to. `failed`: the last rewrite did."""

    run: str
    appends: bool
    is_rewritten: bool
    failed: bool


def append_only_file_of(server: Mapping[str, Any], persistence: Mapping[str, Any]) -> AppendOnlyFile:
    """Of what INFO tells."""
    busy = persistence.get("aof_rewrite_in_progress") or persistence.get("aof_rewrite_scheduled")
    failed = persistence.get("aof_last_bgrewrite_status", "ok") != "ok"
    return AppendOnlyFile(str(server.get("run_id", "")), persistence.get("aof_enabled") == 1, bool(busy), failed)


async def durability_of(client: Any) -> Durability:
    """Ask a server. Raises what the client raises; SentinelFound."""
    server = await client.info("server")
    if SENTINEL in {server.get("redis_mode"), server.get("server_mode")}:
        raise SentinelFound(f"it has no data, and its mode is {SENTINEL}")
    settings = await _settings(client)
    info = {**await client.info("persistence"), **await client.info("memory")}
    expected, found = (SHOWN, info) if settings is None else (REQUIRED, settings)
    differing = (name for name, value in expected.items() if str(found.get(name, value)) != value)
    wrong = [f"{name} is {found[name]}, not {expected[name]}" for name in differing]
    if info.get("aof_last_write_status", "ok") != "ok":
        wrong.append("its last write to the append-only file failed")
    return Durability(settings is not None, tuple(wrong))


async def _settings(client: Any) -> dict[str, str] | None:
    """The settings that count, or None where this server does not tell all of them."""
    try:
        found = [await client.config_get(name) for name in REQUIRED]
    except FAILURES as error:
        if says_config_is_hidden(error):
            return None
        raise
    told = {name: str(value) for one in found for name, value in one.items()}
    return told if told.keys() >= REQUIRED.keys() else None
