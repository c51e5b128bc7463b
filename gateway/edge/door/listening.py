"""The sockets that a gateway listens on: `host:port`, `[address]:port`, or `unix:PATH`, as gRPC writes them."""

import asyncio
import errno
import socket
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import Any

#: Connections that wait to be taken.
BACKLOG = 1024
#: Seconds that a port may still be taken: the door of a gateway that was killed ends a moment after it.
PATIENCE, POLL = 1.0, 0.02
HIGHEST_PORT = 65_535

#: What the machine says of an address, or a kind of address, that it does not have.
ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)

#: A family, and what its sockets take for an address.
Where = tuple[socket.AddressFamily, Any]


async def listen_on(listen: str) -> list[socket.socket]:
    """Sockets that listen, one for each address of the name. Raises OSError, and ValueError for what is no address."""
    deadline = monotonic() + PATIENCE
    while True:
        try:
            return _bound(listen)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or monotonic() > deadline:
                raise
        await asyncio.sleep(POLL)


def _bound(listen: str) -> list[socket.socket]:
    if listen.startswith("unix:"):
        path = listen.removeprefix("unix:")
        _remove_dead(Path(path))
        return [_listener((socket.AF_UNIX, path))]
    addresses, listeners, failures = _addresses(listen), list[socket.socket](), list[OSError]()
    for address in addresses:
        try:
            listeners.append(_listener(address, alone=len(addresses) > 1))
        except OSError as error:
            failures.append(error)
    # `localhost` may have an address that the machine does not have; one that another process has is never passed over.
    taken = [error for error in failures if error.errno not in ABSENT or not listeners]
    if taken:
        for listener in listeners:
            listener.close()
        raise taken[0]
    return listeners


def _addresses(listen: str) -> list[Where]:
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > HIGHEST_PORT:
        raise ValueError(f"{listen} is not host:port, nor unix:PATH")
    found = socket.getaddrinfo(host.strip("[]") or None, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _listener(where: Where, *, alone: bool = False) -> socket.socket:
    """`alone`: IPv6 does not answer for IPv4, which has a socket of its own."""
    family, address = where
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family != socket.AF_UNIX:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, alone)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _remove_dead(path: Path) -> None:
    """Remove the socket that a gateway left behind which ended without notice. One that answers stays."""
    if path.is_socket():
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == errno.ECONNREFUSED:
                path.unlink(missing_ok=True)


def no_more(listeners: Iterable[socket.socket]) -> None:
    """Listen no more; a path that was listened on is removed."""
    for listener in listeners:
        path = listener.getsockname() if listener.family == socket.AF_UNIX and listener.fileno() >= 0 else ""
        listener.close()
        if path:
            Path(path).unlink(missing_ok=True)
