"""Runs two storms and prints what came of them. `--boxes` and `--in-process` are their calls; `--seed` repeats the dice."""

import argparse
import asyncio
import sys
from collections import Counter
from dataclasses import dataclass
from random import Random

import structlog

from benchmarks.faults.arena import arena
from benchmarks.faults.injuries import injuries
from benchmarks.faults.storm import Storm, rage
from benchmarks.faults.verdict import Verdict, judge
from benchmarks.figures import show

CALLS_IN_BOXES = 1_000
CALLS_IN_PROCESS = 9_500

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Weathered:
    """One storm and its verdict."""

    storm: Storm
    verdict: Verdict


async def weather(calls: int, dice: Random, *, in_boxes: bool) -> Weathered:
    async with arena(dice, in_boxes=in_boxes) as place:
        storm = await rage(place, calls, injuries(in_boxes=in_boxes), dice)
        verdict = await judge(place, storm)
    log.info("weathered", in_boxes=in_boxes, seconds=round(storm.seconds), errors_met=dict(storm.callers.errors))
    return Weathered(storm, verdict)


def report(in_boxes: Weathered, in_process: Weathered) -> None:
    both = (in_boxes, in_process)
    struck = sum((one.storm.struck for one in both), Counter[tuple[str, str]]())
    calls = sum(one.verdict.calls for one in both)
    show("calls", calls, "calls")
    show("calls_in_boxes", in_boxes.verdict.calls, "calls")
    show("calls_in_process", in_process.verdict.calls, "calls")
    show("fault_kinds", len({kind for kind, _ in struck}), "kinds")
    show("faults", struck.total(), "faults")
    show("kill_points", sum(kind == "gateway_killed" for kind, _ in struck), "points")
    for kind, number in sorted(_by_kind(struck).items()):
        show(f"faults_{kind}", number, "faults")
    for figure in ("duplicate_effects", "without_outcome", "untrue_outcomes"):
        show(figure, sum(getattr(one.verdict, figure) for one in both), "calls")
    show("leaks", sum(one.verdict.leaks.total() for one in both), "things")
    show("unknown_share", sum(one.verdict.unknown for one in both) / calls, "of calls")


def _by_kind(struck: Counter[tuple[str, str]]) -> Counter[str]:
    kinds: Counter[str] = Counter()
    for (kind, _), number in struck.items():
        kinds[kind] += number
    return kinds


async def main(arguments: argparse.Namespace) -> int:
    dice = Random(arguments.seed)
    log.info("dice", seed=arguments.seed)
    in_boxes = await weather(arguments.boxes, dice, in_boxes=True)
    in_process = await weather(arguments.in_process, dice, in_boxes=False)
    report(in_boxes, in_process)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--boxes", type=int, default=CALLS_IN_BOXES)
    parser.add_argument("--in-process", type=int, default=CALLS_IN_PROCESS)
    parser.add_argument("--seed", type=int, default=Random().randrange(1 << 32))
    return parser.parse_args()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(file=sys.stderr))
    sys.exit(asyncio.run(main(_arguments())))
