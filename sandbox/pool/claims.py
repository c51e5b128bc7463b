"""A caller's way to a box: one that waits, at once; else its turn in the queue, or a refusal where its turn comes too late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy
from time import monotonic

from sandbox.api.errors import PoolClosed, PoolExhausted
from sandbox.api.job import Egress
from sandbox.api.pool_stats import Miss, PoolStats
from sandbox.api.spec import BoxSpec
from sandbox.box.box import SocketBox
from sandbox.pool.demand_forecast import Demand
from sandbox.pool.provisioner import Provisioner
from sandbox.pool.stock_keeper import StockKeeper
from sandbox.pool.stockroom import Stockroom
from sandbox.pool.wait_queue import Waiter

_RETRY_AFTER = 1.0
_DOUBT_AFTER = 0.5


class Claims:
    """`leased` are the boxes that callers have now."""

    def __init__(
        self, keeper: StockKeeper, provisioner: Provisioner, stockroom: Stockroom, demand: Demand, stats: PoolStats
    ) -> None:
        self._keeper = keeper
        self._provisioner = provisioner
        self._stockroom = stockroom
        self._demand = demand
        self._stats = stats
        self.leased: set[SocketBox] = set()
        self._closed = False

    def close(self) -> None:
        """Refuse the callers that wait and those that come."""
        self._closed = True
        self._stockroom.waiters.refuse(_drains)

    @asynccontextmanager
    async def lease(self, egress: Egress, *, wait: float, tenant: str, spec: BoxSpec) -> AsyncIterator[SocketBox]:
        box, begin = await self._claim(tenant, spec, wait), monotonic()
        self.leased.add(box)
        try:
            box.lease(egress)
            yield box
        finally:
            self._stats.holding.note(monotonic() - begin)
            self._stockroom.release(tenant)
            self.leased.discard(box)
            self._provisioner.retire(box)

    def expected_wait(self, tenant: str, arriving: int) -> float:
        """For a box to be made, and for boxes that the tenant must release first: whichever takes longer."""
        stockroom, stats = self._stockroom, self._stats
        callers = stockroom.waiters.ahead(tenant) + arriving + 1
        to_make = max(0, callers - stockroom.free(tenant))
        making = stats.making_time.recent * to_make / self._provisioner.parallel
        return max(making, stats.holding.recent * stockroom.beyond_share(tenant, callers) / stockroom.tenant_most)

    async def _claim(self, tenant: str, spec: BoxSpec, wait: float) -> SocketBox:
        if self._closed:
            raise _drains()
        found = self._find(tenant, spec)
        self._demand.arrive(spec)
        if isinstance(found, SocketBox):
            self._stats.hits += 1
            return found
        self._stats.misses[found] += 1
        trouble = self._provisioner.health.trouble
        if trouble is not None:
            raise copy(trouble) from trouble
        self._refuse_early(tenant, wait)
        return await self._wait(tenant, spec, wait)

    def _find(self, tenant: str, spec: BoxSpec) -> SocketBox | Miss:
        """A box that waits, or why there is none for this caller."""
        if self._stockroom.must_wait(tenant, spec):
            return Miss.BEHIND
        miss = Miss.TAKEN if spec in self._demand else Miss.NOT_KEPT
        while (box := self._stockroom.take(tenant, spec)) is not None:
            self._keeper.refill_soon()
            if box.fit:
                return box
            self._stockroom.release(tenant)
            self._provisioner.retire(box)
            miss = Miss.ENDED
        return miss

    def _refuse_early(self, tenant: str, wait: float) -> None:
        """A caller that cannot be served in its time is told at once, and does not keep other callers waiting."""
        ahead, parallel = self._stockroom.waiters.ahead(tenant), self._provisioner.parallel
        delay = self._stats.making_time.recent * (ahead + 1) / parallel
        if ahead >= parallel and delay > wait:
            self._stats.refused_early += 1
            raise PoolExhausted(f"A box would be free in about {delay:.1f} s, and not within {wait:g} s.", retry_after=delay)

    async def _wait(self, tenant: str, spec: BoxSpec, wait: float) -> SocketBox:
        waiter, begin = self._stockroom.waiters.enter(tenant, spec), monotonic()
        self._keeper.refill()
        doubting = asyncio.get_running_loop().call_later(_DOUBT_AFTER, self._provisioner.doubt)
        taken = False
        try:
            async with asyncio.timeout(wait):
                box = await waiter.box
            taken = True
        except TimeoutError:
            self._stats.refused_late += 1
            retry_after = self._stats.making_time.recent or _RETRY_AFTER
            raise PoolExhausted(f"No box became free within {wait:g} s.", retry_after) from None
        finally:
            doubting.cancel()
            self._stockroom.waiters.leave(waiter)
            if not taken:
                self._put_back(waiter)
        self._stats.queueing.note(monotonic() - begin)
        return box

    def _put_back(self, waiter: Waiter) -> None:
        """The caller gave up in the very moment in which it got a box: the box is for the next caller."""
        if waiter.given is not None:
            self._stockroom.release(waiter.tenant)
            self._provisioner.offer(waiter.given)


def _drains() -> PoolClosed:
    return PoolClosed("The pool drains.")
