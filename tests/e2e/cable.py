"""A connection to the engine that can fail."""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingMixIn, UnixStreamServer

from .house import ENGINE


class Cable:
    """A socket at `path` that leads to the real engine while it is whole. It is cut at first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._server: _Server | None = None
        self._deaf: socket.socket | None = None

    def mend(self) -> None:
        """Mending a whole one changes nothing."""
        if self._deaf is not None:
            self._deaf.close()
            self._deaf = None
            self.path.unlink()
        if self._server is None:
            self._server = _Server(str(self.path))
            threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def cut(self) -> None:
        """The socket goes, and every connection breaks. Cutting again changes nothing."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self.path.unlink()
            for connection in list(self._server.connections):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._server = None

    def deafen(self) -> None:
        """Connections are taken, and nothing ever comes back."""
        self.cut()
        self._deaf = socket.socket(socket.AF_UNIX)
        self._deaf.bind(str(self.path))
        self._deaf.listen(64)


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True

    def __init__(self, path: str) -> None:
        super().__init__(path, _Connection)
        self.connections: list[socket.socket] = []


class _Connection(BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(str(ENGINE))
            self.server.connections += [self.request, engine]
            back = threading.Thread(target=pass_on, args=(engine, self.request), daemon=True)
            back.start()
            pass_on(self.request, engine)
            back.join()


def pass_on(source: socket.socket, sink: socket.socket) -> None:
    """Every byte, until the source ends or one of them breaks."""
    with suppress(OSError):
        while content := source.recv(1 << 16):
            sink.sendall(content)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
