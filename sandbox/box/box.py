"""One box, on the host's side: its directory, its two sockets, and the one job that it does.

waiting → leased → done         a box that ends by itself is done at once, whatever it was
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress, Job, ProgramJob
from sandbox.api.ports import Permit
from sandbox.api.result import Evidence, Faulted, Result
from sandbox.api.spec import BoxSpec
from sandbox.box.frames import FrameKind, Nonsense
from sandbox.box.program_session import ProgramSession
from sandbox.box.request_session import RequestSession
from sandbox.box.runner_connection import RunnerConnection
from sandbox.egress import box_sockets
from sandbox.egress.broker import Broker
from sandbox.egress.send_permission import SendPermission


class BoxState(Enum):
    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Design:
    """What a box is to be. In its slot it is the only one, and so it is the only one of its user. `image` is its spec's, or,
    where that leaves it open, what the runner's own image was when this was designed."""

    name: str
    directory: Path
    slot: int
    uid: int
    spec: BoxSpec
    image: str


class SocketBox:
    """A box as its two sockets. Its container is made and removed by others."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self.directory = design.directory
        self.uid = design.uid
        self.state = BoxState.WAITING
        self._broker = Broker(design.directory / box_sockets.EGRESS_SOCKET, design.uid)
        self._server: asyncio.Server | None = None
        self._line: asyncio.Future[RunnerConnection] = asyncio.get_running_loop().create_future()
        self._consent: SendPermission | None = None  # for a program
        self._used = False
        self.answered = False

    @property
    def name(self) -> str:
        return self.design.name

    @property
    def spec(self) -> BoxSpec:
        return self.design.spec

    async def open(self) -> None:
        """Make the directory and listen on both sockets. Raises OSError."""
        self.directory.mkdir(mode=0o700)
        os.chown(self.directory, self.uid, self.uid)
        listener = box_sockets.listen(self.directory / box_sockets.IO_SOCKET, self.uid)
        self._server = await asyncio.get_running_loop().create_unix_server(
            lambda: RunnerConnection(self._accept), sock=listener
        )
        await self._broker.open()

    async def ready(self) -> None:
        """Return once the runner has connected and said that it waits. Raises EOFError, ConnectionError, Nonsense."""
        line = await self._line
        kind, _ = await line.receive()
        if kind is not FrameKind.READY:
            raise Nonsense(f"{kind.name} instead of READY")

    def on_end(self, call: Callable[[], None]) -> None:
        """Have `call` called once the runner has gone. Only for a box that is ready."""
        self._line.result().on_end(call)

    @property
    def ended(self) -> bool:
        """Whether the runner has gone."""
        return self._line.done() and self._line.result().ended

    def lease(self, egress: Egress) -> None:
        """Give the box its way out. This is all that a claim has to do."""
        self.state = BoxState.LEASED
        self._broker.allow(egress)

    async def run(self, job: Job | ProgramJob, permit: Permit) -> Result:
        if self._used or self.state is not BoxState.LEASED:
            raise RuntimeError(f"the box {self.name} runs one job, while it is leased")
        self._used = True
        try:
            result = await self._in_session(job, permit)
        finally:
            self._broker.close()
        self.answered = True
        return self._witnessed(result)

    async def _in_session(self, job: Job | ProgramJob, permit: Permit) -> Result:
        if isinstance(job, Job):
            self._broker.set_out()
            return await RequestSession(self._line.result(), job, permit).exchange()
        self._consent = permission = SendPermission(permit)
        self._broker.ask_first(permission)
        try:
            return await ProgramSession(self._line.result(), job, permission).exchange()
        finally:
            await permission.close()

    def _witnessed(self, result: Result) -> Result:
        """The result with what the broker saw.

        Where the broker cut the job short, that is the fault, whatever the box made of it: an answer without a length looks
        complete wherever it is cut.
        """
        usage = replace(result.usage, connections=self._broker.connections)
        if self._broker.exceeded:
            unsent = result.evidence is Evidence.NOT_SENT or (self._consent is not None and not self._consent.was_given)
            evidence = Evidence.NOT_SENT if unsent else Evidence.SENT
            return Faulted(FaultCode.EGRESS_EXCEEDED, evidence, f"the box used {self._broker.exceeded}", usage)
        return replace(result, usage=usage)

    def close(self) -> None:
        """End the box: no way out, and no line, without which the runner ends. Closing again changes nothing."""
        self.state = BoxState.DONE
        self._broker.close()
        if self._server is not None:
            self._server.close()
        if self._line.done() and not self._line.cancelled():
            self._line.result().close()
        self._line.cancel()

    def _accept(self, line: RunnerConnection) -> None:
        if self._line.done() or not box_sockets.admits(line.socket, self.uid):
            line.close()
        else:
            self._line.set_result(line)
