"""Whether the engine makes boxes. After a failure no box is made for a while, longer each time; callers are told at once."""

import asyncio
from copy import copy

import structlog

from sandbox.api.engine_trouble import EngineTrouble
from sandbox.api.errors import EngineUnavailable, SandboxError
from sandbox.engine.protocol import Engine
from sandbox.pool.wait_queue import WaitQueue

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 2.0
_ANSWER_SECONDS = 1.0

log = structlog.get_logger()


class EngineHealth:
    """`trouble` is why the last box could not be made, as long as the engine (or the box registry) is at fault.

    `changed` is set when a pause ends.
    """

    def __init__(self, engine: Engine, waiters: WaitQueue, changed: asyncio.Event) -> None:
        self._engine = engine
        self._waiters = waiters
        self._changed = changed
        self.trouble: SandboxError | None = None
        self.pausing = False
        self._pause = 0.0
        self._asking = False
        self._stumbled = False

    async def check(self) -> None:
        """After a failure, ask the cheap question first: a box that an absent engine did not make would have to be unmade when
        the engine is back. Raises EngineUnavailable."""
        if self.trouble is not None:
            await self._engine.ping()

    async def doubt(self) -> None:
        """Ask an engine that has long been silent whether it is there: callers must not take an absent one for a busy one."""
        if self._asking:
            return
        self._asking = True
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._engine.ping()
        except EngineUnavailable as error:
            self.on_engine_down(error)
        except TimeoutError:
            self.on_engine_down(EngineUnavailable("The container engine does not answer.", EngineTrouble.SILENT))
        finally:
            self._asking = False

    def on_engine_down(self, error: SandboxError) -> None:
        """Refuse every caller that waits for a box, and make none for a while."""
        if self.trouble is None:
            log.error("no_boxes", cause=str(error), cure=error.cure)
        self.trouble = error
        self._waiters.refuse(lambda: copy(error))
        self.pause()

    def is_chance(self, error: EngineUnavailable) -> bool:
        """Whether callers need not be told yet, because the next box may be made: after a pause, one is tried.

        Of the boxes that were being made at one time, each may have met the same.
        """
        if self.trouble is not None or not error.trouble.may_pass or (self._stumbled and not self.pausing):
            return False
        log.warning("box_not_made", cause=str(error))
        self._stumbled = True
        self.pause()
        return True

    def on_box_made(self) -> None:
        if self.trouble is not None:
            log.info("boxes_again")
        self.trouble, self._pause, self._stumbled = None, 0.0, False

    def pause(self) -> None:
        """Make no box for a while, longer each time in a row."""
        if not self.pausing:
            self.pausing = True
            self._pause = min(max(2 * self._pause, _FIRST_PAUSE), _LONGEST_PAUSE)
            asyncio.get_running_loop().call_later(self._pause, self._end_pause)

    def _end_pause(self) -> None:
        self.pausing = False
        self._changed.set()
