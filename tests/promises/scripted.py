"""An upstream that answers each request of a route as it was told for that one, byte for byte; and remembers what came."""

import socket
import threading
from collections import defaultdict, deque
from collections.abc import Iterable
from contextlib import suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Self

#: What an answer may have in the place of bytes: nothing more comes until the test is over.
HANG = b""

Answer = Iterable[bytes]


def answer(status: int, body: bytes = b"{}", *headers: str) -> Answer:
    """A complete answer. `headers` are lines."""
    lines = ("Content-Type: application/json", f"Content-Length: {len(body)}", *headers)
    return [head(status, *lines), body]


def head(status: int, *lines: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status} X", *lines, "", "")).encode()


class Scripted(ThreadingTCPServer):
    """Where nothing was told, it answers 200 and `{}`, and counts that as an effect."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.requests: list[tuple[str, str]] = []
        self.over = threading.Event()
        self._told: dict[tuple[str, str], deque[Answer]] = defaultdict(deque)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def tell(self, method: str, path: str, *answers: Answer) -> None:
        """How to answer the next requests of this route, in turn."""
        self._told[method, path].extend(answers)

    def received(self, method: str, path: str) -> int:
        return self.requests.count((method, path))

    def answer_to(self, method: str, path: str) -> Answer:
        told = self._told[method, path]
        return told.popleft() if told else answer(200)


class _Connection(StreamRequestHandler):
    server: Scripted

    def handle(self) -> None:
        with suppress(ConnectionError):
            line = self.rfile.readline().decode()
            if not line:
                return  # a connection that was made ahead, and not used
            length = 0
            while (header := self.rfile.readline()) not in {b"\r\n", b""}:
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            self.rfile.read(length)
            method, path, _ = line.split(" ")
            self.server.requests.append((method, path))
            self._say(self.server.answer_to(method, path))

    def _say(self, parts: Answer) -> None:
        for part in parts:
            if part is HANG:
                self.server.over.wait()
            else:
                self.wfile.write(part)
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
