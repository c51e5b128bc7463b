"""Makes the token roles in Vault that an import's tools need, with the operator's token, never with the gateway's."""

import asyncio
import json
import os
from collections.abc import Iterable
from pathlib import Path

import typer

from callgate import CredentialRole as Needed
from gateway.cli.terminal.exit_codes import REFUSED, refusal
from gateway.cli.terminal.output import tell, tell_cure
from gateway.embedded.errors import SettingRefused
from gateway.embedded.passed_settings import of_vault, vault_settings, with_absolute_paths
from gateway.embedded.state_dir import StateDir
from gateway.model.errors import GatewayError
from gateway.model.vault_settings import VaultSettings
from gateway.secrets.provision import provision
from gateway.secrets.roles import CredentialRole
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken

_ADDRESS = "CALLGATE_VAULT_ADDRESS"
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
    """Make the roles in the Vault at `address`, or else in that of the environment or of the stack at `home`. False where
    there is none of them."""
    state = StateDir(home)
    token_file = token_file or state.root_token
    named = _named(state, {_ADDRESS: address} if address else {})
    if _ADDRESS not in named or not token_file.is_file():
        return False
    roles = [CredentialRole(role.name, role.secret_path, role.max_ttl) for role in needed]
    try:
        asyncio.run(_provision(roles, vault_settings(named), token_file.read_text().strip()))
    except (GatewayError, SettingRefused) as error:
        raise refusal(error) from None
    return True


def _named(state: StateDir, option: dict[str, str]) -> dict[str, str]:
    """The settings of the Vault that is meant. What the home says of its own does not count for another one."""
    said = {**with_absolute_paths(of_vault(os.environ)), **option}
    at_home = _of_home(state)
    return {**at_home, **said} if said.get(_ADDRESS) in (None, at_home.get(_ADDRESS)) else said


def _of_home(state: StateDir) -> dict[str, str]:
    """What tells of Vault among the settings of the stack at home."""
    try:
        return of_vault(json.loads(state.environment.read_text()))
    except (OSError, ValueError):
        return {}


async def _provision(roles: list[CredentialRole], settings: VaultSettings, token: str) -> None:
    vault = Vault(settings, FixedToken(token), patience=_PATIENCE)
    try:
        await provision(vault, roles)
    finally:
        await vault.aclose()
