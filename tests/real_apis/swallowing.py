"""Addresses that swallow packets, on loopback alone: a listener whose queue is full drops what would be one more connection."""

import socket
from contextlib import suppress


class Swallowing:
    """`address` and `port` take no connection, and refuse none."""

    def __init__(self, address: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.socket(family)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place = (address, port)
        self._listener.bind(self._place)
        self._listener.listen(0)
        self._family = family
        self._callers: list[socket.socket] = []

    def __enter__(self) -> "Swallowing":
        for _ in range(8):  # as many as it takes: kernels count the queue's length in ways of their own
            caller = socket.socket(self._family)
            caller.settimeout(0.1)
            self._callers.append(caller)
            with suppress(TimeoutError):
                caller.connect(self._place)
                continue
            return self
        raise AssertionError("the queue never became full")

    def __exit__(self, *_: object) -> None:
        for caller in self._callers:
            caller.close()
        self._listener.close()
