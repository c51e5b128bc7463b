"""Starts what is measured: the shop, the embedded stack with two gateways, and the two servers to compare with.

Each is a process of its own. All data lies in a temporary home on a disk, where a write-through costs what it costs a user.
At the end all processes are stopped and the home is removed; it is an error if a box is left.
"""

import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from callgate import AsyncClient, CredentialSource
from callgate.types import ImportReport
from gateway.cli.toolset.provision import credential_roles
from gateway.embedded.child import Child
from gateway.embedded.gateway_process import GatewayProcess
from gateway.embedded.launch import from_python
from gateway.embedded.options import StackOptions
from gateway.embedded.passed_settings import vault_settings
from gateway.embedded.ports import LOOPBACK, free_port
from gateway.embedded.stack import Stack
from gateway.embedded.state_dir import StateDir, write_private
from gateway.secrets.provision import provision
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken
from sandbox.engine.docker_engine import DockerEngine
from sandbox.hardening.profile import RUN_DIR_LABEL

HERE = Path(__file__).parent
ORDERS = HERE.parent / "examples" / "orders"
SECRET = "secret/data/orders"
DOCKER_SOCKET = Path("/run/docker.sock")
READY_WITHIN = 60.0
NO_SETTINGS: Mapping[str, str] = {}

log = structlog.get_logger(__name__)


class BoxesLeft(Exception):
    """A gateway that was stopped left boxes behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The addresses of all parts. `warm` is a gateway that keeps four boxes waiting, `cold` one that keeps one."""

    home: Path
    shop: str
    shop_token: str
    warm: str
    cold: str
    caller_token: str
    echo: str
    fastmcp: str


@asynccontextmanager
async def surroundings() -> AsyncIterator[Surroundings]:
    """All parts, running and provisioned. Raises EmbeddedError, VaultUnavailable, CallgateError, BoxesLeft."""
    with temporary_home() as home:
        state = StateDir(home)
        async with Stack(state, local_options()) as stack, AsyncExitStack() as started:
            token_file = home / "shop-token"
            write_private(token_file, secrets.token_urlsafe(24))
            shop = await start_server(started, state, ORDERS / "server.py", "--token-file", str(token_file))
            upstream = ("--upstream", f"http://{shop}", "--token-file", str(token_file))
            started.push_async_callback(confirm_gone, home)
            around = Surroundings(
                home=home,
                shop=f"http://{shop}",
                shop_token=token_file.read_text(),
                echo=await start_server(started, state, HERE / "echo_server.py"),
                fastmcp=f"http://{await start_server(started, state, HERE / 'fastmcp_server.py', *upstream)}/mcp",
                warm=await start_gateway(started, stack, "warm", pool_size=4),
                cold=await start_gateway(started, stack, "cold", pool_size=1),
                caller_token=state.token.read_text(),
            )
            await offer_orders(stack, around.warm, shop, around.shop_token)
            yield around


def local_options() -> StackOptions:
    address = f"{LOOPBACK}:{free_port()}"
    return StackOptions(listen=address, docker_socket=DOCKER_SOCKET, private_networks=("127.0.0.0/8",))


@contextmanager
def temporary_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="callgate-bench-"))
    try:
        yield home
    finally:
        shutil.rmtree(home)


async def start_server(started: AsyncExitStack, state: StateDir, program: Path, *arguments: str) -> str:
    """Start one of the benchmarks' servers. Returns its address."""
    port = free_port()
    log.info("starting", program=program.name)
    command = [sys.executable, "-P", str(program), "--port", str(port), *arguments]
    child = Child(program.stem, command, log=state.logs / f"{program.parent.name}-{program.stem}.log")
    started.push_async_callback(child.stop)

    async def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, port)) == 0

    await child.wait_ready(listens, READY_WITHIN)
    return f"{LOOPBACK}:{port}"


async def start_gateway(
    started: AsyncExitStack, stack: Stack, name: str, *, pool_size: int, settings: Mapping[str, str] = NO_SETTINGS
) -> str:
    """Start `python -m gateway` with a directory of its own, and these settings. Returns its address."""
    log.info("starting", program="gateway", pool_size=pool_size)
    address, run_dir = f"{LOOPBACK}:{free_port()}", stack.state.home / name
    run_dir.mkdir()
    own = {"CALLGATE_LISTEN": address, "CALLGATE_POOL_SIZE": str(pool_size), "CALLGATE_RUN_DIR": str(run_dir), **settings}
    process = GatewayProcess(from_python({**stack.settings, **own}), address, stack.state.logs / f"gateway-{name}.log")
    started.push_async_callback(process.stop)
    await process.start()
    return address


async def offer_orders(stack: Stack, gateway: str, shop: str, shop_token: str) -> None:
    """Let a gateway's callers use the shop, with a credential that they never see."""
    async with AsyncClient(gateway, token=stack.state.token.read_text()) as client:
        source = CredentialSource("bearerAuth", SECRET, "token")
        document = (ORDERS / "openapi.yaml").read_bytes()
        imported = await client.toolsets.import_openapi(document, "orders", server=f"http://{shop}", credentials=[source])
    await _provision(stack, imported, shop_token)


async def _provision(stack: Stack, imported: ImportReport, token: str) -> None:
    """Put the shop's token into Vault, and make the roles that may read it."""
    operator = Vault(vault_settings(stack.settings), FixedToken(stack.state.root_token.read_text()), patience=10.0)
    try:
        await operator.request("POST", SECRET, {"data": {"token": token}})
        await provision(
            operator,
            credential_roles(imported.roles),
        )
    finally:
        await operator.aclose()


async def confirm_gone(home: Path, socket: Path = DOCKER_SOCKET) -> None:
    engine = DockerEngine(f"unix://{socket}")
    try:
        boxes = await engine.containers({RUN_DIR_LABEL: None})
    finally:
        await engine.close()
    left = [box.name for box in boxes if Path(box.labels[RUN_DIR_LABEL]).is_relative_to(home)]
    if left:
        raise BoxesLeft(f"the gateways left boxes: {', '.join(left)}")
