"""The storms of the benchmark, one after another: each is let loose on an arena of its own, and judged."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import structlog

from benchmarks.faults.arena import Arena, Site, arena
from benchmarks.faults.failovers import TAILS, Tail
from benchmarks.faults.figures_of_storms import SHORT, Figure, Floor, figures
from benchmarks.faults.injuries import gentle_of_each_kind, injuries
from benchmarks.faults.leftovers import leftovers
from benchmarks.faults.storm import Plan, Storm, rage
from benchmarks.faults.verdict import Record, Verdict, judge

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Forecast:
    """A storm to come."""

    site: Site
    calls: int
    failovers: int


#: Boxes for the truth; the same gateways without them for a volume that no engine bears: with an operator, with Sentinels that
#: proxies follow, and with Sentinels that the gateways ask themselves.
STORMS = (
    Forecast(Site(in_boxes=True), calls=3_600, failovers=8),
    Forecast(Site(in_boxes=False), calls=4_000, failovers=8),
    Forecast(Site(in_boxes=False, by_sentinel=True), calls=1_500, failovers=4),
    Forecast(Site(in_boxes=False, by_sentinel=True, direct=True), calls=1_500, failovers=4),
)


@dataclass(frozen=True, slots=True)
class Weathered:
    """One storm, its verdict and its leaks."""

    storm: Storm
    verdict: Verdict
    leaks: Counter[str]

    @property
    def struck(self) -> Counter[str]:
        """How often each kind of fault struck."""
        kinds = Counter(f"failover_{one.kind}" for one in self.storm.failovers)
        for (kind, _), number in self.storm.struck.items():
            kinds[kind] += number
        return kinds


async def weather(place: Arena, plan: Plan, dice: Random) -> Weathered:
    """A storm, and what its callers are told of their keys once it is over, by gateways that were started anew."""
    storm = await rage(place, plan, dice)
    for gateway in place.gateways:
        await gateway.process.stop()
        await gateway.revive()
    await storm.callers.ask_of_all()
    leaks = await leftovers(place)
    record = Record(storm.callers.calls, place.upstream.log.requests(), storm.callers.refusals, storm.failovers)
    log.info("weathered", site=str(place.site), seconds=round(storm.seconds), errors_met=dict(storm.callers.errors))
    return Weathered(storm, judge(record), leaks)


async def short(dice: Random) -> list[Weathered]:
    """One storm in boxes, of less than a minute: two failovers, and the faults that take little time."""
    site = Site(in_boxes=True)
    async with arena(dice, site) as place:
        plan = Plan(SHORT.calls, gentle_of_each_kind(dice, site), dice.sample(TAILS, SHORT.failovers), SHORT.failovers)
        return [await weather(place, plan, dice)]


async def whole(dice: Random, forecasts: Sequence[Forecast], tails: Sequence[Tail], scale: float) -> list[Weathered]:
    """Every storm, or as many as it takes to know that the verdict is bad. `scale`: of the number of calls."""
    weathered: list[Weathered] = []
    for one in forecasts:
        async with arena(dice, one.site) as place:
            plan = Plan(int(one.calls * scale), injuries(one.site), tails, one.failovers if tails else 0)
            weathered.append(await weather(place, plan, dice))
        if weathered[-1].storm.given_up:
            break
    return weathered


def figures_of(storms: Sequence[Weathered], floor: Floor) -> list[Figure]:
    """All storms' figures together."""
    struck = sum((one.struck for one in storms), Counter[str]())
    leaks = sum((one.leaks for one in storms), Counter[str]())
    return figures([one.verdict for one in storms], struck, leaks, floor)
