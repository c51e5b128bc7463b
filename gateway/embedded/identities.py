"""Who may do what in a stack: the gateway in Vault, the operator at the gateway."""

import hashlib
import json
import secrets

from gateway.embedded.errors import PartFailed
from gateway.embedded.options import ExistingVault
from gateway.embedded.state_dir import StateDir, read_or_make, write_private
from gateway.model.errors import VaultUnavailable
from gateway.model.principal import RIGHT, RIGHTS
from gateway.secrets.provision import bootstrap, issue_identity
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import AppRole, FixedToken

_OPERATORS_PATIENCE = 10.0

#: Whom the token in the home belongs to: one person, who imports and promotes.
TENANT = "local"


async def prepare_vault(existing: ExistingVault, state: StateDir) -> None:
    """Let the gateway log in, with the identity in the home, or with a new one. Raises PartFailed, VaultUnavailable."""
    operator = Vault(existing.address, FixedToken(_token_in(existing)), patience=_OPERATORS_PATIENCE)
    try:
        await bootstrap(operator)
        if not await _can_log_in(existing.address, state):
            identity = await issue_identity(operator)
            write_private(state.role_id, identity.role_id)
            write_private(state.secret_id, identity.secret_id)
    finally:
        await operator.aclose()


def _token_in(existing: ExistingVault) -> str:
    try:
        return existing.admin_token_file.read_text().strip()
    except OSError as error:
        cure = f"Name a file with such a token: --vault-address {existing.address} --vault-admin-token-file FILE."
        raise PartFailed(f"the token that may set up Vault cannot be read: {error}", cure=cure) from None


async def _can_log_in(address: str, state: StateDir) -> bool:
    gateway = Vault(address, AppRole(state.role_id, state.secret_id))
    try:
        await gateway.log_in()
    except VaultUnavailable:
        return False
    finally:
        await gateway.aclose()
    return True


def admit_operator(state: StateDir) -> None:
    """Let the token in the home in, and leave whom the operator has added to the file."""
    token = read_or_make(state.token, lambda: secrets.token_urlsafe(32))
    digest = hashlib.sha256(token.encode()).hexdigest()
    principals = json.loads(read_or_make(state.principals, lambda: "{}"))
    operator = {"tenant": TENANT, "agent": "operator", "subject": "operator", "tools": ["*"]}
    everything = {**operator, **{f"{RIGHT}{right}": True for right in RIGHTS}}
    write_private(state.principals, json.dumps({digest: everything, **principals}, indent=2))
