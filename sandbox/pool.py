"""The pool: boxes that have started and wait, so that a call finds one at once.

It hides the time that the engine takes to make a box. It makes the engine no faster: who claims more boxes a second than the
engine makes has to wait.
"""

import asyncio
import os
import re
import shutil
from collections import Counter, deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

import structlog

from sandbox import gate, presence
from sandbox.box import SocketBox
from sandbox.engine import Engine
from sandbox.errors import EngineUnavailable, ImageMissing, PoolClosed, PoolExhausted, SandboxError
from sandbox.job import Egress
from sandbox.maker import Maker, new_name
from sandbox.profile import BOX_LABEL
from sandbox.spec import RUNNER, BoxSpec

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 2.0
_CLOSING_SECONDS = 20.0
_LOOK_AGAIN = 0.2
_COME_AGAIN = 1.0
_PRESENCE_TRIES = 5
_DOUBT_AFTER, _DOUBT_SECONDS = 0.5, 1.0
# Longer than a box takes to be made; and together short enough for an answer within two seconds.
_REFILL_DELAY = 0.1
_RETIRE_DELAY, _RETIRE_PATIENCE = 0.05, 0.5
# Making or removing a box keeps a processor busy for as long as a short call takes: both wait until that call has its answer.
_GATEWAY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How many boxes wait, how many there may be in all (leased and dying ones too), and how many are made at one time.

    Box n runs as user `first_uid` + n. Gateways that share a host are given ranges apart.
    """

    size: int = 4
    max_boxes: int = 32
    create_parallel: int = 4
    first_uid: int = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    """Who waits for a box, and for which."""

    spec: BoxSpec
    box: asyncio.Future[SocketBox]

    def refuse(self, error: SandboxError) -> None:
        if not self.box.done():
            self.box.set_exception(error)


class DockerPool:
    """`async with DockerPool(…) as pool`. The process must be root: it gives each box a user of its own."""

    def __init__(self, engine: Engine, image: str, run_dir: Path, gateway_id: str, settings: PoolSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._gateway_id = gateway_id
        self._maker = Maker(engine, image, run_dir.absolute(), gateway_id, settings.first_uid)
        self._presence: presence.Presence | None = None
        self._slots = deque(range(settings.max_boxes))
        self._warm: deque[SocketBox] = deque()
        self._leased: set[SocketBox] = set()
        self._retired: set[SocketBox] = set()
        self._settled: dict[str, asyncio.Event] = {}  # of every box that exists
        self._waiting: list[_Waiter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._making: Counter[BoxSpec] = Counter()
        self._closed = False
        self._trouble: EngineUnavailable | None = None  # why the last box could not be made
        self._pause = 0.0
        self._resting = False

    async def start(self) -> None:
        """Claim the gateway's directory and begin to make boxes; they are ready a moment later.

        Raises SandboxError where this process or its directory will not do, EngineUnavailable.
        """
        self._check()
        await self._engine.version()
        self._presence = await _present(self._maker.directory)
        self._refill()

    async def close(self) -> None:
        """End and remove every box, leased ones too. What an engine that is away keeps, a sweep removes later."""
        self._closed = True
        for waiter in self._waiting:
            waiter.refuse(PoolClosed("The pool drains."))
        for box in [*self._warm, *self._leased]:
            self._retire(box)
        self._warm.clear()
        await self._finish_tasks()
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
        return len(self._warm)

    @asynccontextmanager
    async def lease(self, egress: Egress, *, wait: float, tenant: str = "", spec: BoxSpec = RUNNER) -> AsyncIterator[SocketBox]:
        box = await self._claim(wait, spec)
        try:
            self._leased.add(box)
            box.lease(egress)
            yield box
        finally:
            self._leased.discard(box)
            self._retire(box)

    async def wait_settled(self, name: str) -> None:
        settled = self._settled.get(name)
        if settled is not None:
            await settled.wait()
            return
        # Another gateway's box, or one that went long ago. The engine tells nobody of it; it has to be asked.
        while await self._engine.containers({BOX_LABEL: name}):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_AGAIN)

    async def _claim(self, wait: float, spec: BoxSpec) -> SocketBox:
        if self._closed:
            raise PoolClosed("The pool drains.")
        while self._warm and spec == RUNNER:
            box = self._warm.popleft()
            self._refill_soon()
            if not box.ended:
                return box
            self._retire(box)
        if self._trouble is not None:
            raise EngineUnavailable(str(self._trouble)) from self._trouble
        return await self._wait_for_box(wait, spec)

    async def _wait_for_box(self, wait: float, spec: BoxSpec) -> SocketBox:
        waiter = _Waiter(spec, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._refill()
        box, doubting = None, asyncio.create_task(self._doubt_engine())
        try:
            async with asyncio.timeout(wait):
                box = await waiter.box
        except TimeoutError:
            raise PoolExhausted(f"No box became free within {wait:g} s.", retry_after=_COME_AGAIN) from None
        finally:
            doubting.cancel()
            self._waiting.remove(waiter)
            if box is None:
                self._take_back(waiter)
        return box

    async def _doubt_engine(self) -> None:
        """An engine that hangs says nothing for long. Whoever waits should not take it for one that is busy."""
        await asyncio.sleep(_DOUBT_AFTER)
        try:
            async with asyncio.timeout(_DOUBT_SECONDS):
                await self._engine.version()
        except EngineUnavailable as error:
            self._suffer(error)
        except TimeoutError:
            self._suffer(EngineUnavailable("The container engine does not answer."))

    def _take_back(self, waiter: "_Waiter") -> None:
        """The waiter gave up in the very moment in which a box came: the box is for somebody else."""
        if waiter.box.done() and not waiter.box.cancelled() and waiter.box.exception() is None:
            self._offer(waiter.box.result())

    def _offer(self, box: SocketBox) -> None:
        waiter = next((waiter for waiter in self._waiting if waiter.spec == box.spec and not waiter.box.done()), None)
        if waiter is not None and not self._closed:
            waiter.box.set_result(box)
        elif self._closed or box.spec != RUNNER:
            self._retire(box)
        else:
            self._warm.append(box)

    def _refill_soon(self) -> None:
        """In a moment. Who comes meanwhile and finds no box makes it start at once."""
        asyncio.get_running_loop().call_later(_REFILL_DELAY, self._refill)

    def _refill(self) -> None:
        """Make as many boxes as are missing, some at a time. Where the last one failed, only one: to see."""
        parallel = 1 if self._trouble else self._settings.create_parallel
        while not (self._closed or self._resting) and self._slots and self._making.total() < parallel:
            spec = self._missing()
            if spec is None:
                break
            self._making[spec] += 1
            self._spawn(self._make(self._slots.popleft(), spec))
        self._make_room()

    def _make_room(self) -> None:
        """Who waits for a box of another kind is worth more than a box that waits for nobody."""
        if self._warm and self._unserved() and not (self._slots or self._retired):
            self._retire(self._warm.popleft())

    def _missing(self) -> BoxSpec | None:
        """Who waits is served first: boxes made beside each other each take longer."""
        wanted = self._unserved() or Counter({RUNNER: self._settings.size - len(self._warm)})
        return next(iter(wanted - self._making), None)

    def _unserved(self) -> Counter[BoxSpec]:
        return Counter(waiter.spec for waiter in self._waiting if not waiter.box.done())

    async def _make(self, slot: int, spec: BoxSpec) -> None:
        try:
            if self._trouble is not None:
                await self._ask_engine(slot)
            box = self._maker.design(new_name(), slot, spec)
            self._settled[box.name] = asyncio.Event()
            await self._bring_up(box)
        except EngineUnavailable as error:
            self._suffer(error)
        except ImageMissing as error:
            self._refuse(spec, error)
        else:
            self._recover()
            self._offer(box)
        finally:
            self._making[spec] -= 1
            (self._refill if self._unserved() else self._refill_soon)()

    async def _ask_engine(self, slot: int) -> None:
        """The cheap question first: a box that an absent engine did not make would have to be unmade when it is back."""
        try:
            await self._engine.version()
        except EngineUnavailable:
            self._slots.append(slot)
            raise

    async def _bring_up(self, box: SocketBox) -> None:
        try:
            await self._maker.make(box)
        except SandboxError:
            self._retire(box)
            raise
        box.on_end(partial(self._lose, box))

    def _lose(self, box: SocketBox) -> None:
        """A waiting box ended by itself, or by somebody's hand. Not replaced in haste: its successor might end as fast."""
        if box in self._warm:
            log.warning("waiting_box_ended", box=box.name)
            self._warm.remove(box)
            self._retire(box)
            self._rest()

    def _suffer(self, error: EngineUnavailable) -> None:
        if self._trouble is None:
            log.error("no_boxes", cause=str(error), cure=error.cure)
        self._trouble = error
        for waiter in self._waiting:
            waiter.refuse(EngineUnavailable(str(error)))
        self._rest()

    def _refuse(self, spec: BoxSpec, error: ImageMissing) -> None:
        """What is wrong with one tool's image is nobody else's trouble."""
        for waiter in self._waiting:
            if waiter.spec == spec:
                waiter.refuse(ImageMissing(str(error)))

    def _recover(self) -> None:
        if self._trouble is not None:
            log.info("boxes_again")
        self._trouble, self._pause = None, 0.0

    def _rest(self) -> None:
        """Make no box for a while, longer each time in a row."""
        if not self._resting:
            self._resting = True
            self._pause = min(max(2 * self._pause, _FIRST_PAUSE), _LONGEST_PAUSE)
            asyncio.get_running_loop().call_later(self._pause, self._wake)

    def _wake(self) -> None:
        self._resting = False
        self._refill()

    def _retire(self, box: SocketBox) -> None:
        if box.name in self._settled and box not in self._retired:
            self._retired.add(box)
            self._spawn(self._unmake(box))

    async def _unmake(self, box: SocketBox) -> None:
        if box.answered and not self._closed:
            await self._let_pass()
        await self._maker.unmake(box)
        self._retired.discard(box)
        self._settled.pop(box.name).set()
        self._slots.append(box.slot)
        self._refill()

    async def _let_pass(self) -> None:
        """First the caller gets its answer; then, for a while, whoever waits for a box gets one. An old box takes no harm."""
        patience = _RETIRE_PATIENCE
        await asyncio.sleep(_RETIRE_DELAY)
        while self._waiting and patience > 0 and not self._closed:
            await asyncio.sleep(_RETIRE_DELAY)
            patience -= _RETIRE_DELAY

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish_tasks(self) -> None:
        """Tasks may start others: a box that was being made is then unmade."""
        clock = asyncio.get_running_loop().time
        end = clock() + _CLOSING_SECONDS
        while self._tasks and clock() < end:
            await asyncio.wait(self._tasks, timeout=end - clock(), return_when=asyncio.FIRST_COMPLETED)
        if self._tasks:
            log.warning("boxes_left", count=len(self._settled), cure="They are removed by the next sweep.")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _check(self) -> None:
        if os.geteuid() != 0:
            raise SandboxError("The gateway must run as root: it gives each box a user of its own.")
        if not _GATEWAY_ID.fullmatch(self._gateway_id):
            raise SandboxError("A gateway's id is up to 32 lower case letters, digits and hyphens.")
        longest = self._maker.directory / new_name() / gate.EGRESS_SOCKET
        if len(os.fsencode(longest)) > gate.LONGEST_PATH:
            raise SandboxError(
                f"A socket's path may have {gate.LONGEST_PATH} bytes, and {longest} has more: choose a shorter run_dir."
            )


async def _present(directory: Path) -> presence.Presence:
    """Hold the directory. Not taken for another gateway's at once: a sweep has each lock for a moment."""
    for _ in range(_PRESENCE_TRIES):
        try:
            held = presence.hold(directory)
        except OSError as error:
            raise SandboxError(f"The directory {directory} cannot be used: {error.strerror}.") from error
        if held is not None:
            return held
        await asyncio.sleep(_LOOK_AGAIN)
    raise SandboxError(f"Another gateway lives in {directory}: give this one another id.")
