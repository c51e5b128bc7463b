"""An upstream of raw sockets that answers by recipe: the bytes that a test has put down for a route, and no others."""

import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Sequence
from contextlib import suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Self

from tests.e2e.hostile import Received

#: What an answer may have in the place of bytes: nothing more comes until the test is over.
HANG = b""

Answer = Sequence[bytes]


def answer(status: int, body: bytes = b"{}", *headers: str, media_type: str = "application/json") -> Answer:
    """A complete answer. `headers` are whole lines; without a media type, the answer names none."""
    kind = (f"Content-Type: {media_type}",) if media_type else ()
    return [head(status, *kind, f"Content-Length: {len(body)}", *headers), body]


def head(status: int, *lines: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status} X", *lines, "", "")).encode("latin-1")


class Recipes(ThreadingTCPServer):
    """A route with several recipes gives them in turn, and the last one again and again. One without any answers 404."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        super().__init__((host, 0), _Connection)
        self.authority = f"{host}:{self.server_address[1]}"
        self.url = f"{'https' if tls else 'http'}://{self.authority}"
        self.tls = tls
        self.requests: list[Received] = []
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
        """How to answer this route. The query is no part of a route."""
        self._told[method, path].extend(answers)

    def told(self, request: Received) -> Answer:
        answers = self._told[request.method, request.path.partition("?")[0]]
        if not answers:
            return answer(404)
        return answers.popleft() if len(answers) > 1 else answers[0]

    def received(self, method: str, path: str) -> list[Received]:
        """The requests of a route, byte for byte, in the order in which they came."""
        return [one for one in self.requests if (one.method, one.path.partition("?")[0]) == (method, path)]


class _Connection(StreamRequestHandler):
    server: Recipes

    def setup(self) -> None:
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        if self.server.tls:
            self.request.close()  # the server knows the socket only that was below it

    def handle(self) -> None:
        with suppress(ConnectionError):
            if request := self._read():
                self.server.requests.append(request)
                self._say(self.server.told(request))

    def _read(self) -> Received | None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return None
            head += line
        headers = Received(head).headers
        return Received(head + (self._chunks() if "transfer-encoding" in headers else self._whole(headers)))

    def _whole(self, headers: dict[str, str]) -> bytes:
        return self.rfile.read(int(headers.get("content-length", "0")))

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _say(self, answer: Answer) -> None:
        for part in answer:
            if part == HANG:
                self.server.over.wait()
            self.wfile.write(part)
