"""A tunnel between a box and an upstream: bytes both ways, counted before they pass."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field

from sandbox.api.result import OPEN, Connection
from sandbox.egress.egress_budget import EgressBudget
from sandbox.egress.handshake import Handshake
from sandbox.egress.resolve import Denied

CHUNK = 64 * 1024

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class Flow:
    """One connection that the box asked for, with what has become of it so far."""

    budget: EgressBudget
    _: KW_ONLY
    host: str = ""
    port: int = 0
    address: str = ""
    verdict: str = "ended before it was open"
    bytes_out: int = 0
    bytes_in: int = 0
    #: Whether it is for the job's preparation, and not for its request.
    prepares: bool = False
    #: Where the destination is TLS, from the hello on.
    handshake: Handshake | None = None
    #: Whether the job's request may pass by now.
    permitted: Callable[[], bool] = lambda: True
    #: Whether the box may show a certificate in its TLS handshake.
    shows_certificate: bool = False
    #: Whether a part of the job's request may have been passed on: any byte in the clear, or one after a TLS handshake.
    carried: bool = field(default=False, init=False)
    #: Whether something came back that may be an answer to it: any byte in the clear, or one after that part of a request.
    answered: bool = field(default=False, init=False)

    def send(self, content: bytes) -> None:
        """Count and look at what is about to leave. Raises Spent, and Denied for a request without permission: then it must
        not leave."""
        self.budget.send(len(content))
        if self._requests(content):
            if not self.permitted():
                raise Denied("the gateway has not permitted the job to send")
            self.carried = True
        self.bytes_out += len(content)

    def _requests(self, content: bytes) -> bool:
        if self.handshake is not None:
            self.handshake.sent(content)
        return not self.prepares and (self.handshake is None or self.handshake.over)

    def receive(self, content: bytes) -> None:
        """Count and look at what is about to reach the box. Raises Spent."""
        self.budget.receive(len(content))
        self.bytes_in += len(content)
        self.answered = self.answered or (not self.prepares and (self.handshake is None or self.carried))
        if self.handshake is not None:
            self.handshake.received(content)

    @property
    def turned_away(self) -> bool:
        """Whether all that came back for a part of a request is an alert, by which a TLS server refuses a certificate."""
        return self.handshake is not None and self.handshake.turned_away

    def open(self) -> None:
        self.verdict = OPEN

    def snapshot(self) -> Connection:
        return Connection(self.host, self.port, self.address, self.verdict, self.bytes_out, self.bytes_in)


async def join(flow: Flow, box: Stream, upstream: Stream) -> None:
    """Pass bytes both ways until both sides have ended. When one side breaks, or a bound is reached, the other is ended too.

    Raises a group of ConnectionError, Spent and Denied.
    """
    async with asyncio.TaskGroup() as group:
        group.create_task(_pass(upstream[0], box[1], flow.receive))
        await _pass(box[0], upstream[1], flow.send)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, look: Callable[[bytes], None]) -> None:
    while content := await reader.read(CHUNK):
        look(content)
        writer.write(content)
        await writer.drain()
    if writer.can_write_eof():
        with suppress(OSError):  # the other side has hung up already, both ways
            writer.write_eof()
