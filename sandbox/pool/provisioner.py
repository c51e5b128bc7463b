"""Makes and removes the pool's boxes in the background: a bounded number at one time, and none in haste after a failure."""

import asyncio
from collections import Counter
from copy import copy
from functools import partial

import structlog

from sandbox.api.errors import BoxRegistryUnavailable, EngineUnavailable, SandboxError
from sandbox.api.pool_stats import PoolStats
from sandbox.api.spec import BoxSpec
from sandbox.box.box import SocketBox
from sandbox.pool.background import BackgroundTasks
from sandbox.pool.box_factory import BoxFactory
from sandbox.pool.box_slots import BoxSlots
from sandbox.pool.demand_forecast import Demand
from sandbox.pool.engine_health import EngineHealth
from sandbox.pool.stockroom import Stockroom

_CLOSING_SECONDS = 20.0
# Making or removing a box keeps a processor busy for as long as a short call takes. So a removal waits until its call has its
# answer, and then, unless many removals are due, until no caller waits for a box. A used box takes no harm from waiting.
_REMOVE_DELAY, _REMOVE_PATIENCE = 0.05, 0.5

log = structlog.get_logger()


class Provisioner:
    """A box that it made goes to the stockroom. `changed` is set when one more box may be made, or should be: a slot is free, a
    box is made, or could not be, or a pause has ended."""

    def __init__(
        self, factory: BoxFactory, stockroom: Stockroom, demand: Demand, stats: PoolStats, *, slots: int, parallel: int
    ) -> None:
        self._factory = factory
        self._stockroom = stockroom
        self._demand = demand
        self._stats = stats
        self.parallel = parallel
        self.changed = asyncio.Event()
        self.slots = BoxSlots(factory, slots)
        self.health = EngineHealth(factory.engine, stockroom.waiters, self.changed)
        self.making: Counter[BoxSpec] = Counter()
        self._tasks = BackgroundTasks()
        self._closed = self._mending = False
        self._trusted = factory.authorities()

    @property
    def can_make(self) -> bool:
        """Whether one more box may be begun now. While the engine is in trouble, one at a time is tried."""
        parallel = 1 if self.health.trouble else self.parallel
        return self.slots.has_free and not (self._closed or self.health.pausing) and self.making.total() < parallel

    def begin(self, spec: BoxSpec) -> None:
        """Make one box, in the background. Only where `can_make`."""
        self.making[spec] += 1
        self._tasks.spawn(self._make(self.slots.enter(spec)))

    def offer(self, box: SocketBox) -> None:
        """Put a box that can be leased into the stockroom. One that cannot be leased any more is removed."""
        if self._closed or not box.fit:
            self.retire(box)
        else:
            self._stockroom.offer(box)

    def retire(self, box: SocketBox) -> None:
        """End and remove the box, in the background."""
        if self.slots.give_up(box):
            self._tasks.spawn(self._remove(box))

    def doubt(self) -> None:
        """Have the engine asked whether it is there, in the background."""
        self._tasks.spawn(self.health.doubt())

    def keep_up(self) -> None:
        """Give up the waiting boxes that can do no job any more. In the background, make the gateway's place again, and have
        boxes believe whom the operator says by now."""
        warm = self._stockroom.warm
        for box in [box for box in warm if not box.fit]:
            self.retire(warm.remove(box))
        if not (self._factory.place.whole or self._mending):
            self._mending = True
            self._tasks.spawn(self._mend())
        if (trusted := self._factory.authorities()) != self._trusted:
            self._trusted = trusted
            self._tasks.spawn(self._renew_tools())

    def close(self) -> None:
        """Make no more boxes, and remove the retired ones at once."""
        self._closed = True

    async def finish(self) -> None:
        """Wait for what is under way. A box that was being made is then removed."""
        if not await self._tasks.finish(_CLOSING_SECONDS):
            log.warning("boxes_left", count=len(self.slots), cure="They are removed by the next sweep.")

    async def _make(self, box: SocketBox) -> None:
        try:
            await self._bring_up(box)
        except SandboxError as error:
            self._on_failure(box.spec, error)
        else:
            self.health.on_box_made()
            self.offer(box)
        finally:
            self.making[box.spec] -= 1
            self.changed.set()

    async def _bring_up(self, box: SocketBox) -> None:
        try:
            await self.health.check()
        except EngineUnavailable:
            self.slots.leave(box)
            raise
        try:
            with self._stats.making_time.timed():
                await self._factory.make(box)
        except SandboxError:
            self.retire(box)
            raise
        box.on_end(partial(self._on_box_end, box))

    def _on_failure(self, spec: BoxSpec, error: SandboxError) -> None:
        """What is wrong with one tool's image concerns no caller that wants another kind of box."""
        if isinstance(error, EngineUnavailable) and self.health.is_chance(error):
            return
        of_all = isinstance(error, EngineUnavailable) and not spec.runner_mounted
        if of_all or isinstance(error, BoxRegistryUnavailable):
            self.health.on_engine_down(error)
        else:
            self._demand.forget(spec)
            self._stockroom.waiters.refuse(lambda: copy(error), spec)

    def _on_box_end(self, box: SocketBox) -> None:
        """A waiting box ended by itself, or was killed. It is not replaced in haste: its successor might end as fast."""
        if box in self._stockroom.warm:
            log.warning("waiting_box_ended", box=box.name)
            self._stats.ended_waiting += 1
            self.retire(self._stockroom.warm.remove(box))
            self.health.pause()

    async def _mend(self) -> None:
        try:
            await self._factory.place.mend()
        except EngineUnavailable as error:
            self.health.on_engine_down(error)
        finally:
            self._mending = False

    async def _renew_tools(self) -> None:
        try:
            await self._factory.place_tools()
        except OSError as error:
            log.warning("box_tools_not_renewed", error=error.strerror or str(error), cure="The next box of a program tries it.")

    async def _remove(self, box: SocketBox) -> None:
        if box.answered:
            await self._let_end(box)
        with self._stats.removing_time.timed():
            await self._factory.unmake(box)
        self.slots.leave(box)
        self.changed.set()

    async def _let_end(self, box: SocketBox) -> None:
        """First the caller gets its answer. Then the box may end by itself, because the engine starts two programs to kill one;
        and for a while, callers that wait for a box come first."""
        await asyncio.sleep(_REMOVE_DELAY)
        box.close()
        patience = _REMOVE_PATIENCE
        while not self._closed and patience > 0:
            await asyncio.sleep(_REMOVE_DELAY)
            patience -= _REMOVE_DELAY
            if not self._stockroom.waiters.wanted() or self.slots.leaving > self.parallel:
                return
