"""A tunnel between a box and an upstream: bytes both ways, counted before they pass."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass

from sandbox.api.result import OPEN, Connection
from sandbox.egress.egress_budget import EgressBudget

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

    def send(self, count: int) -> None:
        """Raises Spent."""
        self.budget.send(count)
        self.bytes_out += count

    def receive(self, count: int) -> None:
        """Raises Spent."""
        self.budget.receive(count)
        self.bytes_in += count

    def open(self) -> None:
        self.verdict = OPEN

    def snapshot(self) -> Connection:
        return Connection(self.host, self.port, self.address, self.verdict, self.bytes_out, self.bytes_in)


async def join(flow: Flow, box: Stream, upstream: Stream) -> None:
    """Pass bytes both ways until both sides have ended. When one side breaks, or a bound is reached, the other is ended too.

    Raises a group of ConnectionError and Spent.
    """
    async with asyncio.TaskGroup() as group:
        group.create_task(_pass(upstream[0], box[1], flow.receive))
        await _pass(box[0], upstream[1], flow.send)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Callable[[int], None]) -> None:
    while content := await reader.read(CHUNK):
        count(len(content))
        writer.write(content)
        await writer.drain()
    if writer.can_write_eof():
        with suppress(OSError):  # the other side has hung up already, both ways
            writer.write_eof()
