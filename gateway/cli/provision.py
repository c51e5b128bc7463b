"""`callgate toolset provision`: with the operator's token, give each tool version the right to its one secret."""

import asyncio
from collections.abc import Iterable

from gateway.provision import provision
from gateway.vault import Vault
from gateway.vault_login import FixedToken
from registry.tool import ToolVersion

_PATIENCE = 10.0  # seconds: an operator may wait longer than a call


def provision_toolset(versions: Iterable[ToolVersion], admin_address: str, admin_token: str) -> tuple[str, ...]:
    """The names of the roles, one per version with a credential. Repeating it changes nothing.

    Raises RequestInvalid for a secret's path that is not a plain one, VaultUnavailable.
    """
    return asyncio.run(_provision(tuple(versions), admin_address, admin_token))


async def _provision(versions: tuple[ToolVersion, ...], address: str, token: str) -> tuple[str, ...]:
    vault = Vault(address, FixedToken(token), patience=_PATIENCE)
    try:
        return await provision(vault, versions)
    finally:
        await vault.aclose()
