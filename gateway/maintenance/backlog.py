"""Works through what waits, of all tenants, so that nothing which cannot be done now holds up the rest.

A list is read whole, however long it is. So many things are done at one time, of one tenant fewer. What could not be done is
tried again after a pause, which doubles, and in places of its own: no first try waits for it. Of what is to be tried again,
that comes first which has waited longest.
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

import structlog

from gateway.model.errors import GatewayError
from sandbox.api.errors import SandboxError

log = structlog.get_logger(__name__)
T = TypeVar("T", bound=Hashable)

#: Tenants whose lists are read at one time.
READERS = 32

#: Seconds for which a reader waits for a place. After that it leaves the rest of its tenant's list to the next round.
PLACE_WITHIN = 1.0

MOST_DOUBLINGS = 16

#: How often what was never tried was tried, and from when on it may be.
NEVER = (0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """How many are done at one time, of one tenant, and of those that are tried again; and seconds.

    `first_try` and `each_try` bound one try. `once`: what was done is not done again while it is on the list.
    """

    at_once: int = 64
    of_tenant: int = 16
    again_at_once: int = 16
    first_pause: float = 2.0
    longest_pause: float = 60.0
    first_try: float | None = None
    each_try: float | None = None
    once: bool = False


@dataclass(slots=True)
class _OfTenant(Generic[T]):
    """`tried`: how often each was tried that is not done, and from when on it may be again. `doing`: what is under way."""

    places: asyncio.Semaphore
    tried: dict[T, tuple[int, float]] = field(default_factory=dict)
    doing: set[T] = field(default_factory=set)


class Backlog(Generic[T]):
    """`do` is given a tenant and a thing, and answers whether it is done. It may raise what a part raises that is away."""

    def __init__(self, do: Callable[[str, T], Awaitable[bool]], pacing: Pacing, clock: Callable[[], float] = monotonic) -> None:
        self._do, self._terms, self._clock = do, pacing, clock
        self._places, self._readers = asyncio.Semaphore(pacing.at_once), asyncio.Semaphore(READERS)
        self._tenants: dict[str, _OfTenant[T]] = {}
        self._due: deque[tuple[str, T]] = deque()
        self._again = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def work_through(self, tenants: Sequence[str], waiting: Callable[[str], AsyncIterator[T]]) -> None:
        """Begin what waits in each tenant's list and is not under way. Raises what a list has raised, once all were read."""
        read = await asyncio.gather(*(self._read(tenant, waiting(tenant)) for tenant in tenants), return_exceptions=True)
        due = [(tenant, item) for tenant, found in zip(tenants, read, strict=True) if isinstance(found, list) for item in found]
        self._due = deque(sorted(due, key=lambda one: self._tenants[one[0]].tried.get(one[1], NEVER)[1]))
        self._try_again()
        for failure in read:
            if isinstance(failure, BaseException):
                raise failure

    async def finish(self) -> None:
        """Wait for what is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _read(self, tenant: str, waiting: AsyncIterator[T]) -> list[T]:
        """Begin each that was not tried yet. Answers those that are due to be tried again."""
        of = self._tenants.setdefault(tenant, _OfTenant(asyncio.Semaphore(self._terms.of_tenant)))
        tried, listed = set(of.tried), set[T]()
        again: list[T] = []
        async with self._readers:
            async for item in waiting:
                if item in tried:
                    listed.add(item)
                if item in of.doing:
                    continue
                if item in of.tried:
                    if of.tried[item][1] <= self._clock():
                        again.append(item)
                elif not await self._has_place(of):
                    return again
                else:
                    self._begin(of, item, self._first_try(tenant, of, item))
        for gone in tried - listed - of.doing:
            of.tried.pop(gone, None)
        return again

    async def _has_place(self, of: _OfTenant[T]) -> bool:
        """Take a place, if one is free in time."""
        try:
            async with asyncio.timeout(PLACE_WITHIN):
                await of.places.acquire()
        except TimeoutError:
            return False
        try:
            async with asyncio.timeout(PLACE_WITHIN):
                await self._places.acquire()
        except TimeoutError:
            of.places.release()
            return False
        return True

    def _try_again(self) -> None:
        """As many of those that are due as there are places; the rest as soon as places are free."""
        while self._due and self._again < self._terms.again_at_once:
            tenant, item = self._due.popleft()
            of = self._tenants[tenant]
            if item in of.tried and item not in of.doing:
                self._again += 1
                self._begin(of, item, self._another_try(tenant, of, item))

    async def _first_try(self, tenant: str, of: _OfTenant[T], item: T) -> None:
        try:
            await self._try(tenant, of, item, self._terms.first_try)
        finally:
            of.places.release()
            self._places.release()

    async def _another_try(self, tenant: str, of: _OfTenant[T], item: T) -> None:
        try:
            await self._try(tenant, of, item, self._terms.each_try)
        finally:
            self._again -= 1
        self._try_again()

    async def _try(self, tenant: str, of: _OfTenant[T], item: T, within: float | None) -> None:
        times = of.tried.get(item, NEVER)[0] + 1
        pause = min(self._terms.first_pause * 2.0 ** min(times - 1, MOST_DOUBLINGS), self._terms.longest_pause)
        of.tried[item] = times, math.inf  # a defect is not met again and again
        try:
            if not await self._is_done(tenant, item, within):
                of.tried[item] = times, self._clock() + pause
            elif not self._terms.once:
                del of.tried[item]
        finally:
            of.doing.discard(item)

    async def _is_done(self, tenant: str, item: T, within: float | None) -> bool:
        try:
            async with asyncio.timeout(within):
                return await self._do(tenant, item)
        except (GatewayError, SandboxError, OSError) as error:  # TimeoutError is an OSError
            log.warning("not_done_yet", tenant=tenant, error=str(error) or type(error).__name__)
            return False

    def _begin(self, of: _OfTenant[T], item: T, trying: Coroutine[None, None, None]) -> None:
        of.doing.add(item)
        task = asyncio.create_task(trying)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (defect := task.exception()) is not None:
            log.error("duty_defect", exc_info=defect)
