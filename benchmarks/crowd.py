"""A crowd of callers of one tenant, and who else asks the gateway meanwhile. Times in milliseconds."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import grpc
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.crowded_gateway import CrowdedGateway
from benchmarks.one_gateway import TOOL
from callgate import AsyncClient, CallgateError
from callgate.errors import NoAnswer

#: Seconds.
NEIGHBOUR_EVERY, LOOK_EVERY = 0.5, 0.2
ANSWER_WITHIN, CALL_WITHIN = 2.0, 30.0
#: The longest first pause of a caller that was refused, which doubles: as the SDK's.
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Asked:
    """How long answers took, and how many did not come."""

    times: list[float] = field(default_factory=list)
    failed: int = 0

    async def ask(self, answer: Awaitable[object], within: float) -> None:
        began = perf_counter()
        try:
            async with asyncio.timeout(within):
                await answer
            self.times.append(1000 * (perf_counter() - began))
        except (CallgateError, TimeoutError, grpc.RpcError) as error:
            log.warning("not_answered", error=f"{type(error).__name__}: {error}")
            self.failed += 1


@dataclass(slots=True)
class Tally:
    """What came of calls: how long those took that were made and those that were refused. `failed`: neither of the two.

    `rates`: calls made per second, of each round.
    """

    made: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    failed: int = 0
    rates: list[float] = field(default_factory=list)
    _counted: int = 0
    _counts: bool = False

    @contextmanager
    def counting(self) -> Iterator[None]:
        """What is made within the block counts for goodput."""
        began, self._counted, self._counts = perf_counter(), 0, True
        yield
        self._counts = False
        self.rates.append(self._counted / (perf_counter() - began))

    def note_made(self, took: float) -> None:
        self.made.append(took)
        self._counted += self._counts


class Crowd:
    """`client` must not send anything again by itself: what a caller does here, the SDK does as a rule."""

    def __init__(self, client: AsyncClient, tally: Tally, size: int, arriving: float) -> None:
        self._client = client
        self._tally = tally
        self._size = size
        self._arriving = arriving
        self._over = asyncio.Event()

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[None]:
        """At the end no caller begins a call any more, and those under way have ended."""
        delays = (self._arriving * number / self._size for number in range(self._size))
        callers = [asyncio.create_task(self._call_on(delay)) for delay in delays]
        try:
            yield
        finally:
            self._over.set()
            await asyncio.gather(*callers)

    async def _call_on(self, delay: float) -> None:
        refusals = 0
        while not await self._is_over_within(delay):
            began = perf_counter()
            try:
                await self._client.call(TOOL, {}, timeout=CALL_WITHIN)
                self._tally.note_made(1000 * (perf_counter() - began))
                delay, refusals = 0.0, 0
            except CallgateError as error:
                delay = _pause(error, refusals)
                refusals += 1
                self._note(error, 1000 * (perf_counter() - began))

    def _note(self, error: CallgateError, took: float) -> None:
        if error.retryable and not isinstance(error, NoAnswer):
            self._tally.refused.append(took)
        else:
            log.warning("call_failed", error=f"{type(error).__name__}: {error}")
            self._tally.failed += 1

    async def _is_over_within(self, seconds: float) -> bool:
        if seconds and not self._over.is_set():
            await asyncio.wait({waiting := asyncio.create_task(self._over.wait())}, timeout=seconds)
            waiting.cancel()
        return self._over.is_set()


def _pause(error: CallgateError, refusals: int) -> float:
    drawn = random.random() * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(refusals, 10))
    return max(drawn, error.retry_after or 0.0)


@asynccontextmanager
async def beside(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """These run while the block does."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def neighbour(client: AsyncClient, asked: Asked) -> None:
    """A caller of another tenant, that calls now and then."""
    while True:
        await asked.ask(client.call(TOOL, {}, timeout=CALL_WITHIN), CALL_WITHIN)
        await asyncio.sleep(NEIGHBOUR_EVERY)


async def looking(around: CrowdedGateway, asked: dict[str, Asked]) -> None:
    """Look at an invocation, cancel it, and ask for health, again and again."""
    async with around.client() as client, grpc.aio.insecure_channel(around.gateway) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        ask: dict[str, Callable[[], Awaitable[object]]] = {
            "cancel": lambda: client.invocations.handle(around.ended).cancel(),
            "get": lambda: client.invocations.get(around.ended),
            "health": lambda: health.Check(health_pb2.HealthCheckRequest()),
        }
        while True:
            for name, question in ask.items():
                await asked[name].ask(question(), ANSWER_WITHIN)
                await asyncio.sleep(LOOK_EVERY / len(ask))
