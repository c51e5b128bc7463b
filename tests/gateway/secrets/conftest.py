"""A real OpenBao for the session, bootstrapped as the embedded stack does it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from gateway.embedded.state_dir import StateDir
from gateway.embedded.vault_server import VaultServer
from gateway.secrets.credentials import Purpose
from gateway.secrets.provision import bootstrap, issue_identity
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import AppRole, FixedToken
from registry.model.tool import CredentialBinding, Draft, Effect, Limits, Operation, ToolVersion

OpenVault = Callable[[], AbstractAsyncContextManager[Vault]]


@asynccontextmanager
async def opened(vault: Vault) -> AsyncIterator[Vault]:
    try:
        yield vault
    finally:
        await vault.aclose()


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StateDir]:
    state = StateDir(tmp_path_factory.mktemp("vault-home"))
    with state.hold():
        yield state


@pytest.fixture(scope="session")
def server(state: StateDir) -> Iterator[VaultServer]:
    server = VaultServer(state)
    try:
        asyncio.run(server.start())
        asyncio.run(_bootstrap(server, state))
        yield server
    finally:
        asyncio.run(server.stop())


async def _bootstrap(server: VaultServer, state: StateDir) -> None:
    async with opened(Vault(server.address, FixedToken(server.root_token))) as vault:
        await bootstrap(vault)
        identity = await issue_identity(vault)
    state.role_id.write_text(identity.role_id)
    state.secret_id.write_text(identity.secret_id)


@pytest.fixture
def as_operator(server: VaultServer) -> OpenVault:
    return lambda: opened(Vault(server.address, FixedToken(server.root_token)))


@pytest.fixture
def as_gateway(server: VaultServer, state: StateDir) -> OpenVault:
    return lambda: opened(Vault(server.address, AppRole(state.role_id, state.secret_id)))


@pytest.fixture
def as_bearer(server: VaultServer) -> Callable[[str], AbstractAsyncContextManager[Vault]]:
    """Whoever holds this token, and nothing else."""
    return lambda token: opened(Vault(server.address, FixedToken(token)))


@pytest.fixture
def identity_files(tmp_path: Path) -> Callable[[str, str], AppRole]:
    def write(role_id: str, secret_id: str) -> AppRole:
        (tmp_path / "role-id").write_text(role_id)
        (tmp_path / "secret-id").write_text(secret_id)
        return AppRole(tmp_path / "role-id", tmp_path / "secret-id")

    return write


@pytest.fixture(scope="session")
def make_version() -> Callable[..., ToolVersion]:
    """A tool version that needs the secret at `path`; other names make other digests."""

    def make(name: str, path: str = "secret/data/payments") -> ToolVersion:
        binding = CredentialBinding(path, "token", {"place": "header", "name": "Authorization", "prefix": "Bearer "})
        operation = Operation("GET", "http://127.0.0.1:1", "/", (), None, ("application/json",))
        limits = Limits(attempt_timeout=7.5)
        draft = Draft(name, "shop", "", {}, None, operation, effect=Effect.READ, credential=binding, limits=limits)
        return ToolVersion(draft, "1.0.0", hashlib.sha256(f"{name} {path}".encode()).hexdigest())

    return make


@pytest.fixture(scope="session")
def make_purpose() -> Callable[[ToolVersion], Purpose]:
    return lambda version: Purpose(version, "acme", "inv-1", 1, "4bf92f3577b34da6a3ce929d0e0e4736")
