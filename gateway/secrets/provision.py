"""The operator's side of Vault: what the gateway may do there, and which secret each tool version may read.

Everything here runs with the operator's token, never with the gateway's, and may be repeated: it sets, it does not add.
"""

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.model.errors import RequestInvalid, VaultUnavailable
from gateway.model.vault_settings import GATEWAY_ROLE
from gateway.secrets.persons import ALIASES, is_of_person, named, removal_of
from gateway.secrets.roles import CredentialRole
from gateway.secrets.vault import Vault, VaultRefused
from gateway.secrets.vault_credentials import ROLE_PREFIX
from gateway.secrets.vault_login import JsonObject
from registry.credentials.token_grant import is_kept_below, names_person

#: Name of the gateway's policy and of its AppRole.
GATEWAY = GATEWAY_ROLE

_GATEWAY_TOKEN_LIFETIME = "20m"  # noqa: S105 - a duration

#: Hours: a gateway that is away for a weekend can log in on Monday. One that runs renews its secret_id at half its life.
SECRET_ID_HOURS = 72
_ROLE_NAME = re.compile(rf"{ROLE_PREFIX}[0-9a-f]{{24}}")
_SECRET_PATH = re.compile(r"[A-Za-z0-9_.-]++(?:/[A-Za-z0-9_.-]++)++")


#: Of a box that obtains a token: it reads the client's secret and what is kept, and writes what comes. Before a refresh token
#: is sent it writes that, too; and a write whose answer was lost is made, and looked at, once more.
TOKEN_USES = 6
_CURE_OF_PERSONS = "Name the secret of the client in the manifest, and find out why it named another path."
_CURE_OF_RELEASE = "Import through a gateway of this release."


@dataclass(frozen=True, slots=True)
class Identity:
    """What the gateway logs in with."""

    role_id: str
    secret_id: str = field(repr=False)


def gateway_paths(role: str) -> JsonObject:
    """All that the gateway may do, where `role` is the path of its AppRole. Logging in needs no capability."""
    return {
        f"auth/token/create/{ROLE_PREFIX}*": {
            "capabilities": ["create", "update"],
            "min_wrapping_ttl": "1s",  # a bound makes wrapping mandatory: the gateway can mint tokens, not hold them
            "max_wrapping_ttl": "60s",
        },
        "auth/token/revoke-accessor": {"capabilities": ["update"]},
        # Its next secret_id has the life and the addresses that its role says: the gateway can say nothing of it.
        f"{role}/secret-id": {"capabilities": ["update"], "denied_parameters": {"*": []}},
        f"{role}/secret-id/lookup": {"capabilities": ["update"]},
        role: {"capabilities": ["read"]},  # for `callgate doctor`; the role_id is not among it
    }


async def bootstrap(vault: Vault, bound: Sequence[str] = ()) -> None:
    """Prepare Vault for a gateway: AppRole, the key-value engines, the gateway's policy and role.

    `bound`: the networks (CIDR) from which the gateway may log in and use its token; without any, from anywhere. Raises
    VaultUnavailable, also where the token may not do this.
    """
    settings = vault.settings
    mounts, auths = await _get(vault, "sys/mounts"), await _get(vault, "sys/auth")
    for mount in settings.kv_mounts:
        if f"{mount}/" not in mounts:
            await _post(vault, f"sys/mounts/{mount}", {"type": "kv", "options": {"version": "2"}})
    if f"{settings.approle_mount}/" not in auths:
        await _post(vault, f"sys/auth/{settings.approle_mount}", {"type": "approle"})
    await _write_policy(vault, GATEWAY, gateway_paths(settings.gateway_role))
    await _post(vault, settings.gateway_role, _gateway_role(bound))


def _gateway_role(bound: Sequence[str]) -> JsonObject:
    return {
        "token_policies": [GATEWAY],
        "token_no_default_policy": True,
        "token_ttl": _GATEWAY_TOKEN_LIFETIME,
        "token_max_ttl": _GATEWAY_TOKEN_LIFETIME,
        "token_type": "service",
        "token_bound_cidrs": list(bound),
        "secret_id_num_uses": 0,
        "secret_id_ttl": f"{SECRET_ID_HOURS}h",
        "secret_id_bound_cidrs": list(bound),
    }


async def issue_identity(vault: Vault) -> Identity:
    """A login for one gateway. Each call makes another secret_id; the earlier ones stay good for their time.

    Raises VaultUnavailable.
    """
    path = vault.settings.gateway_role
    role = await _get(vault, f"{path}/role-id")
    secret = await _post(vault, f"{path}/secret-id", {})
    return Identity(role["data"]["role_id"], secret["data"]["secret_id"])


async def withdraw_endless(vault: Vault, secret_id: str) -> bool:
    """Whether this secret_id would never end, as those of earlier releases: it is destroyed then. Raises VaultUnavailable."""
    path = vault.settings.gateway_role
    known = (await _post(vault, f"{path}/secret-id/lookup", {"secret_id": secret_id})).get("data")
    if not known or known.get("secret_id_ttl"):
        return False
    await _post(vault, f"{path}/secret-id/destroy", {"secret_id": secret_id})
    return True


async def provision(vault: Vault, roles: Iterable[CredentialRole]) -> None:
    """Make each role, and the policy of its name. Repeating it changes nothing.

    Raises RequestInvalid before anything is written where a secret's path is not a plain one, VaultUnavailable.
    """
    wanted = [checked(role) for role in roles]
    person = await _template(vault) if any(role.of_person for role in wanted) else ""
    for role in wanted:
        await _write_policy(vault, role.name, paths_of_role(role, person))
        await _post(vault, f"auth/token/roles/{role.name}", _token_role(role))


async def _template(vault: Vault) -> str:
    """What a policy has in the place of a person's name: Vault puts the one there that the token was minted with."""
    accessor = (await _get(vault, "sys/auth"))["token/"]["accessor"]
    return template_of(accessor)


def template_of(accessor: str) -> str:
    return f"{{{{identity.entity.aliases.{accessor}.name}}}}"


def paths_of_role(role: CredentialRole, person: str) -> JsonObject:
    """What a role's tokens may do. `person`: what stands in the place of a person's name."""
    capability = "update" if role.issues else "read"
    paths: JsonObject = {named(path, person): {"capabilities": [capability]} for path in role.paths}
    if role.keeps_at:
        paths[named(role.keeps_at, person)] = {"capabilities": ["create", "read", "update"]}
    if is_of_person(role.keeps_at):
        paths[named(removal_of(role.keeps_at), person)] = {"capabilities": ["delete"]}
    return paths


def checked(role: CredentialRole) -> CredentialRole:
    """The role, once it is certain that a policy takes its names literally. Raises RequestInvalid."""
    for path in role.paths:
        checked_path(named(path, "person"))
        if names_person(path):
            raise RequestInvalid("what is kept for a person is that person's alone to use", cure=_CURE_OF_PERSONS)
    if role.keeps_at and not is_kept_below(role.keeps_at, role.secret_path):
        raise RequestInvalid("a token is kept below the secret of its client, and nowhere else", cure=_CURE_OF_RELEASE)
    if not _ROLE_NAME.fullmatch(role.name):
        raise RequestInvalid("the name of a role is not one that a gateway makes", cure=_CURE_OF_RELEASE)
    return role


def checked_path(path: str) -> str:
    """The path of a secret, once it is certain that it is a plain one. Raises RequestInvalid."""
    if not _SECRET_PATH.fullmatch(path) or any(part.strip(".") == "" for part in path.split("/")):
        raise RequestInvalid(
            "the path of a secret must be names of letters, digits, `_`, `.` and `-`, joined by single slashes",
            cure="Correct the credential's path, for example `secret/data/payments`.",
        )
    return path


def _token_role(role: CredentialRole) -> JsonObject:
    return {
        "allowed_policies": [role.name],
        "disallowed_policies": ["default"],
        "orphan": True,  # the gateway's own token may end before the call does
        "renewable": False,
        "token_no_default_policy": True,
        "token_type": "service",  # a batch token can neither be counted nor revoked
        # Each is read once; opening the wrapping is not a use.
        "token_num_uses": TOKEN_USES if role.keeps_at else len(role.paths),
        "token_explicit_max_ttl": math.ceil(role.max_ttl),
        "allowed_entity_aliases": list(ALIASES) if role.of_person else [],
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
