"""One box, on the host's side: its directory, its two sockets, and the one job that it does.

waiting → leased → done         a box that ends by itself is done at once, in whatever state it was
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from sandbox.api.job import Egress, Job, ProgramJob
from sandbox.api.ports import Hear, Permit
from sandbox.api.result import Result
from sandbox.api.spec import BoxSpec
from sandbox.box.frames import FrameKind, ProtocolViolation
from sandbox.box.program_session import ProgramSession
from sandbox.box.request_session import RequestSession
from sandbox.box.runner_connection import RunnerConnection
from sandbox.box.witnessed import witnessed
from sandbox.egress import box_sockets
from sandbox.egress.broker import Broker
from sandbox.egress.send_permission import SendPermission


class BoxState(Enum):
    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Design:
    """What a box is made from. No other box has its slot, and so no other box has its user. `image` is its spec's, or the
    runner's own where the spec names none."""

    name: str
    directory: Path
    slot: int
    uid: int
    spec: BoxSpec
    image: str


class SocketBox:
    """A box as its two sockets. The pool makes and removes its container."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self.directory = design.directory
        self.uid = design.uid
        self.state = BoxState.WAITING
        self._way_out = str(design.directory / box_sockets.EGRESS_SOCKET)
        self._broker = Broker(design.directory / box_sockets.EGRESS_SOCKET, design.uid)
        self._server: asyncio.Server | None = None
        self._connection: asyncio.Future[RunnerConnection] = asyncio.get_running_loop().create_future()
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
        """Return once the runner has connected and sent READY. Raises EOFError, ConnectionError, ProtocolViolation."""
        connection = await self._connection
        kind, _ = await connection.receive()
        if kind is not FrameKind.READY:
            raise ProtocolViolation(f"{kind.name} instead of READY")

    def on_end(self, call: Callable[[], None]) -> None:
        """Call `call` once the runner has hung up. Only for a box that is ready."""
        self._connection.result().on_end(call)

    @property
    def ended(self) -> bool:
        """Whether the runner has hung up."""
        return self._connection.done() and self._connection.result().ended

    @property
    def fit(self) -> bool:
        """Whether it can do a job: its runner has not hung up, and its way out, which an operator may remove, is there."""
        return not self.ended and os.path.exists(self._way_out)

    def lease(self, egress: Egress) -> None:
        """Permit the box its job's destinations. A lease of a waiting box needs no other step."""
        self.state = BoxState.LEASED
        self._broker.hold_requests(lambda: False)  # what it sends without a job to do, it may not send later either
        self._broker.allow(egress)

    async def run(self, job: Job | ProgramJob, permit: Permit, hear: Hear | None = None) -> Result:
        if self._used or self.state is not BoxState.LEASED:
            raise RuntimeError(f"the box {self.name} runs one job, while it is leased")
        self._used = True
        try:
            result = await (self._request(job, permit, hear) if isinstance(job, Job) else self._program(job, permit))
        finally:
            self._broker.close()
        self.answered = True
        return result

    async def _request(self, job: Job, permit: Permit, hear: Hear | None) -> Result:
        self._broker.connect_ahead()
        session = RequestSession(self._connection.result(), job, permit, hear)
        self._broker.hold_requests(lambda: session.permitted)
        result = await session.exchange()
        self._broker.close()
        return witnessed(result, self._broker, violated=session.violated, of_vault=job.may_be_vaults)

    async def _program(self, job: ProgramJob, permit: Permit) -> Result:
        permission = SendPermission(permit)
        self._broker.require_permission(permission)
        self._broker.hold_requests(lambda: permission.was_given)
        session = ProgramSession(self._connection.result(), job, permission)
        try:
            result = await session.exchange()
        finally:
            await permission.close()
        self._broker.close()
        return witnessed(result, self._broker, violated=session.violated, permitted=permission.was_given)

    def close(self) -> None:
        """End the box: close its broker, and the connection to its runner, which then ends. Closing again changes nothing."""
        self.state = BoxState.DONE
        self._broker.close()
        if self._server is not None:
            self._server.close()
        if self._connection.done() and not self._connection.cancelled():
            self._connection.result().close()
        self._connection.cancel()

    def _accept(self, connection: RunnerConnection) -> None:
        if self._connection.done() or not box_sockets.admits(connection.socket, self.uid):
            connection.close()
        else:
            self._connection.set_result(connection)
