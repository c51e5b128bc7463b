"""A Vault to start, connections to it that are closed, and tool versions that need a secret of it."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.embedded.state_dir import StateDir
from gateway.embedded.vault_server import VaultServer
from gateway.model.vault_settings import VaultSettings
from gateway.secrets.credentials import Purpose
from gateway.secrets.provision import bootstrap, issue_identity
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken
from registry.model.tool import CredentialBinding, Draft, Effect, Limits, Operation, ToolVersion


@dataclass(frozen=True)
class Certificate:
    """One for this machine, and the file of the authority that signed it."""

    server: Path
    authority: Path

    @property
    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server)
        return context

    def settings(self, port: int) -> VaultSettings:
        return VaultSettings(address=f"https://127.0.0.1:{port}", ca_file=self.authority)


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
    async with opened(Vault(server.settings, FixedToken(server.root_token))) as vault:
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
