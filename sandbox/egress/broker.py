"""The only way out of a box: a listener of its own, which opens what its job may reach, and nothing before there is a job.

A runner connects when it starts, so its job finds one connection made. Each, in order (`_tunnel`): a CONNECT whose host can
be read in one way only, and is among the job's destinations; the permission to send, where the broker has to ask for it; one
resolution of the name, every address of it checked; a connection to a checked address; where the destination is TLS, a hello
that asks for the same host; then bytes, counted, until a bound is reached.
"""

import asyncio
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

from sandbox.api.job import Destination, Egress
from sandbox.api.result import Connection
from sandbox.egress import box_sockets
from sandbox.egress.addresses import Address
from sandbox.egress.client_hello import NoHello, read_client_hello
from sandbox.egress.connect_request import read_authority
from sandbox.egress.egress_budget import EgressBudget, Spent, check_server_name
from sandbox.egress.resolve import Denied, Lookup, look_up, parse_authority
from sandbox.egress.send_permission import SendPermission
from sandbox.egress.tunnel import CHUNK, Flow, Stream, join
from sandbox.egress.upstream_connection import Unreached, UpstreamConnection

HELLO_SECONDS = 5.0
MOST_AT_ONCE = 16
"""Connections at one time, per box."""


class Broker:
    """One box's broker. It denies everything until `allow`, and again after `close`."""

    def __init__(self, path: Path, uid: int, lookup: Lookup = look_up) -> None:
        self._path = path
        self._uid = uid
        self._lookup = lookup
        self._allowance = EgressBudget()
        self._has_job = False
        self._consent: SendPermission | None = None
        self._flows: list[Flow] = []
        self._ahead: dict[Destination, UpstreamConnection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begin to listen. Raises OSError."""
        listener = box_sockets.listen(self._path, self._uid)
        self._server = await asyncio.start_unix_server(self._accept, sock=listener, limit=CHUNK)

    def allow(self, egress: Egress) -> None:
        """Permit these destinations, within these bounds, and no other."""
        self._allowance, self._has_job = EgressBudget(egress), True

    def set_out(self) -> None:
        """Connect to where the job's request goes before the box asks for that, where it can go to one place only."""
        requested = [entry for entry in self._allowance if not entry[1].preparation]
        if len(requested) == 1:
            [(host, destination)] = requested
            self._ahead[destination] = UpstreamConnection(host, destination, self._lookup)

    def ask_first(self, permission: SendPermission) -> None:
        """Open no way out, but to where the job prepares itself, before this is given."""
        self._consent = permission

    def close(self) -> None:
        """Permit nothing, end every connection, and stop listening."""
        self._has_job = False
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        while self._ahead:
            self._ahead.popitem()[1].close()

    @property
    def connections(self) -> tuple[Connection, ...]:
        """Every connection that was asked for within the bound on their number, with its bytes so far."""
        return tuple(flow.snapshot() for flow in self._flows)

    @property
    def exceeded(self) -> str:
        """Which bound of the job's was reached, for people. Empty where none was."""
        return self._allowance.exceeded

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        flow, early = Flow(self._allowance), not self._has_job
        if len(self._tasks) >= MOST_AT_ONCE or not box_sockets.admits(writer.get_extra_info("socket"), self._uid):
            writer.transport.abort()
            return
        if not (early or self._admit(flow)):
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(flow, (reader, writer), early=early))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Not at the task's own end: one that is cancelled before it began has none.
        task.add_done_callback(lambda _: writer.transport.abort())

    def _admit(self, flow: Flow) -> bool:
        """Count one more connection of the job's; False where there were too many. The first one too many says so on record."""
        allowance = flow.allowance = self._allowance
        try:
            allowance.connect()
        except Spent as spent:
            flow.verdict = str(spent)
            if allowance.connections == allowance.egress.connections + 1:
                self._flows.append(flow)
            return False
        self._flows.append(flow)
        return True

    async def _serve(self, flow: Flow, box: Stream, *, early: bool) -> None:
        with suppress(ConnectionError):  # the box has gone
            try:
                await self._tunnel(flow, box, early=early)
            except Denied as denied:
                await _refuse(flow, box[1], HTTPStatus.FORBIDDEN, str(denied))
            except Unreached as unreached:
                await _refuse(flow, box[1], unreached.status, str(unreached))

    async def _tunnel(self, flow: Flow, box: Stream, *, early: bool) -> None:
        host, flow.port = parse_authority(await (self._first_word(flow, box[0]) if early else read_authority(box[0])))
        flow.host = str(host)
        destination = self._destination(host, flow.port)
        await self._ask(destination)
        way = self._ahead.pop(destination, None) or UpstreamConnection(host, destination, self._lookup)
        try:
            upstream = await way.open()
            flow.address = way.address
            await _carry(flow, box, upstream, host if destination.tls else None)
        finally:
            flow.address = way.address
            way.close()

    async def _first_word(self, flow: Flow, reader: asyncio.StreamReader) -> str:
        """A connection that was made before there was a job is the job's once it has said anything. Raises Denied."""
        try:
            authority = await read_authority(reader, patient=True)
        except Denied:
            self._admit(flow)
            raise
        if not self._admit(flow):
            raise Denied(flow.verdict)
        return authority

    def _destination(self, host: str | Address, port: int) -> Destination:
        if not self._has_job:
            raise Denied("this box has no job")
        return self._allowance.destination(host, port)

    async def _ask(self, destination: Destination) -> None:
        if self._consent is not None and not destination.preparation and not await self._consent.given():
            raise Denied("the gateway did not permit the job to send, or not in time")


async def _carry(flow: Flow, box: Stream, upstream: Stream, secure_host: str | Address | None) -> None:
    """Say yes to the box, and pass its bytes on: from the first one, or from a hello that asks for `secure_host`."""
    box[1].write(b"HTTP/1.1 200 OK\r\n\r\n")
    await box[1].drain()
    try:
        if secure_host is not None:
            await _greet(flow, box, upstream, secure_host)
        flow.open()
        await join(flow, box, upstream)
    except* (Denied, NoHello, Spent) as reasons:
        # The tunnel stands already: there is nobody left to be answered, only the record.
        flow.verdict = str(reasons.exceptions[0])
    except* ConnectionError:
        pass  # the flow's bytes are on record


async def _greet(flow: Flow, box: Stream, upstream: Stream, host: str | Address) -> None:
    """Read the hello, check it, and only then pass it on. Raises Denied, NoHello, Spent, ConnectionError."""
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            hello = await read_client_hello(box[0])
    except TimeoutError:
        raise Denied("the TLS hello did not arrive in time") from None
    check_server_name(host, hello)
    flow.send(len(hello.raw))
    upstream[1].write(hello.raw)
    await upstream[1].drain()


async def _refuse(flow: Flow, writer: asyncio.StreamWriter, status: HTTPStatus, reason: str) -> None:
    """A refusal explains itself in its body, and ends the connection."""
    flow.verdict = reason
    body = reason.encode("ascii", "replace")
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode("ascii") + body)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
