"""What single-use boxes cost, beside what the engine alone can do: `make bench B=sandbox`, or `-m benchmarks.sandbox --short`.

Everything is measured in one run, on one machine, by turns, so that other work of the machine slows all alike.

- engine_boxes_per_s: create, start and remove through the raw Engine, with a gateway's configuration and image. The best of two
  clients and several degrees of parallelism is found first; the figure is the median of its turns.
- calls_per_s: calls of an OpenAPI operation without credential, SDK → gateway process → box → an upstream on loopback that
  answers `{}`, each in a box of its own, in a closed loop that keeps more callers waiting than boxes can be made. Counted after
  a ramp in which the eight boxes that waited are used up, so none of them counts. The median of its turns.
- cpu_s_per_call: processor time of the whole machine meanwhile, engine and callers included.
- grpc_echo: an asyncio gRPC server that answers with the request. empty_job: the same call as above while boxes wait, one at a
  time, in turn with the echo; five of each in a row, with eight boxes waiting, then a pause in which used ones are replaced.
- burst_20_s: twenty calls at once, where eight boxes wait. refill_s: from the last answer until eight wait again.
- idle_box_rss_mb: resident memory of the one process in a waiting box, shared pages included.
- llm_sandbox_cold_ms: `print(6 * 7)` by PyPI's llm-sandbox in a container that is made for it, with the bounds of a box as far
  as it can work within them (see `llm_cold`); from nothing to the output.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from time import monotonic

import structlog

from benchmarks.engine_alone import EngineAlone, EngineRefused, engine_alone
from benchmarks.figures import median, percentile, show
from benchmarks.llm_cold import LlmSandbox, WrongOutput
from benchmarks.one_gateway import POOL, OneGateway, one_gateway
from benchmarks.processor import busy_seconds
from benchmarks.running import exit_status
from benchmarks.single_use import Boxes, Caller, caller
from benchmarks.stack import BoxesLeft
from benchmarks.timing import WrongAnswer
from callgate import CallgateError
from gateway.embedded.errors import EmbeddedError
from gateway.model.errors import GatewayError
from sandbox.api.errors import SandboxError

CALLERS = 16
BURST = 20
ON_END = 5
PARALLEL = (2, 3, 4, 6, 8)

FAILURES = (EngineRefused, BoxesLeft, WrongAnswer, WrongOutput, CallgateError, EmbeddedError, GatewayError, SandboxError)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured. Times in seconds."""

    trial: float = 8.0
    turn: float = 30.0
    turns: int = 3
    ramp: float = 4.0
    rounds: int = 300
    bursts: int = 5
    peer: int = 10
    pause: float = 1.6  # in which the boxes of the last calls are removed and others made


SHORT = Size(trial=3.0, turn=8.0, turns=1, ramp=3.0, rounds=20, bursts=1, peer=2)


@dataclass(frozen=True, slots=True)
class Measured:
    around: OneGateway
    engine: EngineAlone
    caller: Caller
    boxes: Boxes
    size: Size

    async def report(self) -> None:
        await self.boxes.wait_full()
        show("idle_box_rss_mb", median(await self.boxes.resident()), "MB")
        await self.latency()
        await self.bursts()
        await self.peer()
        await self.throughput()

    async def latency(self) -> None:
        echoes, calls = [], []
        for number in range(self.size.rounds):
            echoes.append(await self.caller.echo())
            calls.append(await self.caller.call())
            if number % ON_END == ON_END - 1:
                await asyncio.sleep(self.size.pause)
            if number % 50 == 0:
                log.info("measured", rounds=number + 1, of=self.size.rounds)
        echo = median(echoes)
        show("grpc_echo_p50_ms", echo)
        show("empty_job_p50_ms", median(calls))
        show("empty_job_p99_ms", percentile(calls, 0.99))
        show("empty_job_p50_over_echo_ms", median(calls) - echo)
        show("empty_job_p99_over_echo_ms", percentile(calls, 0.99) - echo)

    async def bursts(self) -> None:
        bursts, refills = [], []
        for _ in range(self.size.bursts):
            await self.boxes.wait_full()
            begin = monotonic()
            await asyncio.gather(*(self.caller.call() for _ in range(BURST)))
            answered = monotonic()
            await self.boxes.wait_full()
            bursts.append(answered - begin)
            refills.append(monotonic() - answered)
            await asyncio.sleep(self.size.pause)
        show("burst_20_s", median(bursts), "s")
        show("refill_s", median(refills), "s")

    async def peer(self) -> None:
        with LlmSandbox() as peer:
            show("llm_sandbox_cold_ms", median([await asyncio.to_thread(peer.cold) for _ in range(self.size.peer)]))

    async def throughput(self) -> None:
        client, parallel = await self._best()
        engine, calls, busy = [], [], []
        for number in range(self.size.turns):
            engine.append(await self.engine.boxes_per_s(client, parallel, self.size.turn, self.size.ramp))
            rate, spent = await self._calls_per_s()
            calls.append(rate)
            busy.append(spent)
            await self.boxes.wait_full()
            log.info("measured", turns=number + 1, engine=engine[-1], calls=rate)
        show("engine_boxes_per_s", median(engine), "1/s")
        show("calls_per_s", median(calls), "1/s")
        show("calls_per_engine_box", median(calls) / median(engine), "ratio")
        show("cpu_s_per_call", median(busy), "s")

    async def _best(self) -> tuple[str, int]:
        trials = {
            (client, parallel): await self.engine.boxes_per_s(client, parallel, self.size.trial, self.size.ramp / 2)
            for parallel in PARALLEL
            for client in self.engine.clients
        }
        best = max(trials, key=lambda trial: trials[trial])
        log.info("best", client=best[0], parallel=best[1], boxes_per_s=trials[best])
        return best

    async def _calls_per_s(self) -> tuple[float, float]:
        """Calls a second, and the machine's processor seconds for each."""
        begin = monotonic() + self.size.ramp
        end = begin + self.size.turn
        callers = [asyncio.create_task(self._keep_calling(end)) for _ in range(CALLERS)]
        await asyncio.sleep(begin - monotonic())
        before = busy_seconds()
        await asyncio.sleep(end - monotonic())
        spent = busy_seconds() - before
        answered = [moment for moments in await asyncio.gather(*callers) for moment in moments]
        count = sum(begin <= moment < end for moment in answered)
        return count / self.size.turn, spent / max(1, count)

    async def _keep_calling(self, end: float) -> list[float]:
        moments = []
        while monotonic() < end:
            await self.caller.call()
            moments.append(monotonic())
        return moments


async def run(size: Size) -> bool:
    async with one_gateway() as around, engine_alone(around.home) as engine, caller(around) as calls:
        boxes = Boxes(around.run_dir, POOL)
        try:
            await Measured(around, engine, calls, boxes, size).report()
        finally:
            boxes.close()
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description="What single-use boxes cost.")
    parser.add_argument("--short", action="store_true", help="only see that the benchmark works")
    return exit_status(run(SHORT if parser.parse_args().short else Size()), *FAILURES)


if __name__ == "__main__":
    sys.exit(main())
