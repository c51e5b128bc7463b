"""Decides which boxes are made, and which waiting ones are given up: too old, too many, or in the way of a caller."""

import asyncio
from collections import Counter

from sandbox.api.pool_stats import PoolStats
from sandbox.api.spec import RUNNER, BoxSpec
from sandbox.box.box import SocketBox
from sandbox.pool.demand_forecast import Demand
from sandbox.pool.provisioner import Provisioner
from sandbox.pool.stockroom import Stockroom

_TEND_EVERY = 1.0
#: Longer than a short call takes; and, with the time that a box takes to be made, short enough for the next call.
_REFILL_DELAY = 0.1


class StockKeeper:
    """Keeps as many boxes waiting as the demand asks for, from `start` to `close`."""

    def __init__(self, provisioner: Provisioner, stockroom: Stockroom, demand: Demand, stats: PoolStats) -> None:
        self._provisioner = provisioner
        self._stockroom = stockroom
        self._demand = demand
        self._stats = stats

    def start(self) -> None:
        self._watching = asyncio.create_task(self._watch())
        self._tend()

    def close(self) -> None:
        self._tending.cancel()
        self._watching.cancel()

    def refill(self) -> None:
        """Begin to make what is missing, as much as may be made at one time."""
        while self._provisioner.can_make and (spec := self._missing()) is not None:
            self._provisioner.begin(spec)
        self._make_room()

    def refill_soon(self) -> None:
        """Refill after a moment. A caller that comes meanwhile and finds no box makes it start at once."""
        asyncio.get_running_loop().call_later(_REFILL_DELAY, self.refill)

    async def _watch(self) -> None:
        """Refill whenever something changed: at once for callers that wait, else after a moment."""
        changed = self._provisioner.changed
        while True:
            await changed.wait()
            changed.clear()
            (self.refill if self._stockroom.waiters.wanted() else self.refill_soon)()

    def _missing(self) -> BoxSpec | None:
        """The kind to make next. Callers that wait are served first: boxes that are made beside each other each take longer."""
        wanted = self._stockroom.waiters.wanted() or Counter({spec: self._shortfall(spec) for spec in self._demand})
        spec = next(iter(wanted - self._provisioner.making), None)
        # While the engine is in trouble, one box is always tried: nothing else would show that it is back.
        return RUNNER if spec is None and self._provisioner.health.trouble else spec

    def _shortfall(self, spec: BoxSpec) -> int:
        """How many boxes of this kind are missing; negative where too many wait."""
        return self._demand.wanted(spec) - self._stockroom.warm.count(spec)

    def _make_room(self) -> None:
        """Where every slot is taken, a caller that waits for one kind is worth more than a waiting box of another kind."""
        wanted = self._stockroom.waiters.wanted()
        if not (wanted and self._provisioner.slots.full):
            return
        idle = next((box for box in self._stockroom.warm if box.spec not in wanted), None)
        if idle is not None:
            self._give_up(idle)

    def _tend(self) -> None:
        """From time to time, see to what boxes are made of; give up a box that waited too long, and one of each kind of which
        too many wait."""
        self._tending = asyncio.get_running_loop().call_later(_TEND_EVERY, self._tend)
        self._provisioner.keep_up()
        warm = self._stockroom.warm
        aged = warm.aged()
        if aged is not None:
            self._give_up(aged)
        for spec in warm.specs():
            if self._shortfall(spec) < 0:
                self._give_up(next(box for box in warm if box.spec == spec))
        self._demand.forget_quiet(warm.specs())
        self._stockroom.serve()  # where several tenants called, and one alone does by now
        self.refill()

    def _give_up(self, box: SocketBox) -> None:
        self._stats.replaced += 1
        self._provisioner.retire(self._stockroom.warm.remove(box))
