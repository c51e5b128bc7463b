"""Who may do what in a stack: the gateway in Vault, the operator at the gateway."""

import hashlib
import json
import secrets
from typing import Any

from gateway.embedded.errors import PartFailed, SettingRefused
from gateway.embedded.options import ExistingVault
from gateway.embedded.state_dir import StateDir, read_or_make, write_private
from gateway.model.config import ConfigInvalid
from gateway.model.errors import VaultUnavailable
from gateway.model.local_address import is_local
from gateway.model.principal import RIGHT, RIGHTS
from gateway.model.vault_settings import VaultSettings
from gateway.records.principals.principals_file import read_principals
from gateway.secrets.provision import bootstrap, issue_identity, withdraw_endless
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import AppRole, FixedToken

_OPERATORS_PATIENCE = 10.0

#: Whom the token in the home belongs to: one person, who imports and promotes.
TENANT = "local"

#: From where a gateway comes to a Vault of its own machine.
LOOPBACK_NETWORKS = ("127.0.0.0/8", "::1/128")


async def prepare_vault(existing: ExistingVault, state: StateDir, settings: VaultSettings) -> None:
    """Let the gateway log in, with the identity in the home, or with a new one. Raises PartFailed, VaultUnavailable."""
    operator = Vault(settings, FixedToken(_token_in(existing)), patience=_OPERATORS_PATIENCE)
    try:
        await bootstrap(operator, existing.bound or _bound_by_itself(settings))
        if not await _has_login(operator, state):
            identity = await issue_identity(operator)
            write_private(state.role_id, identity.role_id)
            write_private(state.secret_id, identity.secret_id)
    finally:
        await operator.aclose()


def _bound_by_itself(settings: VaultSettings) -> tuple[str, ...]:
    """A Vault on this machine sees the gateway come from this machine. Of any other, the operator knows what it sees."""
    return LOOPBACK_NETWORKS if is_local(settings.address.removeprefix("https://").rstrip("/")) else ()


def _token_in(existing: ExistingVault) -> str:
    try:
        return existing.admin_token_file.read_text().strip()
    except OSError as error:
        cure = f"Name a file with such a token: --vault-address {existing.address} --vault-admin-token-file FILE."
        raise PartFailed(f"the token that may set up Vault cannot be read: {error}", cure=cure) from None


async def _has_login(operator: Vault, state: StateDir) -> bool:
    """Whether the identity in the home is good. One that never ends, as those of earlier releases, is taken back."""
    gateway = Vault(operator.settings, AppRole(state.role_id, state.secret_id, path=operator.settings.login_path))
    try:
        await gateway.log_in()
    except VaultUnavailable:
        return False
    finally:
        await gateway.aclose()
    return not await withdraw_endless(operator, state.secret_id.read_text().strip())


def admit_operator(state: StateDir) -> None:
    """Let the token in the home in, and leave whom the operator has added to the file. Raises SettingRefused."""
    token = read_or_make(state.token, lambda: secrets.token_urlsafe(32))
    digest = hashlib.sha256(token.encode()).hexdigest()
    principals = _listed(state)
    operator = {"tenant": TENANT, "agent": "operator", "subject": "operator", "tools": ["*"]}
    everything = {**operator, **{f"{RIGHT}{right}": True for right in RIGHTS}}
    write_private(state.principals, json.dumps({digest: everything, **principals}, indent=2))


def _listed(state: StateDir) -> dict[str, Any]:
    """The file, as it was written: with one that cannot be read no gateway starts."""
    written = read_or_make(state.principals, lambda: "{}")
    try:
        read_principals(state.principals)
    except ConfigInvalid as error:
        raise SettingRefused(str(error), cure=error.cure) from None
    return dict(json.loads(written))
