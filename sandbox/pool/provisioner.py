"""Makes and unmakes the pool's boxes: some at one time, each in a slot of its own, and none in haste after a failure."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from functools import partial

import structlog

from sandbox.api.errors import EngineUnavailable, RegisterUnavailable, SandboxError
from sandbox.api.pool_stats import PoolStats
from sandbox.api.spec import BoxSpec
from sandbox.box.box import SocketBox
from sandbox.pool.box_factory import BoxFactory, new_name

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 2.0
_CLOSING_SECONDS = 20.0
_DOUBT_SECONDS = 1.0
# Making or removing a box keeps a processor busy for as long as a short call takes: a removal waits until its call has its
# answer, and then, where many removals are not due, until nobody waits for a box. An old box takes no harm.
_RETIRE_DELAY, _RETIRE_PATIENCE = 0.05, 0.5

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reports:
    """Whom the supply tells what. `changed`: there is a free slot, or time to make a box."""

    made: Callable[[SocketBox], None]
    ended: Callable[[SocketBox], None]
    failed: Callable[[BoxSpec, SandboxError], None]
    troubled: Callable[[SandboxError], None]
    changed: Callable[[], None]
    busy: Callable[[], bool]


class Provisioner:
    """`trouble` is why the last box could not be made, while the engine is at fault."""

    def __init__(self, maker: BoxFactory, slots: int, parallel: int, figures: PoolStats, reports: Reports) -> None:
        self._maker = maker
        self._slots = deque(range(slots))
        self._parallel = parallel
        self._figures = figures
        self._reports = reports
        self._settled: dict[str, asyncio.Event] = {}  # of every box that exists
        self._retired: set[SocketBox] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.making: Counter[BoxSpec] = Counter()
        self.trouble: SandboxError | None = None
        self._pause = 0.0
        self._resting = False
        self._doubting = False
        self._closed = False

    @property
    def can_make(self) -> bool:
        """Whether one more box may be begun now. Where the last one failed, only one at a time: to see."""
        parallel = 1 if self.trouble else self._parallel
        return bool(self._slots) and not (self._closed or self._resting) and self.making.total() < parallel

    @property
    def parallel(self) -> int:
        return self._parallel

    @property
    def full(self) -> bool:
        """Whether every slot is taken, and none is about to be free."""
        return not (self._slots or self._retired)

    def use_image(self, image: str) -> None:
        """Make the runner's boxes of this image from now on."""
        self._maker = replace(self._maker, image=image)

    def is_current(self, box: SocketBox) -> bool:
        return box.design.image == self._maker.image_of(box.spec)

    def begin(self, spec: BoxSpec) -> None:
        """Make one box, in the background. Only where `can_make`."""
        self.making[spec] += 1
        self._spawn(self._make(self._slots.popleft(), spec))

    def retire(self, box: SocketBox) -> None:
        """End and remove the box, in the background."""
        if box.name in self._settled and box not in self._retired:
            self._retired.add(box)
            self._spawn(self._unmake(box))

    def settled(self, name: str) -> asyncio.Event | None:
        """Set once the box is gone. None for one that is not ours, or went before."""
        return self._settled.get(name)

    def doubt(self) -> None:
        """Ask an engine that has said nothing for long whether it is there. Whoever waits should not take it for a busy one."""
        if not self._doubting:
            self._doubting = True
            self._spawn(self._ask())

    def lose(self, box: SocketBox) -> None:
        """Remove a box that ended while it waited. Not replaced in haste: its successor might end as fast."""
        log.warning("waiting_box_ended", box=box.name)
        self.retire(box)
        self._rest()

    def close(self) -> None:
        """Make no more boxes, and remove the retired ones at once."""
        self._closed = True

    async def finish(self) -> None:
        """Wait for what is under way. Tasks may start others: a box that was being made is then unmade."""
        clock = asyncio.get_running_loop().time
        end = clock() + _CLOSING_SECONDS
        while self._tasks and clock() < end:
            await asyncio.wait(self._tasks, timeout=end - clock(), return_when=asyncio.FIRST_COMPLETED)
        if self._tasks:
            log.warning("boxes_left", count=len(self._settled), cure="They are removed by the next sweep.")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _make(self, slot: int, spec: BoxSpec) -> None:
        try:
            if self.trouble is not None:
                await self._ask_engine(slot)
            box = self._maker.design(new_name(), slot, spec)
            self._settled[box.name] = asyncio.Event()
            await self._bring_up(box)
        except SandboxError as error:
            self._blame(spec, error)
        else:
            self._recover()
            self._reports.made(box)
        finally:
            self.making[spec] -= 1
            self._reports.changed()

    async def _ask_engine(self, slot: int) -> None:
        """The cheap question first: a box that an absent engine did not make would have to be unmade when it is back."""
        try:
            await self._maker.engine.ping()
        except EngineUnavailable:
            self._slots.append(slot)
            raise

    async def _bring_up(self, box: SocketBox) -> None:
        try:
            with self._figures.making_time.timed():
                await self._maker.make(box)
        except SandboxError:
            self.retire(box)
            raise
        box.on_end(partial(self._reports.ended, box))

    def _blame(self, spec: BoxSpec, error: SandboxError) -> None:
        """What is wrong with one tool's image is nobody else's trouble."""
        of_all = isinstance(error, EngineUnavailable) and not spec.runner_mounted
        if of_all or isinstance(error, RegisterUnavailable):
            self._suffer(error)
        else:
            self._reports.failed(spec, error)

    def _suffer(self, error: SandboxError) -> None:
        if self.trouble is None:
            log.error("no_boxes", cause=str(error), cure=error.cure)
        self.trouble = error
        self._reports.troubled(error)
        self._rest()

    def _recover(self) -> None:
        if self.trouble is not None:
            log.info("boxes_again")
        self.trouble, self._pause = None, 0.0

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(_DOUBT_SECONDS):
                await self._maker.engine.ping()
        except EngineUnavailable as error:
            self._suffer(error)
        except TimeoutError:
            self._suffer(EngineUnavailable("The container engine does not answer."))
        finally:
            self._doubting = False

    def _rest(self) -> None:
        """Make no box for a while, longer each time in a row."""
        if not self._resting:
            self._resting = True
            self._pause = min(max(2 * self._pause, _FIRST_PAUSE), _LONGEST_PAUSE)
            asyncio.get_running_loop().call_later(self._pause, self._wake)

    def _wake(self) -> None:
        self._resting = False
        self._reports.changed()

    async def _unmake(self, box: SocketBox) -> None:
        if box.answered:
            await self._let_end(box)
        with self._figures.removing_time.timed():
            await self._maker.unmake(box)
        self._retired.discard(box)
        self._settled.pop(box.name).set()
        self._slots.append(box.design.slot)
        self._reports.changed()

    async def _let_end(self, box: SocketBox) -> None:
        """First the caller gets its answer. Then the box may end by itself, for the engine starts two programs to kill one; and
        for a while, whoever waits for a box gets one."""
        await asyncio.sleep(_RETIRE_DELAY)
        box.close()
        patience = _RETIRE_PATIENCE
        while not self._closed and patience > 0:
            await asyncio.sleep(_RETIRE_DELAY)
            patience -= _RETIRE_DELAY
            if not self._reports.busy() or len(self._retired) > self._parallel:
                return

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
