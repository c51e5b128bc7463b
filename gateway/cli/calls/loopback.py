"""Where a person's browser comes back to: a server of this machine's loopback, for one redirect (RFC 8252 §7.3).

It takes the first redirect that has the right state, and tells all that come after that they are too late. A redirect with
another state is of another's making: it is refused, and the right one is still waited for.

Each toolset has a path of its own, as a client of several authorization servers must have (RFC 9700 §4.4.2): so one of them
cannot lead the browser to another one's page, and have that one's code come back as its own.
"""

import hmac
import os
import re
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

PATH = "/callback"
_IN_NO_PATH = re.compile(r"[^A-Za-z0-9._~-]")
#: Seconds for a browser to send its request once it is connected; bytes of the longest URL.
_PATIENCE, _LONGEST = 10.0, 16_384

_DONE = "Callgate has what it needs. You can close this page."
_REFUSED = "The consent was not given. You can close this page; the terminal says more."


class RedirectRefused(Exception):
    """The redirect says that there is no consent. The message has the authorization server's word."""


class RedirectMissing(Exception):
    """No redirect came in time."""


@dataclass(frozen=True)
class Consented:
    """`issuer`: what the authorization server calls itself (RFC 9207); empty, where it does not say it."""

    code: str = field(repr=False)
    issuer: str = ""


@dataclass
class Loopback:
    """A context manager. `port` 0: any that is free."""

    state: str
    toolset: str
    port: int = 0
    _arrived: threading.Event = field(default_factory=threading.Event, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _said: dict[str, str] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        """Raises OSError where the port is taken."""
        self._server = _Server(("127.0.0.1", self.port), _visits_to(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{self.path}"

    @property
    def path(self) -> str:
        return f"{PATH}/{_IN_NO_PATH.sub('-', self.toolset)}"

    def wait(self, seconds: float) -> Consented:
        """Raises RedirectRefused, RedirectMissing."""
        if not self._arrived.wait(seconds) or self._said is None:
            raise RedirectMissing(f"no consent came within {seconds:g} s")
        if error := self._said.get("error"):
            told = self._said.get("error_description", "")
            raise RedirectRefused(f"the authorization server says {error[:200]}" + (f": {told[:500]}" if told else ""))
        return Consented(self._said["code"], self._said.get("iss", ""))

    def take(self, target: str) -> tuple[HTTPStatus, str]:
        """What the browser is told of a request for this target."""
        parts = urlsplit(target)
        said = {name: values[0] for name, values in parse_qs(parts.query, max_num_fields=32).items() if len(values) == 1}
        if parts.path != self.path or not (said.get("code") or said.get("error")):
            return HTTPStatus.NOT_FOUND, "There is nothing here."
        if not hmac.compare_digest(said.get("state", "").encode(), self.state.encode()):
            return HTTPStatus.BAD_REQUEST, "This is not the consent that was asked for. Begin again in the terminal."
        with self._lock:
            if self._said is not None:
                return HTTPStatus.GONE, "This consent was taken already."
            self._said = said
        return HTTPStatus.OK, _REFUSED if said.get("error") else _DONE

    def taken(self) -> None:
        """The browser has its answer by now."""
        if self._said is not None:
            self._arrived.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A provider may know one port alone, and the last try's connections stay on it for a minute. Elsewhere this would let
    # another program listen there, too.
    allow_reuse_address = os.name == "posix"

    def handle_error(self, *_: Any) -> None:
        """A browser that breaks off is no news."""


def _visits_to(loopback: Loopback) -> type[BaseHTTPRequestHandler]:
    class Visit(BaseHTTPRequestHandler):
        timeout = _PATIENCE
        server_version, sys_version = "callgate", ""

        def do_GET(self) -> None:
            try:
                status, text = loopback.take(self.path) if len(self.path) <= _LONGEST else (HTTPStatus.NOT_FOUND, "")
            except ValueError:
                status, text = HTTPStatus.BAD_REQUEST, "This is no URL."
            self.send_response(status)
            for name, value in _HEADERS.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())
            self.wfile.flush()
            loopback.taken()

        def log_message(self, *_: Any) -> None:
            """The request has the code in it."""

    return Visit


_HEADERS = {
    "Content-Type": "text/plain; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Connection": "close",
}
