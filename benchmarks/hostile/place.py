"""Starts what is measured: an embedded stack, one gateway, one upstream, and the tools of two tenants."""

import asyncio
import hashlib
import json
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from benchmarks.hostile import bystander, tools
from benchmarks.hostile.schemas import Json
from benchmarks.hostile.target import Target
from benchmarks.hostile.upstream import HEADERS, LARGE
from benchmarks.stack import HERE, READY_WITHIN, confirm_gone, local_options, start_server, temporary_home
from callgate import AsyncClient
from gateway.edge.door.door import PROGRAM
from gateway.embedded.child import Child
from gateway.embedded.gateway_process import GatewayProcess
from gateway.embedded.launch import from_python
from gateway.embedded.ports import LOOPBACK, free_port
from gateway.embedded.stack import Stack
from gateway.embedded.state_dir import StateDir, write_private

POOL = 6
HOSTILE, QUIET = "hostile", "quiet"

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Place:
    """Where all is. `echo`: a server that only echoes. `quiet_token` is the bystander's."""

    target: Target
    gateway: GatewayProcess
    echo: str
    quiet_token: str = field(repr=False)


@asynccontextmanager
async def place() -> AsyncIterator[Place]:
    """All parts, running, with every tool imported. Raises EmbeddedError, CallgateError, BoxesLeft."""
    with temporary_home() as home:
        state, tokens = StateDir(home), {tenant: secrets.token_urlsafe(24) for tenant in (HOSTILE, QUIET)}
        write_private(state.principals, json.dumps({_digest(token): _caller(tenant) for tenant, token in tokens.items()}))
        # An engine of its own: what others do with theirs must not count.
        engine = home / "docker.sock"
        async with Stack(state, replace(local_options(), docker_socket=engine)) as stack, AsyncExitStack() as started:
            upstream = await _start_upstream(started, state)
            echo = await start_server(started, state, HERE / "echo_server.py")
            started.push_async_callback(confirm_gone, home, engine)
            address, run_dir = f"{LOOPBACK}:{free_port()}", home / "gateway-run"
            run_dir.mkdir()
            own = {"CALLGATE_LISTEN": address, "CALLGATE_POOL_SIZE": str(POOL), "CALLGATE_RUN_DIR": str(run_dir)}
            gateway = GatewayProcess(from_python({**stack.settings, **own}), address, state.logs / "gateway.log")
            started.push_async_callback(gateway.stop)
            await gateway.start()
            target = Target(address, upstream, str(run_dir), tokens[HOSTILE])
            await _offer(target, tokens[QUIET])
            supervising = asyncio.create_task(gateway.supervise(lambda told: log.warning("gateway", told=told)))
            started.callback(supervising.cancel)
            yield Place(target, gateway, echo, tokens[QUIET])


def _caller(tenant: str) -> Json:
    """One that may import tools of its own and call them."""
    return {"tenant": tenant, "agent": "agent", "subject": "ada", "tools": ["*"], "may_import": True}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def _start_upstream(started: AsyncExitStack, state: StateDir) -> str:
    port = free_port()
    words = [sys.executable, "-m", "benchmarks.hostile.upstream", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((os.getcwd(), os.environ.get("PYTHONPATH", "")))}
    child = Child("upstream", words, log=state.logs / "upstream.log", environment=environment)
    started.push_async_callback(child.stop)

    async def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, port)) == 0

    await child.wait_ready(listens, READY_WITHIN)
    return f"{LOOPBACK}:{port}"


async def _offer(target: Target, quiet_token: str) -> None:
    server = f"http://{target.upstream}"
    async with AsyncClient(target.gateway, token=quiet_token) as client:
        await client.toolsets.import_openapi(tools.document(tools.simple(bystander.TOOL, "/stand-by")), "quiet", server=server)
    async with AsyncClient(target.gateway, token=target.token) as client:
        for number, document in enumerate(_hostile_documents()):
            report = await client.toolsets.import_openapi(document, f"hostile-{number}", server=server)
            log.info("imported", number=number, tools=len(report.tools), faults=len(report.faults))


def _hostile_documents() -> list[bytes]:
    plain = tools.simple("ordinary", "/ordinary") | tools.simple("slow", "/slow") | tools.taking("take_anything", {})
    for name in HEADERS:
        plain |= tools.simple(f"headers_{name}", f"/headers/{name}")
    for name in LARGE:
        plain |= tools.answering(f"answer_large_{name}", {"type": "array", "items": {"type": ["integer", "array"]}})
    return [tools.document(plain), tools.of_notion(), *tools.of_arguments(), *tools.of_answers(), tools.many()]


def resident_mb(gateway: GatewayProcess, *, most: bool = False) -> float:
    """Megabytes of the gateway's process and its door's: now, or the most since `forget_most`. Zero while there is none."""
    return sum(_resident_mb(pid, most=most) for pid in _processes(gateway))


def _resident_mb(pid: int, *, most: bool) -> float:
    with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
        status = Path(f"/proc/{pid}/status").read_text()
        return int((status.partition("VmHWM:" if most else "VmRSS:")[2].split() or ["0"])[0]) * 1024 / 1e6
    return 0.0


def forget_most(gateway: GatewayProcess) -> None:
    """Let the most be counted from now on: proc(5), clear_refs."""
    for pid in _processes(gateway):
        with suppress(FileNotFoundError, ProcessLookupError):
            Path(f"/proc/{pid}/clear_refs").write_text("5")


def _processes(gateway: GatewayProcess) -> list[int]:
    """The gateway's, and its door's."""
    if gateway.pid is None:
        return []
    found = [gateway.pid]
    for children in Path(f"/proc/{gateway.pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found += [int(child) for child in children.read_text().split() if _is_door(child)]
    return found


def _is_door(pid: str) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/comm").read_text().strip() == PROGRAM.name[:15]
    return False
