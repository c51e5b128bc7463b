"""A process that strangers speak to in the gateway's place: started until it is ready, again where it ends, and ended."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

import structlog

from gateway.operations.precedence import come_first
from registry.confinement.child_process import ChildProcess

#: Seconds in which it must be ready; until it is started again.
READY_WITHIN, AGAIN_AFTER = 10.0, 0.5

CURE = "Its program is part of the installation: install Callgate again, or look at what the machine lacks (memory, processes)."

log = structlog.get_logger(__name__)


class DoorFailed(Exception):
    """It did not start. The text says why."""


@dataclass(slots=True)
class KeptProcess:
    """`door`: which one it is, for the log. `command` is ready once it has written `ready`, and ends once its standard input
    does, which is with this process. `keep`: descriptors that it inherits; clients that wait at one of these sockets wait for
    the next one where it ends."""

    door: str
    command: Sequence[str | Path]
    _: KW_ONLY
    keep: Sequence[int] = ()
    #: Its nice value, which the gateway's process has, too. 0: as it is started.
    niceness: int = 0
    ready_within: float = READY_WITHIN
    #: None: this process's own.
    environment: Mapping[str, str] | None = None
    _process: ChildProcess | None = field(default=None, init=False)
    _keeping: asyncio.Task[None] | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def serves(self) -> bool:
        return self._process is not None and self._process.alive

    async def open(self) -> None:
        """Return once it is ready. Raises DoorFailed, and OSError where it cannot be started."""
        self._process = await self._start()
        self._keeping = asyncio.create_task(self._keep_open())

    def send_signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    async def close(self, grace: float) -> None:
        """Ask it to end, and end it after `grace` seconds."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})  # it may have one under way that is not ready
        if self._process is not None:
            await _end(self._process, grace)

    async def _start(self) -> ChildProcess:
        process = await ChildProcess.start(*self.command, keep=self.keep, environment=self.environment)
        come_first(self.niceness, process.pid)
        try:
            await self._ready(process)
        except BaseException:
            await process.end()
            raise
        return process

    async def _ready(self, process: ChildProcess) -> None:
        try:
            async with asyncio.timeout(self.ready_within):
                line = await process.reader.readline()
        except TimeoutError:
            raise DoorFailed(f"the door was not ready within {self.ready_within:g} s") from None
        if line != b"ready\n":
            raise DoorFailed(f"the door ended with code {await process.wait()} before it was ready")

    async def _keep_open(self) -> None:
        """Clients whose connection ends with it connect again: the sockets are ours, and what comes meanwhile waits."""
        while self._process is not None:
            code = await self._process.wait()
            cure = "It is started again. If that goes on, report what is logged before this."
            log.error("door_ended", door=self.door, code=code, cure=cure)
            self._process = await self._start_again()

    async def _start_again(self) -> ChildProcess:
        while True:
            await asyncio.sleep(AGAIN_AFTER)
            try:
                return await self._start()
            except (OSError, DoorFailed) as error:
                log.error("door_not_started", door=self.door, error=str(error), cure=CURE)  # noqa: TRY400 - no defect


async def _end(process: ChildProcess, grace: float) -> None:
    process.send_signal(signal.SIGTERM)
    with suppress(TimeoutError):
        async with asyncio.timeout(grace):
            await process.wait()
    await process.end()
