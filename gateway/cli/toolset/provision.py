"""Makes the token roles in Vault that an import's tools need, with the operator's token, never with the gateway's."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path

import typer

from callgate import CredentialRole as Needed
from gateway.cli.terminal.exit_codes import REFUSED, refusal
from gateway.cli.terminal.output import tell, tell_cure
from gateway.embedded.state_dir import StateDir
from gateway.model.errors import GatewayError
from gateway.secrets.provision import provision
from gateway.secrets.roles import CredentialRole
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken

_PATIENCE = 10.0  # seconds: an operator may wait longer than a call


def require_named(needed: Iterable[Needed], paths: Iterable[str]) -> None:
    """Refuse a role for a secret that the operator did not name: a compromised gateway must not get one by asking."""
    for role in needed:
        if role.secret_path not in paths:
            tell(
                "The gateway asks for a role that reads another secret than those that you named, so no role was made.",
                style="red",
            )
            tell_cure("Find out why before you import through this gateway again.")
            raise typer.Exit(REFUSED)


def provision_roles(needed: Iterable[Needed], address: str | None, token_file: Path | None, home: Path) -> bool:
    """Make the roles in the Vault at `address`, or else in that of the stack at `home`. False where there is neither."""
    state = StateDir(home)
    token_file = token_file or state.root_token
    address = address or _embedded_address(state)
    if address is None or not token_file.is_file():
        return False
    roles = [CredentialRole(role.name, role.secret_path, role.max_ttl) for role in needed]
    try:
        asyncio.run(_provision(roles, address, token_file.read_text().strip()))
    except GatewayError as error:
        raise refusal(error) from None
    return True


def _embedded_address(state: StateDir) -> str | None:
    try:
        return str(json.loads(state.environment.read_text())["CALLGATE_VAULT_ADDRESS"])
    except (OSError, ValueError, KeyError):
        return None


async def _provision(roles: list[CredentialRole], address: str, token: str) -> None:
    vault = Vault(address, FixedToken(token), patience=_PATIENCE)
    try:
        await provision(vault, roles)
    finally:
        await vault.aclose()
