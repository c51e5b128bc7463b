"""What the other doors add to a call: `make bench B=doors`.

Every subject is a process of its own and calls one tool, which does nothing, through one gateway with real boxes. A round
measures each in turn, so that other work of the machine slows all alike. A pause after each lets the pool fill again.

- bare_grpc: the stub that gRPC generates for Python, without the SDK.
- mcp_stdio, mcp_http: the official client of MCP, through `callgate mcp` and through the gateway's own door, by the revision
  with sessions (2025) and the one without (2026).
- typescript: the client of `clients/typescript`, on Node.

The verdict: each takes at most twice as long as bare_grpc, at the median. The first turns open connections, and do not count.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from subprocess import CalledProcessError

import structlog

from benchmarks.adapters import offer
from benchmarks.figures import TooFewSamples, median, percentile, show
from benchmarks.one_gateway import OneGateway, one_gateway
from benchmarks.paced import Paced, Subject, paced, paced_command
from benchmarks.paced_client import TOOL
from benchmarks.running import exit_status
from benchmarks.stack import BoxesLeft
from benchmarks.timing import WrongAnswer
from callgate import CallgateError
from gateway.embedded.errors import EmbeddedError
from gateway.embedded.ports import LOOPBACK, free_port
from scripts.node_environment import PACKAGE, node

ROUNDS, WARM_UP = 60, 3
PAUSE = 0.4  # seconds; a box is made in about a quarter of one
FEWEST = 50
MOST = 2.0
BARE = "bare_grpc"
TYPESCRIPT = PACKAGE / "bench" / "calls.ts"
FAILURES = (TooFewSamples, BoxesLeft, WrongAnswer, CallgateError, CalledProcessError, EmbeddedError)

SUBJECTS = (
    Subject(BARE, sys.executable, ("benchmarks.paced_client", "bare")),
    Subject("mcp_stdio_2025", sys.executable, ("benchmarks.paced_mcp", "stdio", "legacy")),
    Subject("mcp_stdio_2026", sys.executable, ("benchmarks.paced_mcp", "stdio", "2026-07-28")),
    Subject("mcp_http_2025", sys.executable, ("benchmarks.paced_mcp", "http", "legacy")),
    Subject("mcp_http_2026", sys.executable, ("benchmarks.paced_mcp", "http", "2026-07-28")),
)

log = structlog.get_logger(__name__)

#: Milliseconds, by subject.
Samples = Mapping[str, list[float]]


@asynccontextmanager
async def doors(around: OneGateway, url: str) -> AsyncIterator[list[Paced]]:
    """All subjects, begun."""
    place = {"CALLGATE_ADDRESS": around.gateway, "CALLGATE_TOKEN": around.token, "CALLGATE_MCP_URL": url}
    async with AsyncExitStack() as stack:
        begun = [await stack.enter_async_context(paced(one, directory(around, one), place)) for one in SUBJECTS]
        found = node()
        found.install(PACKAGE)
        command = (found.program, str(TYPESCRIPT), TOOL, '{"turn": 1}', "-", "0")
        begun.append(await stack.enter_async_context(paced_command("typescript", command, place, mark="")))
        yield begun


def directory(around: OneGateway, subject: Subject) -> Path:
    home = around.home / subject.name
    home.mkdir()
    return home


async def measure(begun: list[Paced]) -> Samples:
    samples: dict[str, list[float]] = defaultdict(list)
    for number in range(WARM_UP + ROUNDS):
        for one in begun:
            [took] = await one.turn()
            samples[one.name] += [took] if number >= WARM_UP else []
            await asyncio.sleep(PAUSE)
    return samples


def report(samples: Samples) -> bool:
    medians = {name: median(took, least=FEWEST) for name, took in samples.items()}
    for name, took in medians.items():
        show(f"{name}_p50_ms", took)
        show(f"{name}_p95_ms", percentile(samples[name], 0.95))
        if name != BARE:
            show(f"{name}_over_{BARE}_ratio", took / medians[BARE], "ratio")
    return all(took <= MOST * medians[BARE] for took in medians.values())


async def run() -> bool:
    node().install(PACKAGE)
    listen = f"{LOOPBACK}:{free_port()}"
    async with one_gateway({"CALLGATE_MCP_LISTEN": listen}) as around:
        await offer(around)
        async with doors(around, f"http://{listen}/mcp") as begun:
            samples = await measure(begun)
    return report(samples)


if __name__ == "__main__":
    sys.exit(exit_status(run(), *FAILURES))
