"""Upstreams by TLS that answer by recipe: one that shakes hands as any server does, and one that takes its time about it."""

import ssl
import threading
from contextlib import suppress
from socket import SHUT_WR, socket
from typing import Any

from .recipes import Recipes, _Connection

_CHUNK = 1 << 16


class _Noted(_Connection):
    server: "TlsRecipes"

    def handle(self) -> None:
        self.server.note(self.request.getpeercert())
        super().handle()


class TlsRecipes(Recipes):
    """`troubles` are why handshakes failed; `subjects` the names of the clients whose certificates it took, in order."""

    def __init__(self, tls: ssl.SSLContext, host: str = "127.0.0.1", name: str = "") -> None:
        super().__init__(host, tls)
        if name:
            self.authority = f"{name}:{self.server_address[1]}"
            self.url = f"https://{self.authority}"
        self.troubles: list[str] = []
        self.subjects: list[str] = []

    def finish_request(self, request: Any, client_address: Any) -> None:
        try:
            _Noted(request, client_address, self)
        except (OSError, ValueError) as error:
            self.troubles.append(str(error))
            request.close()

    def note(self, certificate: dict[str, Any] | None) -> None:
        named = dict(pair for part in (certificate or {}).get("subject", ()) for pair in part)
        self.subjects.append(str(named.get("commonName", "")))


class Deliberate(Recipes):
    """A server of TLS 1.3 that reads what a client says after its hello no sooner than `read_after` seconds later: so a request
    may be there before the certificate is looked at. `ends`: what it does once it has read a request, in place of an answer.
    """

    def __init__(self, tls: ssl.SSLContext, *, read_after: float = 0.0, ends: str = "") -> None:
        super().__init__("127.0.0.1")
        self.url = f"https://{self.authority}"
        self._context = tls
        self.read_after = read_after
        self.ends = ends
        self.read: list[bytes] = []
        self.troubles: list[str] = []

    def finish_request(self, request: Any, client_address: Any) -> None:
        with suppress(OSError):
            _Slow(request, self._context).serve(self)


class _Slow:
    """One connection, whose handshake is made in memory."""

    def __init__(self, line: socket, context: ssl.SSLContext) -> None:
        self._line = line
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)

    def serve(self, server: Deliberate) -> None:
        self._in.write(self._line.recv(_CHUNK))  # the hello
        with suppress(ssl.SSLWantReadError):
            self._tls.do_handshake()
        self._flush()
        server.over.wait(server.read_after)
        try:
            self._go_on(self._tls.do_handshake)
            server.read.append(self._go_on(lambda: self._tls.read(_CHUNK)) or b"")
        except ssl.SSLError as error:
            server.troubles.append(str(error))
            self._flush()
            return
        if server.ends == "close_notify":
            with suppress(ssl.SSLError):
                self._tls.unwrap()
            self._flush()
        self._line.shutdown(SHUT_WR)

    def _go_on(self, step: Any) -> Any:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._flush()
                content = self._line.recv(_CHUNK)
                if not content:
                    raise ssl.SSLError("the client hung up") from None
                self._in.write(content)
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        if content := self._out.read():
            self._line.sendall(content)


class Rude:
    """A port of 127.0.0.1 whose every visitor is told these bytes at once, and hung up on; None: it waits for the end."""

    def __init__(self, says: bytes | None) -> None:
        self._says = says
        self._listener = socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(16)
        self.port = int(self._listener.getsockname()[1])
        self.visitors = 0
        self._kept: list[socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "Rude":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(2)
        self._listener.close()
        for one in self._kept:
            one.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                visitor, _ = self._listener.accept()
                self.visitors += 1
                if self._says is None:
                    self._kept.append(visitor)
                    continue
                with suppress(OSError):
                    visitor.recv(_CHUNK)
                    visitor.sendall(self._says)
                    visitor.close()
