"""Starts and provisions all processes of a storm, and stops them at its end. What they leave then is a leak."""

import asyncio
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import structlog

from benchmarks.faults.clocked_store import ClockedStore
from benchmarks.faults.counting_upstream import CountingUpstream, document
from benchmarks.faults.gateways import GatewayUnderTest, start_gateway
from callgate import CredentialSource
from gateway.embedded.engine_daemon import EngineDaemon
from gateway.embedded.stack import ExistingStore, Stack, StackOptions
from gateway.embedded.state_dir import StateDir
from gateway.secrets.provision import provision
from gateway.secrets.roles import CredentialRole
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken

log = structlog.get_logger(__name__)

GATEWAYS = 2
_SECRET = "secret/data/charges"
_POOL_SIZE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """`in_boxes`: whether each job has a box of its own, or runs in the gateway's process."""

    in_boxes: bool
    home: Path
    gateways: tuple[GatewayUnderTest, ...]
    upstream: CountingUpstream
    store: ClockedStore
    store_password: str
    engine: EngineDaemon
    engine_state: Path
    vault: Vault
    unseal_key: str

    async def kill_store(self) -> None:
        await _kill(lambda: self.store.pid)

    async def kill_engine(self) -> None:
        """The kernel ends containerd, too. Until it is reaped, a new engine would take its pid file for that of a live one."""
        await _kill(lambda: self.engine.pid)
        (self.engine_state / "exec" / "containerd" / "containerd.pid").unlink(missing_ok=True)

    def signal_engine(self, number: signal.Signals) -> None:
        if self.engine.pid is not None:
            os.kill(self.engine.pid, number)


@asynccontextmanager
async def arena(dice: Random, *, in_boxes: bool) -> AsyncIterator[Arena]:
    """Raises EmbeddedError, VaultUnavailable, CallgateError where something does not start."""
    async with AsyncExitStack() as opened:
        home = opened.enter_context(_home())
        store_home = opened.enter_context(StateDir(home / "s").hold())
        store = ClockedStore(store_home)
        opened.push_async_callback(store.stop)
        await store.start()
        options = StackOptions(
            pool_size=_POOL_SIZE,
            private_networks=("127.0.0.0/8",),
            docker_socket=home / "engine.sock",
            store=ExistingStore(store.url, store_home.store_password),
        )
        stack = await opened.enter_async_context(Stack(StateDir(home / "c"), options))
        secret = secrets.token_urlsafe(24) if in_boxes else None
        upstream = await opened.enter_async_context(CountingUpstream(secret, dice))
        vault = await _operator(opened, stack)
        gateways = await _start_gateways(opened, stack, store, home, in_boxes=in_boxes)
        await _offer(gateways[0], upstream, vault, secret)
        yield Arena(
            in_boxes=in_boxes,
            home=home,
            gateways=gateways,
            upstream=upstream,
            store=store,
            store_password=store_home.store_password.read_text(),
            engine=stack.engine,
            engine_state=stack.state.engine,
            vault=vault,
            unseal_key=stack.state.unseal_key.read_text(),
        )


@contextmanager
def _home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="cgf-"))  # short, because the boxes' socket paths begin with it
    try:
        yield home
    finally:
        _end_orphans(home)
        shutil.rmtree(home, ignore_errors=True)


def _end_orphans(home: Path) -> None:
    """Kill shims: an engine that is killed while it starts a container forgets its shim, which then waits for good.

    No box is among them.
    """
    needle = os.fsencode(home)
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if needle in entry.read_bytes():
                log.info("orphan_of_the_engine", process=entry.parent.name)
                os.kill(int(entry.parent.name), signal.SIGKILL)


async def _operator(opened: AsyncExitStack, stack: Stack) -> Vault:
    token = FixedToken(stack.state.root_token.read_text().strip())
    vault = Vault(stack.settings["CALLGATE_VAULT_ADDRESS"], token, patience=10.0)
    opened.push_async_callback(vault.aclose)
    return vault


async def _start_gateways(
    opened: AsyncExitStack, stack: Stack, store: ClockedStore, home: Path, *, in_boxes: bool
) -> tuple[GatewayUnderTest, ...]:
    port = urlsplit(store.url).port or 0
    token = stack.state.token.read_text()
    return tuple(
        [
            await start_gateway(opened, f"g{number}", stack.settings, port, token, in_boxes=in_boxes, home=home)
            for number in range(GATEWAYS)
        ]
    )


async def _offer(gateway: GatewayUnderTest, upstream: CountingUpstream, vault: Vault, secret: str | None) -> None:
    """Import the API, and let its tools read their secret, if they have one."""
    sources = [CredentialSource("token", _SECRET, "token")] if secret else []
    report = await gateway.client.import_toolset(
        document(secured=secret is not None), "charges", server=upstream.url, credentials=sources
    )
    if secret:
        await vault.request("POST", _SECRET, {"data": {"token": secret}})
        await provision(vault, [CredentialRole(role.name, role.secret_path, role.max_ttl) for role in report.roles])
    log.info("tools", names=[tool.name for tool in report.tools], faults=len(report.faults))


async def _kill(pid: Callable[[], int | None]) -> None:
    """Kill the process, and return once it is reaped."""
    if (alive := pid()) is not None:
        os.kill(alive, signal.SIGKILL)
    while pid() is not None:  # noqa: ASYNC110 - it takes milliseconds
        await asyncio.sleep(0.01)
