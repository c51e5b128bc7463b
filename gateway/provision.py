"""The operator's side of Vault: what the gateway may do there, and which secret each tool version may read.

Everything here runs with the operator's token, never with the gateway's, and may be repeated: it sets, it does not add.
"""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.errors import RequestInvalid, VaultUnavailable
from gateway.vault import Vault, VaultRefused
from gateway.vault_credentials import ROLE_PREFIX, role_of
from gateway.vault_login import JsonObject
from registry.tool import CredentialBinding, ToolVersion

GATEWAY = f"{ROLE_PREFIX}gateway"
#: Name of the gateway's policy and of its AppRole.

GATEWAY_PATHS: JsonObject = {
    f"auth/token/create/{ROLE_PREFIX}*": {
        "capabilities": ["create", "update"],
        "min_wrapping_ttl": "1s",  # any minimum makes wrapping mandatory: the gateway can mint tokens, not hold them
        "max_wrapping_ttl": "60s",
    },
    "auth/token/revoke-accessor": {"capabilities": ["update"]},
}
#: All that the gateway may do. Logging in needs no capability; it logs in again instead of renewing.

_GATEWAY_TOKEN_LIFETIME = "20m"  # noqa: S105 - a duration
_MARGIN = 30  # seconds that a token may outlive its attempt by: for a gateway killed before it revoked
_SECRET_PATH = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")


@dataclass(frozen=True, slots=True)
class Identity:
    """What the gateway logs in with."""

    role_id: str
    secret_id: str = field(repr=False)


async def bootstrap(vault: Vault) -> None:
    """Prepare Vault for a gateway: AppRole, KV version 2 at `secret/`, the gateway's policy and role.

    Raises VaultUnavailable, also where the token may not do this.
    """
    mounts, auths = await _get(vault, "sys/mounts"), await _get(vault, "sys/auth")
    if "secret/" not in mounts:
        await _post(vault, "sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
    if "approle/" not in auths:
        await _post(vault, "sys/auth/approle", {"type": "approle"})
    await _write_policy(vault, GATEWAY, GATEWAY_PATHS)
    role = {
        "token_policies": [GATEWAY],
        "token_no_default_policy": True,
        "token_ttl": _GATEWAY_TOKEN_LIFETIME,
        "token_max_ttl": _GATEWAY_TOKEN_LIFETIME,
        "token_type": "service",
        "secret_id_num_uses": 0,
        "secret_id_ttl": "0",
    }
    await _post(vault, f"auth/approle/role/{GATEWAY}", role)


async def issue_identity(vault: Vault) -> Identity:
    """A login for one gateway. Each call makes another secret_id; the earlier ones stay good. Raises VaultUnavailable."""
    role = await _get(vault, f"auth/approle/role/{GATEWAY}/role-id")
    secret = await _post(vault, f"auth/approle/role/{GATEWAY}/secret-id", {})
    return Identity(role["data"]["role_id"], secret["data"]["secret_id"])


async def provision(vault: Vault, versions: Iterable[ToolVersion]) -> tuple[str, ...]:
    """Give each version with a credential a policy and a token role of its own. Answers the names of the roles.

    Raises RequestInvalid before anything is written where a secret's path is not a plain one, VaultUnavailable.
    """
    bound = [(version, version.draft.credential) for version in versions]
    wanted = [(version, checked_path(credential)) for version, credential in bound if credential]
    for version, path in wanted:
        await _write_policy(vault, role_of(version), {path: {"capabilities": ["read"]}})
        await _post(vault, f"auth/token/roles/{role_of(version)}", _token_role(version))
    return tuple(role_of(version) for version, _ in wanted)


def checked_path(credential: CredentialBinding) -> str:
    """The secret's path, once it is certain that a policy takes it literally. Raises RequestInvalid."""
    path = credential.path
    if not _SECRET_PATH.fullmatch(path) or any(part.strip(".") == "" for part in path.split("/")):
        raise RequestInvalid(
            "the path of a secret must be names of letters, digits, `_`, `.` and `-`, joined by single slashes",
            cure="Correct the credential's path in the manifest, for example `secret/data/payments`.",
        )
    return path


def _token_role(version: ToolVersion) -> JsonObject:
    return {
        "allowed_policies": [role_of(version)],
        "disallowed_policies": ["default"],
        "orphan": True,  # the gateway's own token may end before the call does
        "renewable": False,
        "token_no_default_policy": True,
        "token_type": "service",  # a batch token can neither be counted nor revoked
        "token_num_uses": 1,  # one read; opening the wrapping is not a use
        "token_explicit_max_ttl": math.ceil(version.draft.limits.attempt_timeout) + _MARGIN,
    }


async def _write_policy(vault: Vault, name: str, paths: JsonObject) -> None:
    await _post(vault, f"sys/policies/acl/{name}", {"policy": json.dumps({"path": paths})})


async def _get(vault: Vault, path: str) -> JsonObject:
    return await _ask(vault, "GET", path, None)


async def _post(vault: Vault, path: str, body: JsonObject) -> JsonObject:
    return await _ask(vault, "POST", path, body)


async def _ask(vault: Vault, method: str, path: str, body: JsonObject | None) -> JsonObject:
    try:
        return await vault.request(method, path, body)
    except VaultRefused as refusal:
        raise VaultUnavailable(
            f"Vault refuses the operator {method} {path} (status {refusal.status})",
            cure="Use a token that may manage policies, token roles, AppRole and mounts.",
        ) from None
