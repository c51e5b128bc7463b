"""A raw TCP upstream that does what no framework would, and remembers all that reached it."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Self

from .house import SCHEME

TOOLS = {
    ("get", "/hang"): "read_slowly",
    ("post", "/hang"): "write_slowly",
    ("get", "/break"): "read_broken",
    ("post", "/break"): "write_broken",
    ("get", "/away"): "read_moved",
    ("get", "/later"): "read_later",
    ("get", "/plain"): "read_plain",
    ("post", "/plain"): "write_plain",
}


@dataclass(frozen=True)
class Received:
    """One request, byte for byte."""

    raw: bytes

    @property
    def method(self) -> str:
        return self.raw.split(b" ", 1)[0].decode()

    @property
    def path(self) -> str:
        return self.raw.split(b" ", 2)[1].decode()

    @cached_property
    def headers(self) -> dict[str, str]:
        lines = self.raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


class Hostile(ThreadingTCPServer):
    """`/hang` answers only after `released`, and then tells what it should not; `/break` reads and hangs up; `/away` sends
    elsewhere; `/later` wants to be asked again in `later` seconds; `/plain` behaves. `on_request` is called before any of
    it."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, host: str = "127.0.0.1", away: str = "") -> None:
        super().__init__((host, 0), _Connection)
        self.url = f"http://{host}:{self.server_address[1]}"
        self.away = away
        self.later = 0
        self.connections = 0
        self.requests: list[Received] = []
        self.answered: list[bytes] = []
        self.released = threading.Event()
        self.on_request: Callable[[], object] = bool
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def received(self, method: str, path: str) -> int:
        """How many such requests have come."""
        return sum((request.method, request.path) == (method, path) for request in self.requests)


class _Connection(StreamRequestHandler):
    server: Hostile

    def handle(self) -> None:
        self.server.connections += 1
        with suppress(ConnectionError):
            request = self._read()
            if request is not None:
                self.server.requests.append(request)
                self.server.on_request()
                self._answer(request)

    def _read(self) -> Received | None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return None
            head += line
        length = int(Received(head).headers.get("content-length", "0"))
        return Received(head + self.rfile.read(length))

    def _answer(self, request: Received) -> None:
        match request.path:
            case "/hang":
                self.server.released.wait()
                self._say(200, {"seen": request.headers.get("authorization")})
            case "/later" if self.server.later:
                self._say(503, {}, f"Retry-After: {self.server.later}\r\n")
            case "/plain" | "/later":
                self._say(200, {"plain": True})
            case "/away":
                self._say(302, {}, f"Location: {self.server.away}\r\n")

    def _say(self, status: int, body: object, header: str = "") -> None:
        text = json.dumps(body).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n{header}\r\n"
        self.server.answered.append(head.encode() + text)
        self.wfile.write(self.server.answered[-1])


def description(*, secured: bool = False, prefix: str = "") -> bytes:
    """The OpenAPI document of the hostile upstream."""
    paths: dict[str, dict[str, object]] = {}
    for (method, path), name in TOOLS.items():
        responses = {"200": {"description": "An answer.", "content": {"application/json": {}}}}
        paths.setdefault(path, {})[method] = {"operationId": prefix + name, "responses": responses}
    document: dict[str, object] = {"openapi": "3.1.0", "info": {"title": "Hostile", "version": "1"}, "paths": paths}
    if secured:
        document["security"] = [{SCHEME: []}]
        document["components"] = {"securitySchemes": {SCHEME: {"type": "http", "scheme": "bearer"}}}
    return json.dumps(document).encode()
