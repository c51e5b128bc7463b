"""How long one call takes, and what part of that is Callgate's: `make bench B=call_latency`.

Every figure is the same operation, `list_orders` of examples/orders on loopback, over the same span of time: one round measures
each subject in turn, so that other work of the machine slows all alike. A pause follows each measurement that makes or removes
boxes: the pools fill again, so that one measurement does not slow the next.

- warm: SDK → gateway process → waiting box → shop. The credential comes from OpenBao (raft on disk), the ledger is in Valkey
  (`appendfsync always`). Only calls that found a box waiting count, by their `lease` phase; `warm_share` says how many did.
- httpx: the same request by one httpx.AsyncClient as it is by default: it connects once and finds its connection open.
  A box can never do that, so this is the hardest comparison.
- fastmcp: the same operation by FastMCP's `from_openapi` over streamable HTTP, in a process that holds the token, unsandboxed.
- grpc_echo: an asyncio gRPC server that answers with the request: no call through a gateway can be faster.
- cold: a second gateway keeps one box waiting and gets two calls at once. One finds it; the other waits until a box has been
  made for it from nothing, while the engine makes the pool's next one beside it. Only the latter counts, by its `lease` phase.
- engine_create_start: the engine's own share of making one box, alone, with the configuration that a gateway's boxes have.

`phase_…` are the phases of the warm calls' attempts. `connect` runs beside `secret`; `attempt` is all of them and what lies
between. The rest of `warm` is the claim before the attempt, the record after it, and gRPC around it.
"""

import asyncio
import sys
from dataclasses import dataclass, field

import structlog

from benchmarks.figures import TooFewSamples, median, percentile, show
from benchmarks.running import exit_status
from benchmarks.stack import BoxesLeft, surroundings
from benchmarks.subjects import Call, Subjects, subjects
from benchmarks.timing import WrongAnswer
from callgate import CallgateError
from gateway.embedded.errors import EmbeddedError
from gateway.model.errors import GatewayError
from sandbox.api.errors import SandboxError

ROUNDS = 120
COLD_EVERY = 4  # rounds
WARM_UP = 5
PAUSE = 0.5  # seconds; after a call its token is revoked, its box removed and another made, in about a quarter of one
WAITED = 20.0  # milliseconds of lease: a longer one waited for the engine, which never makes a box so fast

PHASES = ("lease", "credential", "connect", "secret", "permission", "exchange")
FEWEST_WARM, FEWEST_COLD = 60, 15
FAILURES = (TooFewSamples, BoxesLeft, WrongAnswer, CallgateError, EmbeddedError, GatewayError, SandboxError)

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Samples:
    """Milliseconds, all but the calls."""

    warm_gateway: list[Call] = field(default_factory=list)
    cold_gateway: list[Call] = field(default_factory=list)
    httpx: list[float] = field(default_factory=list)
    grpc_echo: list[float] = field(default_factory=list)
    fastmcp: list[float] = field(default_factory=list)
    engine_create_start: list[float] = field(default_factory=list)

    @property
    def warm(self) -> list[Call]:
        return [call for call in self.warm_gateway if call.phases["lease"] < WAITED]

    @property
    def cold(self) -> list[Call]:
        return [call for call in self.cold_gateway if call.phases["lease"] >= WAITED]


async def measure(of: Subjects) -> Samples:
    samples = Samples()
    for number in range(ROUNDS):
        samples.warm_gateway.append(await of.warm())
        await asyncio.sleep(PAUSE)
        samples.httpx.append(await of.httpx())
        samples.grpc_echo.append(await of.grpc_echo())
        samples.fastmcp.append(await of.fastmcp())
        if number % COLD_EVERY == 0:
            samples.cold_gateway += await of.cold()
            await asyncio.sleep(2 * PAUSE)
            samples.engine_create_start.append(await of.engine_create_start())
            await asyncio.sleep(PAUSE)
            log.info("measured", rounds=number + 1, of=ROUNDS)
    return samples


async def warm_up(of: Subjects) -> None:
    """Open connections, fill caches, and let the engine's client learn its API's version. None of this counts."""
    for _ in range(WARM_UP):
        await asyncio.gather(of.httpx(), of.grpc_echo(), of.fastmcp())
        await of.warm()
        await asyncio.sleep(PAUSE)
    await of.cold()
    await asyncio.sleep(2 * PAUSE)
    await of.engine_create_start()
    await asyncio.sleep(PAUSE)


def report(samples: Samples) -> None:
    warm_calls = [call.took for call in samples.warm]
    warm = median(warm_calls, least=FEWEST_WARM)
    cold = median([call.took for call in samples.cold], least=FEWEST_COLD)
    httpx, engine = median(samples.httpx), median(samples.engine_create_start)
    show("warm_p50_ms", warm)
    show("warm_p99_ms", percentile(warm_calls, 0.99))
    show("warm_share", len(samples.warm) / len(samples.warm_gateway), "ratio")
    show("httpx_p50_ms", httpx)
    show("cold_p50_ms", cold)
    show("engine_create_start_p50_ms", engine)
    show("grpc_echo_p50_ms", median(samples.grpc_echo))
    show("fastmcp_p50_ms", median(samples.fastmcp))
    show("warm_over_httpx_ms", warm - httpx)
    show("cold_over_warm_engine_ratio", (cold - warm) / engine, "ratio")
    show("attempt_p50_ms", median([call.attempt for call in samples.warm]))
    for name in PHASES:
        show(f"phase_{name}_p50_ms", median([call.phases[name] for call in samples.warm]))


async def run() -> bool:
    async with surroundings() as around, subjects(around) as measured:
        await warm_up(measured)
        samples = await measure(measured)
    report(samples)
    return True


if __name__ == "__main__":
    sys.exit(exit_status(run(), *FAILURES))
