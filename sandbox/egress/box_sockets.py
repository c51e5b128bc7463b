"""A box's sockets, on the host's side: where they lie, and which user may connect."""

import os
import socket
import struct
from pathlib import Path

IO_SOCKET = "io.sock"
EGRESS_SOCKET = "egress.sock"

#: Bytes. The kernel's bound for a socket's path, less the zero at its end.
LONGEST_PATH = 107

_CREDENTIALS = struct.Struct("3i")
_ROOT = 0


def listen(path: Path, uid: int) -> socket.socket:
    """A listening socket to which only `uid` (and root) can connect. Raises OSError."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        listener.bind(str(path))
        path.chmod(0o600)
        os.chown(path, uid, uid)
        listener.listen(16)
    except OSError:
        listener.close()
        raise
    return listener


def admits(connection: socket.socket, uid: int) -> bool:
    """Whether the kernel says that this user connected, or root: gVisor connects as root for what runs in it."""
    return _peer(connection)[1] in (uid, _ROOT)


def peer_process(connection: socket.socket) -> int:
    """The process id, on this host, of the process that connected."""
    return _peer(connection)[0]


def _peer(connection: socket.socket) -> tuple[int, ...]:
    """The ids of the peer's process, user and group."""
    return _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
