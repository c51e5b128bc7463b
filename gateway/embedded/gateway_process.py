"""The gateway as a child: started until it answers, and started again when it dies, or hangs.

One that answers that it cannot serve for now is left alone: it mends itself, or its log says what an operator must mend.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL

from gateway.embedded.child import Child
from gateway.embedded.errors import PartFailed
from gateway.embedded.launch import Launch
from gateway.operations.health_checks import answering

_READY_WITHIN = 60.0  # seconds: the first start builds the runner's image
_GRACE = 85.0  # longer than a gateway drains: calls for 30 s, then what they have begun at a token endpoint for 40
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
#: Seconds without an answer after which it counts as hung. Its own watchdog ends it sooner, where that can.
HUNG = 20.0
_LOOK_EVERY = 2.0
_STEADY = 30.0  # a gateway that ran this long did not die of its start

Report = Callable[[str], None]


class GatewayProcess:
    def __init__(self, launch: Launch, address: str, log: Path) -> None:
        """`address` is where it will listen, `host:port`."""
        self._launch = launch
        self._address = address
        self._log = log
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child and self._child.alive else None

    async def start(self) -> None:
        """Return once it answers. Raises PartFailed."""
        if await answering(self._address):
            cure = "Stop the other gateway, or listen elsewhere with --listen."
            raise PartFailed(f"another gateway answers on {self._address} already", cure=cure)
        await self._sweep()
        launch = self._launch
        self._child = Child(
            "gateway", launch.command, log=self._log, environment=launch.environment, orphan_signal=launch.orphan_signal
        )
        await self._child.wait_ready(lambda: answering(self._address), _READY_WITHIN)

    async def stop(self) -> None:
        if self._child:
            await self._child.stop(_GRACE)
            await self._sweep()

    async def supervise(self, report: Report) -> None:
        """Start it again whenever it has ended, until cancelled. `report` gets a line for people each time."""
        pause = _FIRST_PAUSE
        while self._child:
            since = time.monotonic()
            code = await self._ended(self._child, report)
            if time.monotonic() - since > _STEADY:
                pause = _FIRST_PAUSE
            report(f"The gateway ended with code {code}. Starting it again in {pause:g} s.")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            await self._start_again(report)

    async def _ended(self, child: Child, report: Report) -> int:
        """Its exit code. One that answers no question for HUNG seconds is killed: it may never end by itself."""
        ended = asyncio.create_task(child.wait())
        answered = time.monotonic()
        while not ended.done():
            await asyncio.wait({ended}, timeout=_LOOK_EVERY)
            if await answering(self._address):
                answered = time.monotonic()
            elif time.monotonic() - answered > HUNG and not ended.done():
                report(f"The gateway has not answered for {HUNG:g} s. Ending it.")
                child.kill()
        return await ended

    async def _start_again(self, report: Report) -> None:
        try:
            await self.start()
        except PartFailed as failure:
            report(f"It does not start: {failure}")
            await self.stop()
        else:
            report("It answers again.")

    async def _sweep(self) -> None:
        if self._launch.sweep:
            process = await asyncio.create_subprocess_exec(*self._launch.sweep, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
            await process.wait()
