"""The process that clients connect to. It ends when the gateway ends, and is started again should it end by itself."""

import asyncio
import json
import shutil
import signal
import socket
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

import structlog

from gateway.edge.door.certificates import Certificates
from gateway.edge.door.listening import listen_on
from gateway.operations.precedence import come_first
from registry.confinement.child_process import ChildProcess

PROGRAM = Path(__file__).parent / "program" / "callgate-door"
#: Seconds in which it must be ready; until it is started again.
READY_WITHIN, AGAIN_AFTER = 10.0, 0.5

CURE = "Its program is part of the installation: install Callgate again, or look at what the machine lacks (memory, processes)."

log = structlog.get_logger(__name__)


class DoorFailed(Exception):
    """It did not start. The text says why."""


@dataclass(slots=True)
class Door:
    """Passes on what clients of `listen` ask to who listens on `gateway`: a Unix socket in a directory of this user alone."""

    listen: str
    certificates: Certificates | None = None
    program: Path = PROGRAM
    _: KW_ONLY
    #: Seconds in which a client has to ask for something.
    first_request_within: float = 30.0
    #: Seconds that it has to be answered before it gives way to others, where these are many.
    moment: float = 1.0
    #: Seconds after which a gateway that says nothing is asked whether it is there, and that it has to answer: one that does
    #: not hangs, and what clients wait for is told to be unavailable.
    ping_after: float = 10.0
    ping_within: float = 10.0
    #: Its nice value, which the gateway's process has, too. 0: as it is started.
    niceness: int = 0
    directory: Path = field(init=False)
    _listeners: Sequence[socket.socket] = field(default=(), init=False)
    _process: ChildProcess | None = field(default=None, init=False)
    _keeping: asyncio.Task[None] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="callgate-door-"))

    @property
    def gateway(self) -> Path:
        return self.directory / "grpc.sock"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def open(self) -> None:
        """Let clients in. Raises DoorFailed, OSError where it cannot listen, and ValueError where `listen` is no address."""
        self._listeners = await listen_on(self.listen)
        self._process = await self._start()
        self._keeping = asyncio.create_task(self._keep_open())

    def reload(self) -> None:
        """Read the certificate again, for connections that are made from now on."""
        if self.certificates and self._process and self.certificates.can_be_read():
            self._process.send_signal(signal.SIGHUP)

    async def close(self, grace: float) -> None:
        """Take no more clients, and let the streams that are open come to their end for `grace` seconds."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})  # it may have one under way that is not ready
        for listener in self._listeners:
            listener.close()
        if self._process is not None:
            await _end(self._process, grace)
        self._remove()

    def _remove(self) -> None:
        if self.listen.startswith("unix:") and self._listeners:
            Path(self.listen.removeprefix("unix:")).unlink(missing_ok=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    async def _start(self) -> ChildProcess:
        descriptors = [listener.fileno() for listener in self._listeners]
        plan = {
            "gateway": str(self.gateway),
            "listeners": descriptors,
            "first_request_within": self.first_request_within,
            "moment": self.moment,
            "ping_after": self.ping_after,
            "ping_within": self.ping_within,
        }
        if self.certificates:
            plan |= {"certificate": str(self.certificates.certificate), "key": str(self.certificates.key)}
        process = await ChildProcess.start(self.program, json.dumps(plan), keep=descriptors)
        come_first(self.niceness, process.pid)
        try:
            await _ready(process)
        except BaseException:
            await process.end()
            raise
        return process

    async def _keep_open(self) -> None:
        """Clients whose connection ends with it connect again: the sockets are ours, and what comes meanwhile waits."""
        while self._process is not None:
            code = await self._process.wait()
            log.error("door_ended", code=code, cure="It is started again. If that goes on, report what is logged before this.")
            self._process = await self._start_again()

    async def _start_again(self) -> ChildProcess:
        while True:
            await asyncio.sleep(AGAIN_AFTER)
            try:
                return await self._start()
            except (OSError, DoorFailed) as error:
                log.error("door_not_started", error=str(error), cure=CURE)  # noqa: TRY400 - no defect


async def _ready(process: ChildProcess) -> None:
    try:
        async with asyncio.timeout(READY_WITHIN):
            line = await process.reader.readline()
    except TimeoutError:
        raise DoorFailed(f"the door was not ready within {READY_WITHIN:g} s") from None
    if line != b"ready\n":
        raise DoorFailed(f"the door ended with code {await process.wait()} before it was ready")


async def _end(process: ChildProcess, grace: float) -> None:
    """Ask it to end, and end it after `grace` seconds."""
    process.send_signal(signal.SIGTERM)
    with suppress(TimeoutError):
        async with asyncio.timeout(grace):
            await process.wait()
    await process.end()
