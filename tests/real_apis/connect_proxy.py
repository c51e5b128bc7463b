"""A corporate proxy over raw sockets: it opens ways by CONNECT to names that this host does not know, and errs as told."""

import base64
import re
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Self

_CHUNK = 1 << 16
_CONNECT = re.compile(rb"CONNECT ([^ ]+) HTTP/1\.1\r\n")
_LOGIN = re.compile(rb"(?i)\r\nproxy-authorization: basic ([a-z0-9+/=]+)\r\n")

#: In place of an answer: it says nothing until the end.
SILENCE = b""


class ConnectProxy(ThreadingTCPServer):
    """`names`: the ports of 127.0.0.1 that it takes hosts for. `login`: without it, 407. `says`: its answer to all."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, names: Mapping[str, int] | None = None, *, login: str = "", says: bytes | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Visit)
        self.names = dict(names or {})
        self.login = login
        self.says = says
        self.asked: list[str] = []
        self.heads: list[bytes] = []
        self.over = threading.Event()
        self.place = f"127.0.0.1:{self.server_address[1]}"
        self.url = f"http://{self.place}"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def forget(self) -> None:
        self.asked.clear()
        self.heads.clear()
        self.says, self.login = None, ""


class _Visit(StreamRequestHandler):
    server: ConnectProxy

    def handle(self) -> None:
        with suppress(OSError):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                line = self.rfile.readline()
                if not line:
                    return
                head += line
            self.server.heads.append(head)
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        if self.server.says is not None:
            self.wfile.write(self.server.says)
            if self.server.says == SILENCE:
                self.server.over.wait()
            return
        asked = _CONNECT.match(head)
        if asked is None:
            self.wfile.write(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
            return
        self.server.asked.append(asked[1].decode())
        shown = _LOGIN.search(head)
        if self.server.login and (shown is None or base64.b64decode(shown[1]).decode() != self.server.login):
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n\r\n")
            return
        host, _, port = asked[1].decode().rpartition(":")
        if host not in self.server.names and not host.startswith("127."):
            self.wfile.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\n\r\n<html>no such name</html>")
            return
        place = ("127.0.0.1", self.server.names[host]) if host in self.server.names else (host, int(port))
        with socket.create_connection(place) as upstream:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n")
            self._pass(upstream)

    def _pass(self, upstream: socket.socket) -> None:
        back = threading.Thread(target=_copy, args=(upstream, self.connection), daemon=True)
        back.start()
        _copy(self.connection, upstream)
        back.join()


def _copy(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(_CHUNK):
            to.sendall(content)
        to.shutdown(socket.SHUT_WR)
