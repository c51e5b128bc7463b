"""Whether one tenant, or a stranger, can make another one's calls wait: `make bench B=hostile`.

A gateway runs as `callgate up` runs it. A bystander, a tenant of its own in a process of its own, makes ordinary calls in a
steady pace: every 30 ms one that is answered from the record, every quarter of a second one in a box. An attacker in another
process attacks for some seconds, one way after another. Each figure is the worst delay that the bystander saw meanwhile.

The delay of a call is its time less the median of its kind without any other caller: what a call takes by itself is not the
attacker's doing. Bystander, attacker, upstream, engine and stores share the gateway's processors, as they would not elsewhere.
So the bystander also makes calls of the same size to a server that only echoes, and the worst delay of these in the same window
is subtracted: it is the machine's. For calls in boxes it is rather the worst that the bystander sees beside a *neighbour*, a
tenant that makes ordinary calls as fast as four callers can: to start boxes takes processors, too. The attacker is niced. A
call that fails counts ten seconds.

- arguments_ms, answers_ms: 240 generated schemas, each with one wrong leaf, and texts up to the bound.
- headers_ms, unauthenticated_streams_ms, imports_ms, watchers_ms, lists_ms, logins_ms: see the modules of these names.
- runner_frames_ms: in the place of its boxes' runners, the attacker. The bystander makes no calls in boxes meanwhile, for they
  would be the attacker's.
- http2_ms: the worst of twelve attacks on the connection; each is shown as http2_NAME_ms.
- rss_growth_mb: the most memory that the gateway's process and its door's had, less what they had before the first attack. One
  that an attack has ended is started again, as by `callgate up`: the bystander's calls fail meanwhile.
- notion_16kb_ms, notion_1mb_ms: until the one wrong leaf of a page is named.
- neighbour_ms, neighbour_boxed_ms: the worst delay beside a neighbour, by kind of call, with nothing subtracted; no verdict
  rests on it. What was subtracted from a figure is in the log.

    python -m benchmarks.hostile [--only NAME …] [--seconds N]

Exit status 0: all figures keep their bounds.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from subprocess import PIPE
from time import monotonic

import structlog

from benchmarks.figures import show
from benchmarks.hostile import http2, notion
from benchmarks.hostile.delays import Watch
from benchmarks.hostile.place import Place, forget_most, place, resident_mb
from benchmarks.running import exit_status
from callgate import CallgateError
from gateway.embedded.errors import EmbeddedError

#: Seconds of an attack, and of each on the HTTP/2 connection; of the time before the first one, and between two.
SECONDS, HTTP2_SECONDS, SETTLING, BETWEEN = 20.0, 6.0, 10.0, 3.0
#: Seconds that an attack may take beyond its time.
GRACE = 240.0
#: The bounds.
DELAY_MS, GROWTH_MB = 100.0, 128.0
NOTION_MS = {"notion_16kb_ms": 20.0, "notion_1mb_ms": 50.0}
HTTP2 = tuple(f"http2.{name}" for name in http2.NAMES)
NAMES = (
    "arguments",
    "answers",
    "headers",
    "unauthenticated_streams",
    "imports",
    "watchers",
    "lists",
    "logins",
    "runner_frames",
)

log = structlog.get_logger(__name__)


class NotAttacked(Exception):
    """An attack was not made: nothing can be said of it."""


@dataclass(slots=True)
class Verdict:
    kept: bool = True
    boxed_usually: float = 0.0

    def show(self, figure: str, value: float, bound: float, unit: str = "ms") -> None:
        show(figure, value, unit)
        if value > bound:
            self.kept = False
            log.warning("over_its_bound", figure=figure, value=round(value, 1), bound=bound)


@dataclass(slots=True)
class Battle:
    """One gateway under one attack after another. `seconds` of each."""

    place: Place
    watch: Watch
    seconds: float
    verdict: Verdict = field(default_factory=Verdict)
    most_mb: float = 0.0

    async def prepare(self) -> None:
        await self.watch.settle(SETTLING)
        log.info("undisturbed", usual_ms=self.watch.usual)
        began, ended = await self._attacked("neighbour", self.seconds)
        self.verdict.boxed_usually = self.watch.worst_delay(began, ended, ["boxed"])
        show("neighbour_ms", self.watch.worst_delay(began, ended, ["recalled"]))
        show("neighbour_boxed_ms", self.verdict.boxed_usually)

    async def attack(self, names: Sequence[str]) -> None:
        forget_most(self.place.gateway)
        before = resident_mb(self.place.gateway)
        for name in [one for one in NAMES if one in names]:
            self.verdict.show(f"{name}_ms", await self._delay(name, self.seconds), DELAY_MS)
        over = {name: await self._delay(name, min(self.seconds, HTTP2_SECONDS)) for name in HTTP2 if name in names}
        for name, value in over.items():
            show(f"{name.replace('.', '_')}_ms", value)
        if over:
            self.verdict.show("http2_ms", max(over.values()), DELAY_MS)
        self.verdict.show("rss_growth_mb", self.most_mb - before, GROWTH_MB, "MB")

    async def _delay(self, name: str, seconds: float) -> float:
        boxes = name != "runner_frames"
        await self.watch.boxes(wanted=boxes)
        began, ended = await self._attacked(name, seconds)
        recalled = self.watch.worst_delay(began, ended, ["recalled"])
        boxed = self.watch.worst_delay(began, ended, ["boxed"]) if boxes else 0.0
        echoed = self.watch.worst_delay(began, ended, ["echoed"])
        seen = {"recalled_ms": round(recalled), "boxed_ms": round(boxed), "echoed_ms": round(echoed)}
        # Of another process, where an attack has ended the one before.
        self.most_mb = max(self.most_mb, resident_mb(self.place.gateway, most=True))
        log.info("attacked", attack=name, **seen, rss_mb=round(resident_mb(self.place.gateway)))
        await self.watch.boxes(wanted=True)
        await asyncio.sleep(BETWEEN)
        return max(0.0, recalled - echoed, boxed - max(echoed, self.verdict.boxed_usually))

    async def _attacked(self, name: str, seconds: float) -> tuple[float, float]:
        """Raises NotAttacked."""
        words = sys.executable, "-m", "benchmarks.hostile.attacker", name, str(seconds)
        process = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE)
        began = monotonic()
        try:
            async with asyncio.timeout(seconds + GRACE):
                told, _ = await process.communicate(self.place.target.to_json().encode())
        except TimeoutError:
            raise NotAttacked(f"{name} did not end within {seconds + GRACE:g} s") from None
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        ended = monotonic()
        if process.returncode or not int(told or b"0"):
            raise NotAttacked(f"{name} ended with {process.returncode} after {told.decode().strip() or 0} attacks")
        log.info("made", attack=name, attacks=int(told))
        await self.watch.caught_up(ended)
        return began, ended


async def run(names: Sequence[str], seconds: float) -> bool:
    verdict = Verdict()
    if "notion" in names:
        for figure, value in (await notion.measure()).items():
            verdict.show(figure, value, NOTION_MS[figure])
    if not [one for one in names if one != "notion"]:
        return verdict.kept
    async with place() as given:
        watch = await Watch.start(given.target.gateway, given.echo, given.quiet_token)
        try:
            battle = Battle(given, watch, seconds, verdict)
            await battle.prepare()
            await battle.attack(names)
        finally:
            await watch.end()
    return verdict.kept


def main() -> int:
    every = ("notion", *NAMES, *HTTP2)
    parser = argparse.ArgumentParser(description="Whether one tenant can make another one's calls wait.")
    parser.add_argument("--only", nargs="+", default=every, choices=(*every, "http2"), metavar="NAME")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of one attack")
    given = parser.parse_args()
    chosen = [*given.only, *(HTTP2 if "http2" in given.only else ())]
    return exit_status(run(chosen, given.seconds), CallgateError, EmbeddedError, NotAttacked, notion.LeafNotNamed)


if __name__ == "__main__":
    sys.exit(main())
