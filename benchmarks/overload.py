"""Two hundred callers where eight keep a gateway busy: `make bench B=overload`, or `-m benchmarks.overload --short`.

All parts are real: the embedded stack, a gateway, boxes, an upstream that answers at once. Callers share the machine with all
of that. Each makes one call after another; one that is refused waits as the SDK does, and no shorter than it was told. Rounds
of eight and of two hundred callers alternate in one run, so that other work of the machine slows both alike; callers come over
some seconds. Meanwhile a caller of another tenant makes a call now and then, and others look at an invocation, cancel one, and
ask for health.

- goodput_share: calls per second that succeeded for two hundred callers, by those for eight just before; the median of the
  rounds. At least 0.9.
- refused_p50_ms, refused_p99_ms: from a call to its refusal, whatever part refused it. At most 50 at the 99th percentile.
- call_p50_ms_8 and _200: of the calls that were made. refusals: how many the gateway had to answer beside them.
  failed: calls of which neither came; there must be none.
- other_tenant_share: its calls that were made; each must be. other_tenant_p50_ms_8, _200 and _worst_ms_200: how long they took.
- cancel_worst_ms, get_worst_ms, health_worst_ms: under load; not_answered: those that failed, or took over two seconds.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass, field

import structlog

from benchmarks.crowd import Asked, Crowd, Tally, beside, looking, neighbour
from benchmarks.crowded_gateway import CrowdedGateway, crowded_gateway
from benchmarks.figures import MEDIAN, percentile, show
from benchmarks.running import exit_status
from benchmarks.stack import BoxesLeft
from callgate import CallgateError
from gateway.embedded.errors import EmbeddedError
from gateway.model.errors import GatewayError
from sandbox.api.errors import SandboxError

FEW, MANY = 8, 200
LEAST_GOODPUT, MOST_REFUSED_MS = 0.9, 50.0
P99 = 0.99
FAILURES = (BoxesLeft, CallgateError, EmbeddedError, GatewayError, SandboxError)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """`arriving`: the seconds over which the callers come, which do not count for goodput; then `seconds` do."""

    rounds: int = 5
    arriving: float = 4.0
    seconds: float = 12.0


SHORT = Plan(rounds=2, arriving=3.0, seconds=6.0)


@dataclass(slots=True)
class Side:
    """What came of the rounds of one number of callers."""

    callers: int
    tally: Tally = field(default_factory=Tally)
    other: Asked = field(default_factory=Asked)
    looks: dict[str, Asked] = field(default_factory=lambda: {name: Asked() for name in ("cancel", "get", "health")})


async def measure(around: CrowdedGateway, plan: Plan) -> tuple[Side, Side]:
    sides = Side(FEW), Side(MANY)
    for number in range(plan.rounds):
        for side in sides:
            await one_round(around, plan, side)
            log.info("round", number=number + 1, callers=side.callers, per_second=round(side.tally.rates[-1], 2))
    return sides


async def one_round(around: CrowdedGateway, plan: Plan, side: Side) -> None:
    async with around.client() as client, around.other_client() as other:
        crowd = Crowd(client, side.tally, side.callers, plan.arriving)
        async with crowd.calling(), beside(neighbour(other, side.other), looking(around, side.looks)):
            await asyncio.sleep(plan.arriving)
            with side.tally.counting():
                await asyncio.sleep(plan.seconds)


def report(few: Side, many: Side) -> bool:
    """Whether every bound holds, and there was an overload at all."""
    shares = [much / little for little, much in zip(few.tally.rates, many.tally.rates, strict=True) if little]
    share = percentile(shares, MEDIAN) if shares else 0.0
    refused = many.tally.refused
    for side in (few, many):
        show(f"goodput_per_s_{side.callers}", percentile(side.tally.rates, MEDIAN), "1/s")
        show(f"call_p50_ms_{side.callers}", percentile(side.tally.made, MEDIAN) if side.tally.made else 0.0)
    show("goodput_share", share, "ratio")
    show("refusals", len(refused), "1")
    failed = few.tally.failed + many.tally.failed
    show("failed", failed, "1")
    for name, part in (("p50", MEDIAN), ("p99", P99)):
        show(f"refused_{name}_ms", percentile(refused, part) if refused else 0.0)
    answered = report_beside(few, many) and not failed
    return answered and share >= LEAST_GOODPUT and bool(refused) and percentile(refused, P99) <= MOST_REFUSED_MS


def report_beside(few: Side, many: Side) -> bool:
    """Whether all was answered that is to be answered under any load."""
    others, made = few.other.failed + many.other.failed, len(few.other.times) + len(many.other.times)
    show("other_tenant_share", made / max(1, made + others), "ratio")
    for side in (few, many):
        show(f"other_tenant_p50_ms_{side.callers}", percentile(side.other.times, MEDIAN) if side.other.times else 0.0)
    show("other_tenant_worst_ms_200", max(many.other.times, default=0.0))
    for name, asked in many.looks.items():
        show(f"{name}_worst_ms", max(asked.times, default=0.0))
    missing = sum(asked.failed for asked in many.looks.values())
    show("not_answered", missing, "1")
    return not (others or missing) and all(asked.times for asked in (many.other, *many.looks.values()))


async def run(plan: Plan) -> bool:
    async with crowded_gateway() as around:
        await one_round(around, Plan(arriving=1.0, seconds=2.0), Side(FEW))  # fills caches, and does not count
        return report(*await measure(around, plan))


def main() -> int:
    parser = argparse.ArgumentParser(description="Two hundred callers where eight keep a gateway busy.")
    parser.add_argument("--short", action="store_true", help="two short rounds: to see that it runs")
    return exit_status(run(SHORT if parser.parse_args().short else Plan()), *FAILURES)


if __name__ == "__main__":
    sys.exit(main())
