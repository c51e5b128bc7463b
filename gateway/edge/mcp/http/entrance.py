"""Takes connections, so many at a time, and fewer of each host. Who has not shown a valid token yet gives way to others.

The limits count from the moment a connection is taken, before a byte of TLS or HTTP is read.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import structlog

#: Connections at one time; those of one host; of all and of one host, those that no valid token came over.
MOST, OF_HOST, UNPROVEN, UNPROVEN_OF_HOST = 2048, 512, 512, 64
#: Seconds after which nothing more is taken for a moment, where there are no descriptors left.
PAUSE = 0.1
#: Milliseconds after which the kernel ends a connection whose peer confirms nothing.
UNCONFIRMED = 30_000

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Arrival:
    """One connection. `peer` is its name as gRPC writes peers, `host` what is counted together with it."""

    peer: str
    host: str
    end: Callable[[], object] = lambda: None
    proven: bool = False


@dataclass(slots=True)
class Entrance:
    """`serve` is given each connection that was let in, and returns when it has ended or has been taken over."""

    serve: Callable[[socket.socket, Arrival], Awaitable[None]]
    _: KW_ONLY
    most: int = MOST
    of_host: int = OF_HOST
    unproven: int = UNPROVEN
    unproven_of_host: int = UNPROVEN_OF_HOST
    _hosts: Counter[str] = field(default_factory=Counter, init=False)
    _waiting: dict[Arrival, None] = field(default_factory=dict, init=False)
    _open: set[Arrival] = field(default_factory=set, init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    async def take_from(self, listener: socket.socket) -> None:
        """Take connections until cancelled."""
        listener.setblocking(False)
        while True:
            try:
                connection, address = await asyncio.get_running_loop().sock_accept(listener)
            except OSError:  # of descriptors there are none left, or the client is gone already
                await asyncio.sleep(PAUSE)
                continue
            self._let_in(connection, address)

    def prove(self, arrival: Arrival) -> None:
        """A valid token came over it."""
        arrival.proven = True
        self._waiting.pop(arrival, None)

    def leave(self, arrival: Arrival) -> None:
        if arrival in self._open:
            self._open.discard(arrival)
            self._waiting.pop(arrival, None)
            self._hosts[arrival.host] -= 1
            self._hosts += Counter()  # forgets those that have none

    def close(self) -> None:
        """End all that are open."""
        for arrival in list(self._open):
            self._end(arrival)

    def _let_in(self, connection: socket.socket, address: Any) -> None:
        peer, host = named(connection.family, address)
        self._make_room(host)
        if len(self._open) >= self.most or (host and self._hosts[host] >= self.of_host):
            connection.close()
            return
        _prepare(connection)
        arrival = Arrival(peer, host)
        self._open.add(arrival)
        self._waiting[arrival] = None
        self._hosts[host] += 1
        task = asyncio.create_task(self._serve(connection, arrival))
        arrival.end = task.cancel
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: socket.socket, arrival: Arrival) -> None:
        try:
            await self.serve(connection, arrival)
        except (OSError, asyncio.CancelledError):  # a handshake that failed, took too long, or gave way
            connection.close()
            self.leave(arrival)

    def _make_room(self, host: str) -> None:
        """The oldest unproven connection gives way: of the same host, where that has its share of them already."""
        alike = [one for one in self._waiting if one.host == host] if host else []
        if len(alike) >= self.unproven_of_host:
            self._end(alike[0])
        elif len(self._waiting) >= self.unproven:
            self._end(next(iter(self._waiting)))

    def _end(self, arrival: Arrival) -> None:
        self.leave(arrival)
        arrival.end()


def named(family: int, address: Any) -> tuple[str, str]:
    """A peer's name as gRPC writes it, and what its connections are counted by: an address of IPv4, a /64 of IPv6, and nothing
    for a Unix socket, behind which is a proxy."""
    if family == socket.AF_UNIX:
        return "unix:", ""
    ip = ip_address(address[0].partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if isinstance(ip, IPv6Address):
        return f"ipv6:[{ip}]:{address[1]}", str(ip_network(f"{ip}/64", strict=False))
    return f"ipv4:{ip}:{address[1]}", str(ip)


def _prepare(connection: socket.socket) -> None:
    if connection.family != socket.AF_UNIX:
        with suppress(OSError):  # another kernel has no such option
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNCONFIRMED)
