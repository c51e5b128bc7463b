"""What stands between an agent and its gateway, and cuts connections when it is told to."""

import socket
import threading
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer

from tests.e2e.cable import pass_on


class Cutter(ThreadingTCPServer):
    """Passes bytes to `target`, a `host:port`, and back. After a cut it takes new connections at once."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        host, _, port = target.rpartition(":")
        self.target = (host, int(port))
        self.open: list[socket.socket] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def cut(self) -> None:
        """Every connection breaks, before an answer can pass."""
        for connection in self.open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "Cutter":
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.cut()
        self.server_close()


class _Connection(BaseRequestHandler):
    server: Cutter

    def handle(self) -> None:
        with socket.create_connection(self.server.target) as gateway:
            self.server.open += [self.request, gateway]
            back = threading.Thread(target=pass_on, args=(gateway, self.request), daemon=True)
            back.start()
            pass_on(self.request, gateway)
            back.join()
