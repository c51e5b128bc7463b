"""A real OpenBao for the session, bootstrapped as the embedded stack does it, and connections to it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from gateway.embedded.certificates import ensure_certificate
from gateway.embedded.state_dir import StateDir
from gateway.embedded.vault_server import VaultServer
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import AppRole, FixedToken
from tests.gateway.vaults import Certificate, bootstrapped, opened, running


@pytest.fixture(scope="session")
def vault_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StateDir]:
    state = StateDir(tmp_path_factory.mktemp("vault-home"))
    with state.hold():
        yield state


@pytest.fixture(scope="session")
def vault_server(vault_state: StateDir) -> Iterator[VaultServer]:
    with running(vault_state) as server:
        asyncio.run(bootstrapped(server, vault_state))
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    directory = tmp_path_factory.mktemp("certificate")
    made = Certificate(directory / "server.pem", directory / "authority.pem")
    ensure_certificate(made.server, made.authority)
    return made


@pytest.fixture
async def vault_as_operator(vault_server: VaultServer) -> AsyncIterator[Vault]:
    async with opened(Vault(vault_server.settings, FixedToken(vault_server.root_token))) as vault:
        yield vault


@pytest.fixture
async def vault_as_gateway(vault_server: VaultServer, vault_state: StateDir) -> AsyncIterator[Vault]:
    async with opened(Vault(vault_server.settings, AppRole(vault_state.role_id, vault_state.secret_id))) as vault:
        yield vault


@pytest.fixture
def identity_files(tmp_path: Path) -> Callable[[str, str], AppRole]:
    def write(role_id: str, secret_id: str) -> AppRole:
        (tmp_path / "role-id").write_text(role_id)
        (tmp_path / "secret-id").write_text(secret_id)
        return AppRole(tmp_path / "role-id", tmp_path / "secret-id")

    return write
