"""The operator's side of upstreams' secrets: writes one field of a secret, and tells which fields it has without reading them.

Everything here runs with the operator's token. The gateway's own can do neither.
"""

from dataclasses import dataclass

from gateway.model.errors import RequestInvalid, VaultUnavailable
from gateway.secrets.provision import checked_path
from gateway.secrets.vault import Vault, VaultRefused
from gateway.secrets.vault_login import JsonObject

_NOT_FOUND = 404
_CURE_OF_MOUNT = (
    "Begin the path with a key-value engine of Vault's, such as `secret/data/orders`: `callgate up` makes those that "
    "CALLGATE_VAULT_KV_MOUNTS names. Is the engine there, use a token that may write below it."
)


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """A secret in a key-value engine: where the engine is mounted, which version it is of, and the secret's name in it.

    `mount` begins with the namespace that the engine is in, where it is another one than that of the settings.
    """

    mount: str
    versioned: bool
    name: str

    def path(self, view: str) -> str:
        """The API's path of one view of the secret. The first version of the engine has a single one."""
        return f"{self.mount}/{view}/{self.name}" if self.versioned else f"{self.mount}/{self.name}"


async def place_of(vault: Vault, path: str) -> SecretPlace:
    """Where this path leads, which is the one that a credential names. Raises RequestInvalid, VaultUnavailable."""
    found = await _mount_of(vault, checked_path(path))
    if found is None:
        raise RequestInvalid(f"no key-value engine is at {path}, or the token may not see it", cure=_CURE_OF_MOUNT)
    mount, told = found
    versioned = (told.get("options") or {}).get("version") == "2"
    name = path.removeprefix(f"{mount}/")
    if versioned and not name.startswith("data/"):
        right = f"{mount}/data/{name}"
        raise RequestInvalid(f"the engine at {mount} keeps versions, and has nothing at {path}", cure=f"Write {right}.")
    return SecretPlace(mount, versioned, name.removeprefix("data/") if versioned else name)


async def _mount_of(vault: Vault, path: str) -> tuple[str, JsonObject] | None:
    """The key-value engine that the path leads to, and what Vault tells of it. Its first names may be a namespace's, which is
    asked about its own engines alone."""
    names = path.split("/")
    for deep in range(len(names) - 1):
        before = "".join(f"{name}/" for name in names[:deep])
        told = await _answer(vault, "GET", f"{before}sys/internal/ui/mounts/{'/'.join(names[deep:])}")
        if told is not None and told["data"].get("type") == "kv":
            return before + str(told["data"]["path"]).rstrip("/"), told["data"]
    return None


async def write_field(vault: Vault, path: str, field: str, value: str) -> None:
    """Give a field of the secret a value. Its other fields stay. Raises RequestInvalid, VaultUnavailable."""
    place = await place_of(vault, path)
    if place.versioned:
        await _write_version(vault, place, {field: value})
    else:  # which cannot be asked to write only upon what was read
        kept = await _found(vault, place.path(""))
        await _require(vault, "POST", place.path(""), {**kept, field: value})


async def known_fields(vault: Vault, path: str) -> frozenset[str] | None:
    """The names of the secret's fields. None where they cannot be told without reading the values: then nothing is read.

    Raises RequestInvalid, VaultUnavailable.
    """
    place = await place_of(vault, path)
    if not place.versioned:
        return None
    try:
        return frozenset((await vault.request("GET", place.path("subkeys")))["data"]["subkeys"] or ())
    except VaultRefused as refusal:
        return frozenset() if refusal.status == _NOT_FOUND else None


async def _write_version(vault: Vault, place: SecretPlace, given: JsonObject) -> None:
    """Write upon the version that was read, and upon no other: a change that comes between would be lost."""
    read = (await _found(vault, place.path("metadata"))).get("current_version", 0)
    kept = (await _found(vault, place.path("data"))).get("data") or {}
    await _require(vault, "POST", place.path("data"), {"data": {**kept, **given}, "options": {"cas": read}})


async def _found(vault: Vault, path: str) -> JsonObject:
    """The data at the path, empty where there is none. Raises VaultUnavailable."""
    try:
        data: JsonObject = (await vault.request("GET", path))["data"] or {}
    except VaultRefused as refusal:
        if refusal.status == _NOT_FOUND:
            return {}
        raise _refused("GET", path, refusal) from None
    return data


async def _require(vault: Vault, method: str, path: str, body: JsonObject) -> None:
    try:
        await vault.request(method, path, body)
    except VaultRefused as refusal:
        raise _refused(method, path, refusal) from None


async def _answer(vault: Vault, method: str, path: str) -> JsonObject | None:
    try:
        return await vault.request(method, path)
    except VaultRefused:
        return None


def _refused(method: str, path: str, refusal: VaultRefused) -> VaultUnavailable:
    if any("check-and-set" in error for error in refusal.errors):
        return VaultUnavailable("the secret was changed meanwhile, and is as that change left it", cure="Run this again.")
    told = f"Vault refuses the operator {method} {path} (status {refusal.status})"
    return VaultUnavailable(told, cure="Use a token that may read and write this secret.")
