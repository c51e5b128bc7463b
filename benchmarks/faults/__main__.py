"""Runs the storms, prints what came of them, and exits with the verdict: 0 where every figure keeps its bounds.

`--seed` repeats the dice; `--short` is one storm of a minute. `--storms`, `--tails` and `--scale` are for whoever looks for a
fault: with less than all, the verdict is bad.
"""

import argparse
import asyncio
import sys
from random import Random

import structlog

from benchmarks.faults.failovers import TAILS
from benchmarks.faults.figures_of_storms import SHORT, WHOLE, Figure
from benchmarks.faults.weather import STORMS, figures_of, short, whole
from benchmarks.figures import show

log = structlog.get_logger(__name__)


async def main(arguments: argparse.Namespace) -> int:
    dice = Random(arguments.seed)
    log.info("dice", seed=arguments.seed)
    if arguments.short:
        return report(figures_of(await short(dice), SHORT))
    storms = [STORMS[number] for number in arguments.storms]
    tails = [tail for tail in TAILS if tail.kind in arguments.tails]
    return report(figures_of(await whole(dice, storms, tails, arguments.scale), WHOLE))


def report(found: list[Figure]) -> int:
    """Print all figures; returns the exit status."""
    for figure in found:
        show(figure.name, figure.value, figure.unit)
        if not figure.holds:
            log.error("bound_broken", figure=figure.name, value=figure.value, least=figure.least, most=figure.most)
    return 0 if all(figure.holds for figure in found) else 1


def _arguments() -> argparse.Namespace:
    kinds = [tail.kind for tail in TAILS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=Random().randrange(1 << 32))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--storms", type=int, nargs="+", choices=range(len(STORMS)), default=list(range(len(STORMS))))
    parser.add_argument("--tails", nargs="*", choices=kinds, default=kinds, help="the kinds of failovers; none for no failover")
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of calls")
    return parser.parse_args()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(file=sys.stderr))
    sys.exit(asyncio.run(main(_arguments())))
