"""A Vault to start, connections to it that are closed, and tool versions that need a secret of it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from gateway.embedded.state_dir import StateDir
from gateway.embedded.vault_server import VaultServer
from gateway.secrets.credentials import Purpose
from gateway.secrets.provision import bootstrap, issue_identity
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken
from registry.model.tool import CredentialBinding, Draft, Effect, Limits, Operation, ToolVersion


@contextmanager
def running(state: StateDir) -> Iterator[VaultServer]:
    server = VaultServer(state)
    try:
        asyncio.run(server.start())
        yield server
    finally:
        asyncio.run(server.stop())


@asynccontextmanager
async def opened(vault: Vault) -> AsyncIterator[Vault]:
    try:
        yield vault
    finally:
        await vault.aclose()


async def bootstrapped(server: VaultServer, state: StateDir) -> None:
    """Prepare the server, and write the gateway's login to the state directory."""
    async with opened(Vault(server.address, FixedToken(server.root_token))) as vault:
        await bootstrap(vault)
        identity = await issue_identity(vault)
    state.role_id.write_text(identity.role_id)
    state.secret_id.write_text(identity.secret_id)


BEARER = {"place": "header", "name": "Authorization", "prefix": "Bearer "}


def version_named(name: str, path: str = "secret/data/payments") -> ToolVersion:
    """A tool version that needs the secret at `path`; other names make other digests."""
    binding = CredentialBinding(path, "token", BEARER)
    operation = Operation("GET", "http://127.0.0.1:1", "/", (), None, ("application/json",))
    draft = Draft(
        name, "shop", "", {}, None, operation, effect=Effect.READ, credential=binding, limits=Limits(attempt_timeout=7.5)
    )
    return ToolVersion(draft, "1.0.0", hashlib.sha256(f"{name} {path}".encode()).hexdigest())


def purpose_of(version: ToolVersion) -> Purpose:
    return Purpose(version, "acme", "inv-1", 1, "4bf92f3577b34da6a3ce929d0e0e4736")
