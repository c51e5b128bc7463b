"""The whole embedded stack: started in order, stopped in the reverse one, and clean even where a part did not start."""

import asyncio
import json
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Protocol, Self

from gateway.embedded.engine_daemon import EngineDaemon
from gateway.embedded.gateway_process import GatewayProcess
from gateway.embedded.home_servers import HomeServers, choose_servers, remember_servers
from gateway.embedded.identities import TENANT, admit_operator, prepare_vault
from gateway.embedded.launch import from_image, from_python
from gateway.embedded.listen_check import check_listen
from gateway.embedded.options import ExistingStore, ExistingVault, StackOptions
from gateway.embedded.passed_settings import check_passed, check_whole, vault_settings, with_absolute_paths
from gateway.embedded.places import check_places
from gateway.embedded.state_dir import StateDir, write_private
from gateway.embedded.store_server import StoreServer
from gateway.embedded.vault_server import VaultServer

MCP_LISTEN = "CALLGATE_MCP_LISTEN"
_NOTHING_SAID = StackOptions()
#: What holds unless the operator says otherwise. The installation is one person's.
_PROPOSED = {"CALLGATE_SELF_PROMOTION": TENANT}


class _Part(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Stack:
    """`async with Stack(...) as stack` runs the servers; `start_gateway` adds the gateway.

    Entering raises EmbeddedError and VaultUnavailable, and leaves nothing behind then. Enter it from the main thread.
    """

    def __init__(self, state: StateDir, options: StackOptions = _NOTHING_SAID) -> None:
        self.state = state
        self.options = options
        self.engine = EngineDaemon(state, options.docker_socket)
        self.gateway: GatewayProcess | None = None
        self._started = AsyncExitStack()
        self.servers = HomeServers(None, None)
        self._passed = with_absolute_paths(options.passed)
        self._store: ExistingStore | None = None
        self._vault: ExistingVault | None = None

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as starting:
            starting.enter_context(self.state.hold())
            self.servers = choose_servers(self.state, self.options)
            self._check_settings(self.servers)
            await check_listen(self.options.listen)
            if mcp := self._passed.get(MCP_LISTEN):
                await check_listen(mcp, f"{MCP_LISTEN}=")
            await _start(starting, self.engine)
            self._store = self.servers.store or await self._start_store(starting)
            self._vault = self.servers.vault or await self._start_vault(starting)
            await prepare_vault(self._vault, self.state, vault_settings(self.settings))
            admit_operator(self.state)
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
        if self._store is None or self._vault is None:
            raise RuntimeError("the stack has not started")
        of_servers = {**self._store.settings, **self._vault.settings}
        proposed = {**_PROPOSED, "CALLGATE_ARTIFACTS_STORE": str(self.state.artifacts)}
        merged = {**proposed, **of_servers, **self._passed, **self._decided(self._store, self._vault)}
        return {name: text for name, text in merged.items() if text}

    def _decided(self, store: ExistingStore, vault: ExistingVault) -> dict[str, str]:
        """What no variable of the operator's can say."""
        options = self.options
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
        write_private(self.state.address, self.options.listen)
        remember_servers(self.state, self.servers, self.settings)
        return self.gateway

    def _check_settings(self, servers: HomeServers) -> None:
        """Before anything starts: with what an embedded server's address may be. Raises SettingRefused."""
        store = servers.store or ExistingStore("redis://127.0.0.1:6379/0", self.state.store_password)
        vault = servers.vault or ExistingVault("https://127.0.0.1:8200", self.state.root_token)
        decided = self._decided(store, vault)
        check_passed(self._passed, decided, own_redis=servers.store is not None, own_vault=servers.vault is not None)
        check_whole({**store.settings, **vault.settings, **self._passed, **decided})
        check_places(self.state, self.options.docker_socket)

    async def _start_store(self, starting: AsyncExitStack) -> ExistingStore:
        server = StoreServer(self.state, memory=self.options.store_memory)
        await _start(starting, server)
        return ExistingStore(server.url, self.state.store_password)

    async def _start_vault(self, starting: AsyncExitStack) -> ExistingVault:
        server = VaultServer(self.state)
        await _start(starting, server)
        starting.push_async_callback(_ended, asyncio.create_task(server.tend()))
        authority = {"CALLGATE_VAULT_CA_FILE": str(self.state.vault_ca)}
        return ExistingVault(server.address, self.state.root_token, authority)


async def _start(starting: AsyncExitStack, part: _Part) -> None:
    starting.push_async_callback(part.stop)  # before the start: one that fails half-way is stopped, too
    await part.start()


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
