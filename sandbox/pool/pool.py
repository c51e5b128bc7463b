"""The pool: boxes that have started and wait, so that a call finds one at once.

It hides the time that the engine takes to make a box. It makes the engine no faster: who claims more boxes a second than the
engine makes has to wait, in turn with the other tenants, and is told early where that is longer than it has time for.
"""

import asyncio
import math
import os
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Self

import structlog

from sandbox.api.errors import BoxElsewhere, EngineUnavailable, PoolClosed, PoolExhausted, SandboxError
from sandbox.api.job import Egress
from sandbox.api.pool_stats import Miss, PoolStats
from sandbox.api.spec import RUNNER, BoxSpec
from sandbox.box.box import SocketBox
from sandbox.egress import box_sockets
from sandbox.engine.protocol import Engine
from sandbox.pool.box_factory import BoxFactory, new_name
from sandbox.pool.demand_forecast import DemandForecast
from sandbox.pool.provisioner import Provisioner, Reports
from sandbox.pool.wait_queue import Waiter, WaitQueue
from sandbox.pool.warm_boxes import WarmBoxes
from sandbox.reaping import liveness
from sandbox.reaping.box_registry import Absent, BoxPlace, BoxRegistry, MemoryBoxRegistry
from sandbox.reaping.sweeper import Sweeper

_ENDING_SECONDS = 10.0
_COME_AGAIN = 1.0
_DOUBT_AFTER = 0.5
_TEND_EVERY = 1.0
_REFILL_DELAY = 0.1
# Longer than a short call takes; and, with the time that a box takes to be made, short enough for the next one.
log = structlog.get_logger()

_GATEWAY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)


def _parallel() -> int:
    """How many boxes are made at one time. An engine makes the most in a second with about two for each processor at work; one
    that is being made waits for its runner, too, and for the register: so three."""
    return min(16, max(2, 3 * len(os.sched_getaffinity(0))))


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How many of the runner's boxes wait at least, and how many boxes there may be in all (leased and dying ones too).

    More wait where more come, up to twice as many, and boxes of tools' own images only where some came. `share` bounds what one
    tenant may hold of all. `oldest`: seconds that a box may wait before it is replaced. Each box runs as a user of its own, of
    a range that no other gateway with the same run directory has; the ranges begin at `first_uid`.
    """

    size: int = 4
    max_boxes: int = 32
    create_parallel: int = 0
    """0: as many as suit the processors."""
    first_uid: int = 100_000
    share: float = 0.75
    oldest: float = 600.0

    @property
    def tenant_most(self) -> int:
        return max(1, math.ceil(self.share * self.max_boxes))


class DockerPool:
    """`async with DockerPool(…) as pool`. The process must be root: it gives each box a user of its own."""

    def __init__(
        self,
        engine: Engine,
        image: str,
        run_dir: Path,
        gateway_id: str,
        settings: PoolSettings,
        *,
        register: BoxRegistry | None = None,
    ) -> None:
        """`register` None: this pool's boxes matter to no other gateway."""
        self._engine = engine
        self._settings = settings
        self._gateway_id = gateway_id
        self._register = register or MemoryBoxRegistry()
        self._maker = BoxFactory(engine, image, run_dir.absolute(), gateway_id, settings.first_uid, self._register)
        self._presence: liveness.LivenessLock | None = None
        self._stock = WarmBoxes(monotonic, settings.oldest)
        self._queue = WaitQueue(self._may_hold)
        self._demands: dict[BoxSpec, DemandForecast] = {RUNNER: DemandForecast(monotonic)}
        self._held: Counter[str] = Counter()
        self._leased: set[SocketBox] = set()
        self._counted = PoolStats()
        self._supply = self._supplied_by(self._maker)
        self._tending: asyncio.TimerHandle | None = None
        self._closed = False

    async def start(self) -> None:
        """Claim the gateway's directory and begin to make boxes; they are ready a moment later.

        Raises SandboxError where this process or its directory will not do, EngineUnavailable.
        """
        self._check()
        engine_id = await self._engine.id()
        self._presence = await liveness.take_place(self._maker.directory)
        first_uid = liveness.reserve_users(self._presence, self._settings.first_uid, self._settings.max_boxes)
        self._sweeper = Sweeper(self._engine, self._register, engine_id, self._maker.run_dir)
        self._supply = self._supplied_by(replace(self._maker, first_uid=first_uid, engine_id=engine_id))
        self._tend()
        self._refill()

    async def close(self) -> None:
        """End and remove every box, leased ones too. What an engine that is away keeps, a sweep removes later."""
        self._closed = True
        if self._tending is not None:
            self._tending.cancel()
        self._supply.close()
        self._queue.refuse(lambda: PoolClosed("The pool drains."))
        for box in [*(self._stock.remove(box) for box in self._stock), *self._leased]:
            self._supply.retire(box)
        await self._supply.finish()
        if self._presence is not None:
            shutil.rmtree(self._maker.directory, ignore_errors=True)
            self._presence.release()
            self._presence = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def warm(self) -> int:
        """How many boxes wait for a job."""
        return len(self._stock)

    @property
    def figures(self) -> PoolStats:
        """What was counted, as of now. May be read from another thread."""
        now = self._counted
        now.waiting, now.leased, now.queued = len(self._stock), len(self._leased), sum(1 for _ in self._queue)
        now.making = self._supply.making.total()
        return now

    def renew(self, image: str) -> None:
        """Make the runner's boxes of another image from now on. Those that wait are given up: nobody gets an old one."""
        self._supply.use_image(image)
        for box in self._stock:
            if not self._supply.is_current(box):
                self._give_up(box)
        self._refill()

    @asynccontextmanager
    async def lease(self, egress: Egress, *, wait: float, tenant: str = "", spec: BoxSpec = RUNNER) -> AsyncIterator[SocketBox]:
        box = await self._claim(tenant, spec, wait)
        self._leased.add(box)
        try:
            box.lease(egress)
            yield box
        finally:
            self._held[tenant] -= 1
            self._leased.discard(box)
            self._supply.retire(box)

    async def wait_settled(self, name: str) -> None:
        settled = self._supply.settled(name)
        if settled is not None:
            await settled.wait()
            return
        found = await self._register.find(name)
        if isinstance(found, BoxPlace) and found.engine != self._sweeper.engine_id:
            raise BoxElsewhere(f"The box {name} is of another engine, and not confirmed gone.")
        if found is not Absent.GONE:
            await self._end_of_another(name)

    async def sweep(self) -> None:
        """Not before the start."""
        swept = await self._sweeper.sweep()
        strays = await self._sweeper.remove_strays(self._gateway_id, lambda name: self._supply.settled(name) is not None)
        if swept.gateways or swept.boxes or strays:
            log.warning("swept", gateways=swept.gateways, boxes=swept.boxes, strays=strays)

    async def _end_of_another(self, name: str) -> None:
        """A box of another gateway on this engine, for whose call nobody answers any more. That gateway may be dead, or frozen:
        then no sweep may touch what it has, and the box must end all the same."""
        try:
            async with asyncio.timeout(_ENDING_SECONDS):
                await self._engine.remove(name)
        except TimeoutError:
            raise EngineUnavailable(f"The box {name} could not be removed within {_ENDING_SECONDS:g} s.") from None
        await self._register.mark_removed(name)

    async def _claim(self, tenant: str, spec: BoxSpec, wait: float) -> SocketBox:
        if self._closed:
            raise PoolClosed("The pool drains.")
        found = self._find(tenant, spec)
        self._demands.setdefault(spec, DemandForecast(monotonic)).arrive()
        if isinstance(found, SocketBox):
            self._counted.hits += 1
            self._held[tenant] += 1
            return found
        self._counted.misses[found] += 1
        if self._supply.trouble is not None:
            raise type(self._supply.trouble)(str(self._supply.trouble)) from self._supply.trouble
        self._refuse_early(tenant, wait)
        return await self._wait(tenant, spec, wait)

    def _find(self, tenant: str, spec: BoxSpec) -> SocketBox | Miss:
        """A box that waits, or why there is none."""
        if self._queue.wanted()[spec] or not self._may_hold(tenant):
            return Miss.BEHIND
        miss = Miss.TAKEN if spec in self._demands else Miss.NOT_KEPT
        while (box := self._stock.take(spec)) is not None:
            self._refill_soon()
            if not box.ended:
                return box
            self._supply.retire(box)
            miss = Miss.ENDED
        return miss

    def _refuse_early(self, tenant: str, wait: float) -> None:
        """Whoever cannot be served in its time is told at once, and does not keep others waiting."""
        ahead, parallel = self._queue.ahead(tenant), self._supply.parallel
        delay = self._counted.making_time.recent * (ahead + 1) / parallel
        if ahead >= parallel and delay > wait:
            self._counted.refused_early += 1
            raise PoolExhausted(f"A box would be free in about {delay:.1f} s, and not within {wait:g} s.", retry_after=delay)

    async def _wait(self, tenant: str, spec: BoxSpec, wait: float) -> SocketBox:
        waiter, begin = self._queue.enter(tenant, spec), monotonic()
        self._refill()
        doubting = asyncio.get_running_loop().call_later(_DOUBT_AFTER, self._supply.doubt)
        taken = False
        try:
            async with asyncio.timeout(wait):
                box = await waiter.box
            taken = True
        except TimeoutError:
            self._counted.refused_late += 1
            retry_after = self._counted.making_time.recent or _COME_AGAIN
            raise PoolExhausted(f"No box became free within {wait:g} s.", retry_after) from None
        finally:
            doubting.cancel()
            self._queue.leave(waiter)
            if not taken:
                self._take_back(waiter)
        self._counted.queueing.note(monotonic() - begin)
        return box

    def _take_back(self, waiter: Waiter) -> None:
        """The waiter gave up in the very moment in which a box came: the box is for somebody else."""
        if waiter.given is not None:
            self._held[waiter.tenant] -= 1
            self._offer(waiter.given)

    def _offer(self, box: SocketBox) -> None:
        if self._closed or box.ended or not self._supply.is_current(box):
            self._supply.retire(box)
        elif (waiter := self._queue.give(box)) is not None:
            self._held[waiter.tenant] += 1
        else:
            self._stock.put(box)

    def _may_hold(self, tenant: str) -> bool:
        return self._held[tenant] < self._settings.tenant_most

    def _wanted(self, spec: BoxSpec) -> int:
        """How many boxes of this kind should wait."""
        least, most = (self._settings.size, 2 * self._settings.size) if spec == RUNNER else (0, self._settings.size)
        return self._demands[spec].wanted(self._counted.making_time.recent, least, most)

    def _refill_soon(self) -> None:
        """In a moment. Who comes meanwhile and finds no box makes it start at once."""
        asyncio.get_running_loop().call_later(_REFILL_DELAY, self._refill)

    def _changed(self) -> None:
        (self._refill if self._queue.wanted() else self._refill_soon)()

    def _refill(self) -> None:
        """Make as many boxes as are missing, some at a time."""
        while not self._closed and self._supply.can_make and (spec := self._missing()) is not None:
            self._supply.begin(spec)
        self._make_room()

    def _missing(self) -> BoxSpec | None:
        """Who waits is served first: boxes made beside each other each take longer."""
        wanted = self._queue.wanted() or Counter({spec: self._wanted(spec) - self._stock.count(spec) for spec in self._demands})
        spec = next(iter(wanted - self._supply.making), None)
        return RUNNER if spec is None and self._supply.trouble else spec  # else nobody would learn that the engine is back

    def _make_room(self) -> None:
        """Who waits for a box of one kind is worth more than a box of another that waits for nobody."""
        idle = self._stock.longest()
        if idle is not None and self._supply.full and self._queue.wanted():
            self._give_up(idle)

    def _give_up(self, box: SocketBox) -> None:
        self._counted.replaced += 1
        self._supply.retire(self._stock.remove(box))

    def _tend(self) -> None:
        """From time to time: give up a box that waited too long, and one of each kind of which there are too many."""
        aged = self._stock.aged()
        if aged is not None:
            self._give_up(aged)
        for spec in self._stock.specs():
            if self._stock.count(spec) > self._wanted(spec):
                self._give_up(next(box for box in self._stock if box.spec == spec))
        quiet = [spec for spec, demand in self._demands.items() if not (demand.lives or self._stock.count(spec))]
        self._demands = {spec: demand for spec, demand in self._demands.items() if spec == RUNNER or spec not in quiet}
        self._refill()
        self._tending = asyncio.get_running_loop().call_later(_TEND_EVERY, self._tend)

    def _supplied_by(self, maker: BoxFactory) -> Provisioner:
        reports = Reports(self._offer, self._lose, self._fail, self._suffer, self._changed, lambda: bool(self._queue.wanted()))
        parallel = self._settings.create_parallel or _parallel()
        return Provisioner(maker, self._settings.max_boxes, parallel, self._counted, reports)

    def _lose(self, box: SocketBox) -> None:
        """A waiting box ended by itself, or by somebody's hand. Not replaced in haste: its successor might end as fast."""
        if box in self._stock:
            self._counted.ended_waiting += 1
            self._supply.lose(self._stock.remove(box))

    def _fail(self, spec: BoxSpec, error: SandboxError) -> None:
        """Boxes of this kind cannot be made: none is kept until somebody asks for one again."""
        self._demands.pop(spec, None)
        self._queue.refuse(lambda: type(error)(str(error)), spec)

    def _suffer(self, error: SandboxError) -> None:
        self._queue.refuse(lambda: type(error)(str(error)))

    def _check(self) -> None:
        if os.geteuid() != 0:
            raise SandboxError("The gateway must run as root: it gives each box a user of its own.")
        if not _GATEWAY_ID.fullmatch(self._gateway_id):
            raise SandboxError("A gateway's id is up to 32 lower case letters, digits and hyphens.")
        longest = self._maker.directory / new_name() / box_sockets.EGRESS_SOCKET
        if len(os.fsencode(longest)) > box_sockets.LONGEST_PATH:
            raise SandboxError(
                f"A socket's path may have {box_sockets.LONGEST_PATH} bytes, and {longest} has more: choose a shorter run_dir."
            )
