"""The only way out of a box. The broker listens for one box, connects to what the box's job may reach, and to nothing before
there is a job.

A runner connects when it starts, so its job finds one connection made. Each connection needs, in this order (`_tunnel`): a
CONNECT whose host can be read in one way only, and is among the job's destinations; the permission to send, where the broker
has to ask for it; one resolution of the name, with every address checked; a connection to a checked address; where the
destination is TLS, a hello that asks for the same host. Then bytes pass, counted, until a bound is reached.
"""

import asyncio
from collections.abc import Callable
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
from sandbox.egress.handshake import Handshake
from sandbox.egress.resolve import Denied, Lookup, look_up, parse_authority
from sandbox.egress.send_permission import SendPermission
from sandbox.egress.tunnel import CHUNK, Flow, Stream, join
from sandbox.egress.upstream_connection import Unreached, UpstreamConnection

HELLO_SECONDS = 5.0
#: Connections at one time, per box.
MOST_AT_ONCE = 16


class Broker:
    """The broker of one box. It denies every destination until `allow`, and again after `close`."""

    def __init__(self, path: Path, uid: int, lookup: Lookup = look_up) -> None:
        self._path = path
        self._uid = uid
        self._lookup = lookup
        self._budget = EgressBudget()
        self._has_job = False
        self._taken_any = False
        self._permission: SendPermission | None = None
        self._permitted: Callable[[], bool] = lambda: True
        self._flows: list[Flow] = []
        self._ahead: dict[Destination, UpstreamConnection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begin to listen. Raises OSError."""
        listener = box_sockets.listen(self._path, self._uid)
        self._server = await asyncio.start_unix_server(self._accept, sock=listener, limit=CHUNK)

    def allow(self, egress: Egress) -> None:
        """Permit these destinations, within these bounds, and no others."""
        self._budget, self._has_job = EgressBudget(egress), True

    def connect_ahead(self) -> None:
        """Connect to where the job's request goes before the box asks for it: to the first destination, for others are those to
        which it may be redirected."""
        requested = [entry for entry in self._budget if not entry[1].preparation]
        for host, destination in requested[:1]:
            self._ahead[destination] = UpstreamConnection(host, destination, self._lookup)

    def require_permission(self, permission: SendPermission) -> None:
        """Connect to nothing but the job's preparation before this permission is given."""
        self._permission = permission

    def hold_requests(self, permitted: Callable[[], bool]) -> None:
        """Pass on no part of a request while this says no: a runner that sends all the same is cut off."""
        self._permitted = permitted

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
        """Every connection that the box asked for within the bound on their number, with its bytes so far."""
        return tuple(flow.snapshot() for flow in self._flows)

    @property
    def carried(self) -> bool:
        """Whether a part of the job's request may have left the box. There is no other way out, so a no is a proof."""
        return any(flow.carried for flow in self._flows)

    @property
    def answered(self) -> bool:
        """Whether something came back that may be the answer. A no is a proof, as well."""
        return any(flow.answered for flow in self._flows)

    @property
    def turned_away(self) -> bool:
        """Whether no more than a TLS alert came back wherever a part of the job's request was passed on."""
        return all(flow.turned_away for flow in self._flows if flow.carried)

    @property
    def exceeded(self) -> str:
        """Which of the job's bounds was reached, in words. Empty where none was."""
        return self._budget.exceeded

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The runner's first was made before there was a job, also where the job was sooner than we were in taking it.
        flow, early = Flow(self._budget), not (self._has_job and self._taken_any)
        self._taken_any = True
        if len(self._tasks) >= MOST_AT_ONCE or not box_sockets.admits(writer.get_extra_info("socket"), self._uid):
            writer.transport.abort()
            return
        if not (early or self._admit(flow)):
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(flow, (reader, writer), early=early))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A callback, because a task that is cancelled before it began runs no `finally`.
        task.add_done_callback(lambda _: writer.transport.abort())

    def _admit(self, flow: Flow) -> bool:
        """Count one more connection for the job. Returns False beyond the bound: the first one beyond it is put on record."""
        budget = flow.budget = self._budget
        flow.permitted = self._permitted
        try:
            budget.connect()
        except Spent as spent:
            flow.verdict = str(spent)
            if budget.connections == budget.egress.connections + 1:
                self._flows.append(flow)
            return False
        self._flows.append(flow)
        return True

    async def _serve(self, flow: Flow, box: Stream, *, early: bool) -> None:
        with suppress(ConnectionError):  # the box has hung up
            try:
                await self._tunnel(flow, box, early=early)
            except Denied as denied:
                await _refuse(flow, box[1], HTTPStatus.FORBIDDEN, str(denied))
            except Unreached as unreached:
                await _refuse(flow, box[1], unreached.status, str(unreached))

    async def _tunnel(self, flow: Flow, box: Stream, *, early: bool) -> None:
        host, flow.port = parse_authority(await (self._read_early(flow, box[0]) if early else read_authority(box[0])))
        flow.host = str(host)
        destination = self._destination(host, flow.port)
        flow.prepares = destination.preparation
        await self._ask(destination)
        connection = self._ahead.pop(destination, None) or UpstreamConnection(host, destination, self._lookup)
        try:
            upstream = await connection.open()
            flow.address = connection.address
            flow.shows_certificate = destination.client_certificate
            await _carry(flow, box, upstream, host if destination.tls else None)
        finally:
            flow.address = connection.address
            connection.close()

    async def _read_early(self, flow: Flow, reader: asyncio.StreamReader) -> str:
        """A connection that was made before there was a job counts for the job once its first bytes came. Raises Denied."""
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
        return self._budget.destination(host, port)

    async def _ask(self, destination: Destination) -> None:
        if self._permission is not None and not destination.preparation and not await self._permission.given():
            raise Denied("the gateway did not permit the job to send, or not in time")


async def _carry(flow: Flow, box: Stream, upstream: Stream, secure_host: str | Address | None) -> None:
    """Accept the CONNECT and pass the box's bytes on: from the first byte, or from a hello that asks for `secure_host`."""
    box[1].write(b"HTTP/1.1 200 OK\r\n\r\n")
    await box[1].drain()
    try:
        if secure_host is not None:
            await _pass_hello(flow, box, upstream, secure_host)
        flow.open()
        await join(flow, box, upstream)
    except* (Denied, NoHello, Spent) as reasons:
        # The CONNECT has been answered already: the reason goes on record only.
        flow.verdict = str(reasons.exceptions[0])
    except* ConnectionError:
        pass  # the flow's bytes are on record


async def _pass_hello(flow: Flow, box: Stream, upstream: Stream, host: str | Address) -> None:
    """Read the TLS hello, check it, and only then pass it on. Raises Denied, NoHello, Spent, ConnectionError."""
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            hello = await read_client_hello(box[0])
    except TimeoutError:
        raise Denied("the TLS hello did not arrive in time") from None
    check_server_name(host, hello)
    flow.handshake = Handshake(hello, lambda: flow.shows_certificate and flow.permitted())
    flow.send(hello.raw)
    upstream[1].write(hello.raw)
    await upstream[1].drain()


async def _refuse(flow: Flow, writer: asyncio.StreamWriter, status: HTTPStatus, reason: str) -> None:
    """Answer with the reason as the body, and end the connection."""
    flow.verdict = reason
    body = reason.encode("ascii", "replace")
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode("ascii") + body)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
