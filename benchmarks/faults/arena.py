"""Starts and provisions all processes of a storm, and stops them at its end. What they leave then is a leak."""

import asyncio
import hashlib
import json
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import structlog

from benchmarks.faults.charges_api import document
from benchmarks.faults.gateways import GatewayUnderTest, Terms, start_gateway
from benchmarks.faults.replicated_store import Operator, ReplicatedStore, replicated_store
from benchmarks.faults.sentinels import sentinels
from benchmarks.faults.upstream_process import UpstreamProcess, counting_upstream
from callgate import CredentialSource
from gateway.cli.toolset.provision import credential_roles
from gateway.embedded.engine_daemon import EngineDaemon
from gateway.embedded.options import ExistingStore, StackOptions
from gateway.embedded.passed_settings import vault_settings
from gateway.embedded.stack import Stack
from gateway.embedded.state_dir import StateDir, write_private
from gateway.model.principal import Principal
from gateway.secrets.provision import provision
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken

log = structlog.get_logger(__name__)

GATEWAYS = 2
#: The callers, one of each tenant; the first is the operator, too.
PRINCIPALS = (Principal("local", "operator", "operator"), Principal("acme", "planner", "ada"))
TENANTS = tuple(principal.tenant for principal in PRINCIPALS)
_SECRET = "secret/data/charges"
_POOL_SIZE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a storm is to be like. `in_boxes`: whether each job has a box of its own, or runs in the gateway's process.

    `by_sentinel`: who promotes a replica: Sentinels, or an operator. `direct`: gateways ask the Sentinels for the store; else
    each has a proxy on its way, which is led to the primary. `engine`: the socket of an engine that runs already; where none is
    given, the arena has one of its own. `state_dirs`: the gateways' state directories; without them, each has its own.
    """

    in_boxes: bool
    by_sentinel: bool = False
    direct: bool = False
    engine: Path | None = None
    state_dirs: tuple[Path | None, ...] = (None,) * GATEWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    site: Site
    home: Path
    gateways: tuple[GatewayUnderTest, ...]
    upstream: UpstreamProcess
    store: ReplicatedStore
    engine: EngineDaemon
    engine_state: Path
    engine_socket: Path
    vault: Vault
    unseal_key: str

    def point_at_primary(self) -> None:
        """Lead every gateway to the store's primary of now."""
        for gateway in self.gateways:
            gateway.proxy.point_at(self.store.primary.port)

    async def kill_engine(self) -> None:
        """The kernel ends containerd, too. Until it is reaped, a new engine would take its pid file for that of a live one."""
        self.signal_engine(signal.SIGKILL)
        while self.engine.pid is not None:  # noqa: ASYNC110 - it takes milliseconds
            await asyncio.sleep(0.01)
        (self.engine_state / "exec" / "containerd" / "containerd.pid").unlink(missing_ok=True)

    def signal_engine(self, number: signal.Signals) -> None:
        if self.engine.pid is not None:
            os.kill(self.engine.pid, number)


@asynccontextmanager
async def arena(dice: Random, site: Site) -> AsyncIterator[Arena]:
    """Raises EmbeddedError, VaultUnavailable, CallgateError where something does not start."""
    async with AsyncExitStack() as opened:
        home = opened.enter_context(_home())
        store, password, store_url = await _store(opened, home, site)
        stack = await opened.enter_async_context(_stack(home, store, password, site))
        secret = secrets.token_urlsafe(24) if site.in_boxes else ""
        seed = dice.randrange(1 << 32)
        upstream = await opened.enter_async_context(counting_upstream(home / "upstream.log", secret, seed))
        vault = await _operator(opened, stack)
        terms = Terms(stack.settings, _admit(stack), home, site.in_boxes, store_url)
        port, places = store.primary.port, enumerate(site.state_dirs)
        gateways = [await start_gateway(opened, f"g{number}", terms, port, place) for number, place in places]
        await _offer(gateways[0], upstream, vault, secret)
        yield Arena(
            site=site,
            home=home,
            gateways=tuple(gateways),
            upstream=upstream,
            store=store,
            engine=stack.engine,
            engine_state=stack.state.engine,
            engine_socket=stack.options.docker_socket,
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


async def _store(opened: AsyncExitStack, home: Path, site: Site) -> tuple[ReplicatedStore, Path, str]:
    """The store, the file with its password, and its address for gateways that ask Sentinels for it."""
    password, file = secrets.token_hex(32), home / "store-password"
    write_private(file, password)
    if not site.by_sentinel:
        return await opened.enter_async_context(replicated_store(home, password, Operator(), TENANTS)), file, ""
    ring = await opened.enter_async_context(sentinels(home / "sentinels", password))
    store = await opened.enter_async_context(replicated_store(home, password, ring, TENANTS))
    return store, file, ring.url if site.direct else ""


def _stack(home: Path, store: ReplicatedStore, password: Path, site: Site) -> Stack:
    options = StackOptions(
        pool_size=_POOL_SIZE,
        private_networks=("127.0.0.0/8",),
        docker_socket=site.engine or home / "engine.sock",
        store=ExistingStore(f"redis://127.0.0.1:{store.primary.port}/0", password),
    )
    return Stack(StateDir(home / "c"), options)


async def _operator(opened: AsyncExitStack, stack: Stack) -> Vault:
    token = FixedToken(stack.state.root_token.read_text().strip())
    vault = Vault(vault_settings(stack.settings), token, patience=10.0)
    opened.push_async_callback(vault.aclose)
    return vault


def _admit(stack: Stack) -> dict[str, str]:
    """Let the other tenants' callers in beside the operator. Returns the tokens by tenant."""
    operator, *others = PRINCIPALS
    tokens = {operator.tenant: stack.state.token.read_text()}
    admitted = json.loads(stack.state.principals.read_text())
    for caller in others:
        tokens[caller.tenant] = token = secrets.token_urlsafe(32)
        identity = {"tenant": caller.tenant, "agent": caller.agent, "subject": caller.subject, "tools": ["*"]}
        admitted[hashlib.sha256(token.encode()).hexdigest()] = identity
    write_private(stack.state.principals, json.dumps(admitted))
    return tokens


async def _offer(gateway: GatewayUnderTest, upstream: UpstreamProcess, vault: Vault, secret: str) -> None:
    """Import the API, let its tools read their secret, if they have one, and publish them to the other tenants."""
    operator, *others = TENANTS
    sources = [CredentialSource("token", _SECRET, "token")] if secret else []
    report = await gateway.clients[operator].toolsets.import_openapi(
        document(secured=bool(secret)), "charges", server=upstream.url, credentials=sources
    )
    for tenant in others:
        await gateway.clients[operator].toolsets.publish("charges", tenant)
    if secret:
        await vault.request("POST", _SECRET, {"data": {"token": secret}})
        await provision(
            vault,
            credential_roles(report.roles),
        )
    log.info("tools", names=[tool.name for tool in report.tools], faults=len(report.faults))
