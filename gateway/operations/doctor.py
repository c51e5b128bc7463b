"""Is every part there, and as it must be? Each check answers Findings, one per thing that can be cured on its own."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

from gateway.model.errors import GatewayError
from gateway.model.store_standing import ReplicaStanding, StoreStanding
from gateway.model.vault_settings import VaultSettings
from gateway.operations.health_checks import unserved
from gateway.secrets.vault import Vault, VaultRefused
from gateway.secrets.vault_credentials import ROLE_PREFIX
from gateway.secrets.vault_login import JsonObject

_OLDEST_STORE = 7  # the first with Functions
_FORBIDDEN = 403
_REINSTALL = "Install Callgate again: `make demo` in its checkout does it, and tries it out."
_BOOTSTRAP = "Let the operator bootstrap Vault again: `callgate up` does it at each start."


@dataclass(frozen=True, slots=True)
class PartFinding:
    """One thing looked at. `cure` says what to do about it where it is not `ok`, or where it `warns`: the gateway works so, and
    promises less."""

    part: str
    ok: bool
    detail: str
    cure: str = ""
    warns: bool = False


class StoreUnderCheck(Protocol):
    """Raises GatewayErrors, with their cures."""

    async def check_durability(self) -> None: ...

    async def try_to_write(self) -> None: ...

    async def try_functions(self) -> None: ...

    async def standing(self) -> StoreStanding: ...


async def check_store(store: StoreUnderCheck) -> list[PartFinding]:
    try:
        await store.check_durability()
        await store.try_to_write()
        await store.try_functions()
        standing = await store.standing()
    except GatewayError as error:
        return [PartFinding("store", False, str(error), error.cure)]
    return [_durability(standing), _release(standing), _role(standing), *_replicas(standing), *_sentinels(standing)]


def _durability(standing: StoreStanding) -> PartFinding:
    if standing.declared is None:
        return PartFinding("store", True, "appends always, evicts nothing")
    return PartFinding("store", True, f"durability is declared, not checked: {standing.declared}")


def _release(standing: StoreStanding) -> PartFinding:
    fresh = numbers(standing.release) >= (_OLDEST_STORE,)
    return PartFinding("store", fresh, f"version {standing.release}", "Upgrade to Redis 7 or Valkey.")


def _role(standing: StoreStanding) -> PartFinding:
    cure = "Point CALLGATE_REDIS_URL at the primary, or at the Sentinels: redis+sentinel://…"
    name = "primary" if standing.role == "master" else "replica"
    return PartFinding("store", name == "primary", f"the server at {standing.primary} is a {name}", cure)


def _replicas(standing: StoreStanding) -> list[PartFinding]:
    """Without replicas there is nothing to say, unless the operator asks for their word."""
    online = sum(one.online for one in standing.replicas)
    found = [_replica(one) for one in standing.replicas]
    if standing.wait:
        how = "on their disks " if standing.wait_fsynced else ""
        asked = f"a permission waits for {standing.wait} replicas {how}for {standing.wait_ms} ms; {online} are online"
        cure = "Start replicas of Redis, or let CALLGATE_REDIS_WAIT ask for fewer: until then nothing that acts is sent."
        found.append(PartFinding("store", online >= standing.wait, asked, cure))
    return found


def _replica(one: ReplicaStanding) -> PartFinding:
    if one.online:
        return PartFinding("store", True, f"replica {one.address}, heard of {one.lag} s ago")
    cure = "Wait until it has the primary's data; does it not get on, look at the replica's log."
    return PartFinding("store", False, f"replica {one.address} is not online: {one.state}", cure)


def _sentinels(standing: StoreStanding) -> list[PartFinding]:
    return [
        PartFinding(
            "store",
            says == standing.primary,
            f"sentinel {sentinel}: {says}",
            "Start that Sentinel, and see that it monitors the service that CALLGATE_REDIS_URL names.",
        )
        for sentinel, says in standing.sentinels
    ]


async def check_vault(gateway: Vault) -> list[PartFinding]:
    """`gateway` logs in as the gateway does: what is wrong for it is found, whatever an operator may do."""
    try:
        await gateway.log_in()
        state = await gateway.request("GET", "sys/seal-status")
        allowed = [await _check_power(gateway, power) for power in _powers(gateway.settings)]
        allowed += await _check_login(gateway)
    except GatewayError as error:
        return [PartFinding("vault", False, str(error), error.cure)]
    return [PartFinding("vault", True, f"version {state.get('version')}, unsealed; the gateway logs in"), *allowed]


async def check_gateway(address: str) -> PartFinding:
    missing = await unserved(address)
    if missing is None:
        return PartFinding("gateway", False, f"does not answer on {address}", "Start it: `callgate up`, or read its log.")
    if missing:
        detail = f"answers on {address}, but says NOT_SERVING for {', '.join(missing)}"
        cure = "Its log says why (`not_serving`). Where a part above is wrong, cure that: no restart is needed."
        return PartFinding("gateway", False, detail, cure)
    return PartFinding("gateway", True, f"serves on {address}")


def check_user() -> PartFinding:
    """To be asked as the gateway's own user."""
    cure = "Run the gateway as root: it gives the sockets of each box to that box's own user."
    return PartFinding("user", os.geteuid() == 0, f"runs as user {os.geteuid()}", cure)


def check_versions(*distributions: str) -> PartFinding:
    try:
        return PartFinding("packages", True, ", ".join(f"{name} {version(name)}" for name in distributions))
    except PackageNotFoundError as error:
        return PartFinding("packages", False, f"{error.name} is not installed", _REINSTALL)


@dataclass(frozen=True, slots=True)
class _Power:
    """Something that the gateway must, or must not, be able to do in Vault; tried in a way that changes nothing."""

    what: str
    method: str
    path: str
    body: JsonObject | None
    wrap_ttl: str | None
    granted: bool


_NO_ROLE = f"auth/token/create/{ROLE_PREFIX}no-such-role"
_POWERS = (
    _Power("mint wrapped tokens", "POST", _NO_ROLE, {}, "10s", granted=True),
    _Power("mint unwrapped tokens", "POST", _NO_ROLE, {}, None, granted=False),
    _Power("mint long-wrapped tokens", "POST", _NO_ROLE, {}, "120s", granted=False),
    _Power("mint tokens without a role", "POST", "auth/token/create", {"ttl": "1s"}, "10s", granted=False),
    _Power("revoke tokens", "POST", "auth/token/revoke-accessor", {"accessor": ""}, None, granted=True),
    _Power("read policies", "GET", "sys/policies/acl/callgate-gateway", None, None, granted=False),
)


def _powers(settings: VaultSettings) -> Iterator[_Power]:
    """The fixed ones, and those on each engine that holds secrets."""
    yield from _POWERS
    for mount in settings.kv_mounts:
        path, which = f"{mount}/data/callgate-doctor", "" if mount == "secret" else f" in {mount}"
        yield _Power(f"read secrets{which}", "GET", path, None, None, granted=False)
        yield _Power(f"write secrets{which}", "POST", path, {}, None, granted=False)


async def _check_login(gateway: Vault) -> list[PartFinding]:
    """How long the gateway's secret_id lives, and from where it counts."""
    try:
        role = (await gateway.request("GET", gateway.settings.gateway_role))["data"]
    except VaultRefused:
        return [PartFinding("vault", False, "the gateway may not see how its own login is bounded", _BOOTSTRAP)]
    hours = float(role.get("secret_id_ttl") or 0) / 3600
    bound = ", ".join(role.get("secret_id_bound_cidrs") or ())
    lives = f"the gateway's secret_id lives for {hours:g} h, and is renewed" if hours else "the gateway's secret_id never ends"
    where = f"the gateway's login is bound to {bound}" if bound else "the gateway's login counts from any address"
    return [
        PartFinding("vault", True, lives, _BOOTSTRAP, warns=not hours),
        PartFinding("vault", True, where, "Prepare Vault with the gateway's network: --vault-bound-cidr.", warns=not bound),
    ]


async def _check_power(gateway: Vault, power: _Power) -> PartFinding:
    try:
        await gateway.request(power.method, power.path, power.body, wrap_ttl=power.wrap_ttl, correlation="callgate-doctor")
        granted = True
    except VaultRefused as refusal:
        granted = refusal.status != _FORBIDDEN
    verb = "may" if granted else "may not"
    return PartFinding("vault", granted is power.granted, f"the gateway {verb} {power.what}", _BOOTSTRAP)


def numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.split("[-+~]", release, maxsplit=1)[0].split(".") if part.isdecimal())


def dotted(release: tuple[int, ...]) -> str:
    return ".".join(map(str, release))
