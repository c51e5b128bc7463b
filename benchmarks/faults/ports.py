"""Ports for servers that are killed and started again on the same one."""

import random
import socket

from gateway.embedded.ports import LOOPBACK

#: Below those that the kernel gives to connections: it would give away the port of a server that is dead just now.
_FIRST, _LAST = 20_000, 32_000
_given: set[int] = set()


def lasting_port() -> int:
    """A port on which no process listens, and that this process has given to no other server."""
    while True:
        port = random.randrange(_FIRST, _LAST)
        with socket.socket() as probe:
            if port not in _given and probe.connect_ex((LOOPBACK, port)) != 0:
                _given.add(port)
                return port
