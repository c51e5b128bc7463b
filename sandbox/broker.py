"""The only way out of a box: a listener of its own, which opens what its job may reach, and nothing before there is a job."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from sandbox import gate
from sandbox.addresses import Address
from sandbox.job import Destination, Egress
from sandbox.resolve import Denied, Unresolved, parse_authority, parse_host, resolve
from sandbox.result import Connection

LONGEST_HEAD = 4096
"""Bytes of a CONNECT request's head."""

HEAD_SECONDS = 5.0
CONNECT_SECONDS = 10.0
MOST_CONNECTIONS = 16
"""At one time, per box. A job needs two."""

_Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_CHUNK = 64 * 1024
_CONNECT = re.compile(rb"CONNECT ([!-~]+) HTTP/1\.1\r\n(?:[!-9;-~]+:[^\r\n\0]*\r\n)*\r\n")


@dataclass(slots=True)
class _Flow:
    """A connection as it goes on."""

    host: str = ""
    port: int = 0
    address: str = ""
    verdict: str = "ended before it was open"
    bytes_out: int = 0
    bytes_in: int = 0

    def sent(self, count: int) -> None:
        self.bytes_out += count

    def received(self, count: int) -> None:
        self.bytes_in += count

    def snapshot(self) -> Connection:
        return Connection(self.host, self.port, self.address, self.verdict, self.bytes_out, self.bytes_in)


class _Refused(Exception):
    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Broker:
    """One box's broker. It denies everything until `allow`, and again after `close`."""

    def __init__(self, path: Path, uid: int) -> None:
        self._path = path
        self._uid = uid
        self._allowed: dict[tuple[str | Address, int], Destination] | None = None
        self._flows: list[_Flow] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begin to listen. Raises OSError."""
        listener = gate.listen(self._path, self._uid)
        self._server = await asyncio.start_unix_server(self._accept, sock=listener, limit=_CHUNK)

    def allow(self, egress: Egress) -> None:
        """Permit these destinations, and no other. One whose host cannot be read is permitted to nobody."""
        self._allowed = dict(_readable(egress))

    def close(self) -> None:
        """Permit nothing, end every connection, and stop listening."""
        self._allowed = None
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()

    @property
    def connections(self) -> tuple[Connection, ...]:
        """Every connection that was asked for, with its bytes so far."""
        return tuple(flow.snapshot() for flow in self._flows)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MOST_CONNECTIONS or gate.peer_uid(writer.get_extra_info("socket")) != self._uid:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve((reader, writer)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, box: _Stream) -> None:
        flow = _Flow()
        self._flows.append(flow)
        try:
            upstream = await self._open(flow, await _authority(box[0]))
            await _join(flow, box, upstream)
        except _Refused as refusal:
            flow.verdict = str(refusal)
            await _answer(box[1], refusal.status, str(refusal))
        except ConnectionError:
            pass  # the box has gone
        finally:
            box[1].transport.abort()

    async def _open(self, flow: _Flow, authority: str) -> _Stream:
        try:
            host, flow.port = parse_authority(authority)
            flow.host = str(host)
            destination = self._destination(host, flow.port)
            addresses = await resolve(host, flow.port, destination.private)
        except Denied as denied:
            raise _Refused(HTTPStatus.FORBIDDEN, str(denied)) from denied
        except Unresolved as unresolved:
            raise _Refused(HTTPStatus.BAD_GATEWAY, str(unresolved)) from unresolved
        opened = await _connect(flow, addresses)
        flow.verdict = "open"
        return opened

    def _destination(self, host: str | Address, port: int) -> Destination:
        if self._allowed is None:
            raise Denied("this box has no job")
        destination = self._allowed.get((host, port))
        if destination is None:
            raise Denied(f"{host} port {port} is not among the destinations of this job")
        return destination


def _readable(egress: Egress) -> Iterator[tuple[tuple[str | Address, int], Destination]]:
    for destination in egress.destinations:
        with suppress(Denied):
            yield (parse_host(destination.host), destination.port), destination


async def _authority(reader: asyncio.StreamReader) -> str:
    """Read the request's head. Anything but a plain CONNECT is refused."""
    try:
        async with asyncio.timeout(HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
    except TimeoutError:
        raise _Refused(HTTPStatus.FORBIDDEN, "the request's head did not arrive in time") from None
    except (asyncio.LimitOverrunError, asyncio.IncompleteReadError):
        raise _Refused(HTTPStatus.FORBIDDEN, "the request's head is too long, or incomplete") from None
    request = _CONNECT.fullmatch(head)
    if request is None or len(head) > LONGEST_HEAD:
        raise _Refused(HTTPStatus.FORBIDDEN, "only CONNECT is served here")
    return request[1].decode("ascii")


async def _connect(flow: _Flow, addresses: tuple[Address, ...]) -> _Stream:
    """Connect to the first address that answers. All of them have been checked."""
    cause = "there is no address"
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            for address in addresses:
                flow.address = str(address)
                try:
                    return await asyncio.open_connection(str(address), flow.port, limit=_CHUNK)
                except OSError as error:
                    cause = error.strerror or "no connection"
    except TimeoutError:
        raise _Refused(HTTPStatus.GATEWAY_TIMEOUT, f"{flow.host} port {flow.port} did not answer in time") from None
    raise _Refused(HTTPStatus.BAD_GATEWAY, f"{flow.host} port {flow.port} could not be reached: {cause}")


async def _answer(writer: asyncio.StreamWriter, status: HTTPStatus, reason: str = "") -> None:
    """A refusal explains itself in its body, and ends the connection. A consent has no body: the tunnel begins."""
    body = reason.encode("ascii", "replace")
    length = f"Content-Length: {len(body)}\r\n" if status != HTTPStatus.OK else ""
    writer.write(f"HTTP/1.1 {status.value} {status.phrase}\r\n{length}\r\n".encode("ascii") + body)
    await writer.drain()
    if status != HTTPStatus.OK:
        writer.close()
        await writer.wait_closed()


async def _join(flow: _Flow, box: _Stream, upstream: _Stream) -> None:
    """Pass bytes both ways until both sides have ended. When one breaks, the other is broken too."""
    try:
        await _answer(box[1], HTTPStatus.OK)
        async with asyncio.TaskGroup() as group:
            group.create_task(_pass(box[0], upstream[1], flow.sent))
            group.create_task(_pass(upstream[0], box[1], flow.received))
    except* ConnectionError:
        pass  # the flow's bytes are on record
    finally:
        upstream[1].transport.abort()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Callable[[int], None]) -> None:
    while content := await reader.read(_CHUNK):
        count(len(content))
        writer.write(content)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
