"""What the SDK and its adapters add to a call: `make bench B=adapters`.

Every subject is a process of its own and calls one tool, which does nothing, through one gateway with real boxes. A round
measures each in turn, so that other work of the machine slows all alike, and what they are compared with more often. A pause
after each lets the pool fill again.

- bare_grpc: the stub that gRPC generates, without the SDK.
- sdk_sync, sdk_async: `Client.call` and `AsyncClient.call`. The verdict: each takes at most 1.3 times as long as bare_grpc.
- each adapter of `tests/clients/adapters.py`, by the agent of its test, by its environment's interpreter. `call`: from what all
  adapters share to the answer. `turn`: from the answer of the scripted model to the next question. So the framework's own work
  is in it, the adapter's, and a provider's client and HTTP, where there are any.

An agent lives for a few turns, since frameworks bound them; then another one begins. Its first turn opens connections, and does
not count.
"""

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from subprocess import CalledProcessError

import structlog

from benchmarks.figures import TooFewSamples, median, show
from benchmarks.one_gateway import DOCUMENT, OneGateway, one_gateway
from benchmarks.one_gateway import TOOL as NOTHING
from benchmarks.paced import Paced, Subject, paced
from benchmarks.paced_client import TOOL
from benchmarks.running import exit_status
from benchmarks.stack import BoxesLeft
from benchmarks.timing import WrongAnswer
from callgate import CallgateError
from gateway.embedded.errors import EmbeddedError
from scripts.client_environments import interpreter
from tests.clients.adapters import ADAPTERS, Adapter

LIVES, TURNS = 2, 9
AGAIN = 3  # how often a round measures what adapters are compared with
KINDS = ("turn", "call")
PAUSE = 0.4  # seconds; a box is made in about a quarter of one
FEWEST = 15
MOST = 1.3
TOOLSET = "bank"  # which the agents of the tests ask for
FAILURES = (TooFewSamples, BoxesLeft, WrongAnswer, CallgateError, CalledProcessError, EmbeddedError)

log = structlog.get_logger(__name__)

#: Milliseconds, by figure.
Samples = dict[str, list[float]]


BARE, *SDK = COMPARED = [
    Subject("bare_grpc", sys.executable, ("benchmarks.paced_client", "bare")),
    Subject("sdk_sync", sys.executable, ("benchmarks.paced_client", "sync")),
    Subject("sdk_async", sys.executable, ("benchmarks.paced_client", "async")),
]


def adapted(adapter: Adapter) -> Subject:
    words = ("benchmarks.paced_agent", adapter.module)
    return Subject(adapter.name.replace(" ", "_"), str(interpreter(adapter.environment)), (*words, *adapter.words))


async def measure(around: OneGateway, subjects: Sequence[Subject]) -> Samples:
    samples: Samples = defaultdict(list)
    for life in range(LIVES):
        async with lives(around, subjects, life) as begun:
            for turn in range(TURNS):
                for one in [*AGAIN * begun[: len(COMPARED)], *begun[len(COMPARED) :]]:
                    took = await one.turn()
                    for kind, milliseconds in zip(KINDS, took, strict=False):
                        samples[f"{one.name}_{kind}"] += [milliseconds] if turn else []
                    await asyncio.sleep(PAUSE)
        log.info("measured", lives=life + 1, of=LIVES)
    return samples


@asynccontextmanager
async def lives(around: OneGateway, subjects: Sequence[Subject], number: int) -> AsyncIterator[list[Paced]]:
    """All subjects, begun, each in a directory and a run of its own."""
    async with AsyncExitStack() as stack:
        begun = []
        for one in subjects:
            home = around.home / f"{one.name}-{number}"
            home.mkdir()
            place = {"CALLGATE_ADDRESS": around.gateway, "CALLGATE_TOKEN": around.token, "AGENT_RUN": home.name}
            begun.append(await stack.enter_async_context(paced(one, home, place)))
        yield begun


async def offer(around: OneGateway) -> None:
    """The tool that does nothing, under the names by which the agents know one; it is told which turn it is."""
    document = json.loads(json.dumps(DOCUMENT).replace(NOTHING, TOOL))
    document["paths"]["/nothing"]["get"]["parameters"] = [{"name": "turn", "in": "query", "schema": {"type": "integer"}}]
    async with around.client() as client:
        await client.toolsets.import_openapi(json.dumps(document).encode(), TOOLSET, server=f"http://{around.upstream}")


def report(samples: Samples) -> bool:
    medians = {figure: median(took, least=FEWEST) for figure, took in samples.items()}
    bare = medians[f"{BARE.name}_turn"]
    for figure, took in medians.items():
        show(f"{figure}_p50_ms", took)
        if not figure.startswith(BARE.name):
            show(f"{figure}_over_{BARE.name}_ratio", took / bare, "ratio")
    return all(medians[f"{one.name}_turn"] <= MOST * bare for one in SDK)


async def run() -> bool:
    subjects = [*COMPARED, *map(adapted, ADAPTERS)]
    async with one_gateway() as around:
        await offer(around)
        samples = await measure(around, subjects)
    return report(samples)


if __name__ == "__main__":
    sys.exit(exit_status(run(), *FAILURES))
