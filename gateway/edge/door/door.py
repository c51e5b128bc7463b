"""The process that clients connect to. It ends when the gateway ends, and is started again should it end by itself."""

import json
import shutil
import signal
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

from gateway.edge.door.certificates import Certificates
from gateway.edge.door.kept_process import KeptProcess
from gateway.edge.door.listening import listen_on, no_more

PROGRAM = Path(__file__).parent / "program" / "callgate-door"


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
    _process: KeptProcess | None = field(default=None, init=False)

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
        descriptors = [listener.fileno() for listener in self._listeners]
        command = (self.program, json.dumps(self._plan(descriptors)))
        self._process = KeptProcess("grpc", command, keep=descriptors, niceness=self.niceness)
        await self._process.open()

    def reload(self) -> None:
        """Read the certificate again, for connections that are made from now on."""
        if self.certificates and self._process and self.certificates.can_be_read():
            self._process.send_signal(signal.SIGHUP)

    async def close(self, grace: float) -> None:
        """Take no more clients, and let the streams that are open come to their end for `grace` seconds."""
        no_more(self._listeners)
        if self._process is not None:
            await self._process.close(grace)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _plan(self, descriptors: Sequence[int]) -> dict[str, object]:
        plan: dict[str, object] = {
            "gateway": str(self.gateway),
            "listeners": descriptors,
            "first_request_within": self.first_request_within,
            "moment": self.moment,
            "ping_after": self.ping_after,
            "ping_within": self.ping_within,
        }
        if self.certificates:
            plan |= {"certificate": str(self.certificates.certificate), "key": str(self.certificates.key)}
        return plan
