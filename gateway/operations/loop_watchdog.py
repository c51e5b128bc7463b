"""A gateway whose event loop is held answers nothing, its health included. It is ended then, and its supervisor starts another.

Ending it is as safe as a kill, which every promise takes into account. A second thread looks; where native code holds the
interpreter's lock, that thread waits, too, and `callgate up` finds out from outside (`gateway.embedded.gateway_process`).
"""

import asyncio
import os
import sys
import threading
import traceback
from collections.abc import Callable
from time import monotonic
from types import TracebackType

import structlog

log = structlog.get_logger(__name__)

#: Seconds for which the loop may be held, and between two looks.
PATIENCE, EVERY = 5.0, 0.5

#: How a process ends that a defect has stopped (EX_SOFTWARE in sysexits.h).
DEFECT = 70


def end_process(seconds: float, stack: str) -> None:
    """Say where the loop is held, and end at once: nothing that waits for the loop would come to its end."""
    log.critical("loop_held", seconds=round(seconds, 1), stack=stack, cure="Report it: this is a defect of Callgate.")
    sys.stdout.flush()
    os._exit(DEFECT)


class LoopWatchdog:
    """Around what runs in the loop of this thread. `held` is called once, in another thread, where the loop has not moved for
    `patience` seconds, with how long it is by then, and the stack that holds it."""

    def __init__(
        self, held: Callable[[float, str], None] = end_process, *, patience: float = PATIENCE, every: float = EVERY
    ) -> None:
        self._held, self._patience, self._every = held, patience, every
        self._watched = threading.get_ident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="loop-watchdog", daemon=True)
        self._moved = monotonic()
        self._beating: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._beating = asyncio.create_task(self._beat())
        self._thread.start()

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stop.set()
        if self._beating is not None:
            self._beating.cancel()
        await asyncio.to_thread(self._thread.join)

    async def _beat(self) -> None:
        while True:
            self._moved = monotonic()
            await asyncio.sleep(self._every)

    def _watch(self) -> None:
        looked = monotonic()
        while not self._stop.wait(self._every):
            before, looked = looked, monotonic()
            if looked - before > self._patience / 2:  # this thread was held, too: the process was stopped, or its host was
                self._moved = looked
            elif looked - self._moved > self._patience:
                self._held(looked - self._moved, _stack_of(self._watched))
                return


def _stack_of(thread: int) -> str:
    frame = sys._current_frames().get(thread)
    return "".join(traceback.format_stack(frame)) if frame is not None else "the thread has ended"
