"""The whole embedded stack: started in order, stopped in the reverse one, and clean even where a part did not start."""

import hashlib
import json
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from gateway.embedded.engine_daemon import EngineDaemon
from gateway.embedded.gateway_process import GatewayProcess
from gateway.embedded.launch import from_image, from_python
from gateway.embedded.state_dir import StateDir, read_or_make, write_private
from gateway.embedded.store_server import StoreServer
from gateway.embedded.vault_server import VaultServer
from gateway.model.errors import VaultUnavailable
from gateway.secrets.provision import bootstrap, issue_identity
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import AppRole, FixedToken

_OPERATORS_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class ExistingStore:
    """A Redis that runs already."""

    url: str
    password_file: Path | None = None


@dataclass(frozen=True, slots=True)
class ExistingVault:
    """A Vault that runs already, and the token of one who may prepare it."""

    address: str
    admin_token_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    listen: str = "127.0.0.1:7443"
    pool_size: int = 4
    private_networks: tuple[str, ...] = ()
    docker_socket: Path = Path("/run/docker.sock")
    gateway_image: str | None = None
    store: ExistingStore | None = None
    vault: ExistingVault | None = None


class _Part(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Stack:
    """`async with Stack(...) as stack` runs the servers; `start_gateway` adds the gateway.

    Entering raises EmbeddedError and VaultUnavailable, and leaves nothing behind then. Enter it from the main thread.
    """

    def __init__(self, state: StateDir, options: StackOptions = StackOptions()) -> None:
        self.state = state
        self.options = options
        self.engine = EngineDaemon(state, options.docker_socket)
        self.gateway: GatewayProcess | None = None
        self._started = AsyncExitStack()
        self._store = options.store
        self._vault = options.vault

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as starting:
            starting.enter_context(self.state.hold())
            await _start(starting, self.engine)
            self._store = self._store or await self._start_store(starting)
            self._vault = self._vault or await self._start_vault(starting)
            await self._prepare(self._vault)
            self._admit_operator()
            write_private(self.state.environment, json.dumps(self.settings, indent=2))
            self._started = starting.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._started.aclose()

    @property
    def settings(self) -> dict[str, str]:
        """The gateway's environment: addresses and the names of files, no secrets."""
        store, vault, options = self._store, self._vault, self.options
        if store is None or vault is None:
            raise RuntimeError("the stack has not started")
        settings = {
            "LISTEN": options.listen,
            "REDIS_URL": store.url,
            "REDIS_PASSWORD_FILE": store.password_file,
            "VAULT_ADDRESS": vault.address,
            "VAULT_ROLE_ID_FILE": self.state.role_id,
            "VAULT_SECRET_ID_FILE": self.state.secret_id,
            "PRINCIPALS_FILE": self.state.principals,
            "RUN_DIR": self.state.run,
            "STATE_DIR": self.state.gateway,
            "DOCKER_SOCKET": options.docker_socket,
            "POOL_SIZE": options.pool_size,
            "PRIVATE_NETWORKS": ",".join(options.private_networks),
        }
        return {f"CALLGATE_{name}": str(value) for name, value in settings.items() if value is not None}

    async def start_gateway(self) -> GatewayProcess:
        """Start the gateway and wait until it serves. Raises EmbeddedError."""
        image = self.options.gateway_image
        launch = from_image(self.settings, image, self.state) if image else from_python(self.settings)
        self.gateway = GatewayProcess(launch, self.options.listen, self.state.logs / "gateway.log")
        await _start(self._started, self.gateway)
        return self.gateway

    async def _start_store(self, starting: AsyncExitStack) -> ExistingStore:
        server = StoreServer(self.state)
        await _start(starting, server)
        return ExistingStore(server.url, self.state.store_password)

    async def _start_vault(self, starting: AsyncExitStack) -> ExistingVault:
        server = VaultServer(self.state)
        await _start(starting, server)
        return ExistingVault(server.address, self.state.root_token)

    async def _prepare(self, existing: ExistingVault) -> None:
        operator = Vault(
            existing.address, FixedToken(existing.admin_token_file.read_text().strip()), patience=_OPERATORS_PATIENCE
        )
        try:
            await bootstrap(operator)
            if not await self._can_log_in(existing.address):
                identity = await issue_identity(operator)
                write_private(self.state.role_id, identity.role_id)
                write_private(self.state.secret_id, identity.secret_id)
        finally:
            await operator.aclose()

    async def _can_log_in(self, address: str) -> bool:
        gateway = Vault(address, AppRole(self.state.role_id, self.state.secret_id))
        try:
            await gateway.log_in()
        except VaultUnavailable:
            return False
        finally:
            await gateway.aclose()
        return True

    def _admit_operator(self) -> None:
        """Let the token in the home in, and leave whom the operator has added to the file."""
        token = read_or_make(self.state.token, lambda: secrets.token_urlsafe(32))
        digest = hashlib.sha256(token.encode()).hexdigest()
        principals = json.loads(read_or_make(self.state.principals, lambda: "{}"))
        operator = {"tenant": "local", "agent": "operator", "subject": "operator", "tools": ["*"]}
        everything = {**operator, "may_import": True, "may_review": True, "may_operate": True}
        write_private(self.state.principals, json.dumps({digest: everything, **principals}, indent=2))


async def _start(starting: AsyncExitStack, part: _Part) -> None:
    starting.push_async_callback(part.stop)  # before the start: one that fails half-way is stopped, too
    await part.start()
