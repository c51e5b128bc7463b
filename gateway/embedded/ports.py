"""Ports for the embedded servers, all on loopback."""

import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port that no process listens on now. Another may take it first: then the server fails to start, and says so."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
