"""Whether the gateway can listen where it shall. Before anything starts: else its log alone says so, a minute later."""

import socket

from gateway.embedded.errors import AddressUnusable
from gateway.embedded.ports import LOOPBACK, free_port
from gateway.operations.health_checks import answering

_UNIX = "unix:"


async def check_listen(address: str, said: str = "--listen ") -> None:
    """`address` is `host:port`; what is a path is not looked at. `said`: how another one is. Raises AddressUnusable."""
    if address.startswith(_UNIX):
        return
    try:
        _bind(address)
    except OSError as error:
        another = f"listen elsewhere, such as by {said}{LOOPBACK}:{free_port()}"
        if await answering(address):
            raise AddressUnusable(
                f"another gateway answers on {address} already", cure=f"Use that one, or {another}."
            ) from None
        told = f"the gateway cannot listen on {address}: {error.strerror or error}"
        raise AddressUnusable(told, cure=f"Stop what listens there, or {another}.") from None


def _bind(address: str) -> None:
    """As a server does, for a moment. Raises OSError."""
    host, _, port = address.rpartition(":")
    family, kind, protocol, _, place = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a gateway that was stopped just now
        probe.bind(place)
