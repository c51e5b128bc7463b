"""A library behind OAuth 2: its token endpoint, a list of books in pages, and the scan of each book, a file.

    python examples/library/server.py --certificate PEM --key PEM --secret-file FILE [--port PORT]

prints `{"port": …}` once it listens. The client is `reader`, with the secret in the file.
"""

import argparse
import base64
import json
import secrets
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

CLIENT = "reader"
BOOKS = [{"id": f"book-{number}", "title": f"Tea, volume {number}"} for number in range(1, 8)]
PAGE = 3


class Handler(BaseHTTPRequestHandler):
    """`given`: the scopes of each token. `scans`: the file of each book, with its media type."""

    protocol_version = "HTTP/1.1"
    secret = ""
    given: ClassVar[dict[str, set[str]]] = {}
    scans: ClassVar[dict[str, tuple[str, bytes]]] = {}

    def do_POST(self) -> None:
        """The token endpoint (RFC 6749 §4.4)."""
        form = parse_qs(self._body().decode())
        if self.path != "/token" or not self._is_client():
            self._tell(401, {"error": "invalid_client"})
        elif form.get("grant_type") != ["client_credentials"]:
            self._tell(400, {"error": "unsupported_grant_type"})
        else:
            token = secrets.token_urlsafe(24)
            self.given[token] = set(form.get("scope", [""])[0].split())
            self._tell(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if not self._may("books.read"):
            self._refuse()
        elif url.path == "/books":
            self._list(int(parse_qs(url.query).get("cursor", ["0"])[0]))
        elif url.path in self.scans:
            self._answer(200, *self.scans[url.path])
        else:
            self._tell(404, {"error": "no such scan"})

    def do_PUT(self) -> None:
        scan = self._body()
        if not self._may("books.write"):
            self._refuse()
        elif self.path not in [f"/books/{book['id']}/scan" for book in BOOKS]:
            self._tell(404, {"error": "no such book"})
        else:
            self.scans[self.path] = (self.headers["Content-Type"], scan)
            self._tell(200, {"bytes": len(scan)})

    def _list(self, begin: int) -> None:
        following = begin + PAGE
        cursor = {"next_cursor": str(following)} if following < len(BOOKS) else {}
        self._tell(200, {"books": BOOKS[begin:following], **cursor})

    def _is_client(self) -> bool:
        """Whether the client's id and secret came, each as a form has it (RFC 6749 §2.3.1)."""
        kind, _, shown = self.headers.get("Authorization", "").partition(" ")
        return kind == "Basic" and unquote(base64.b64decode(shown).decode()) == f"{CLIENT}:{self.secret}"

    def _may(self, scope: str) -> bool:
        return scope in self.given.get(self.headers.get("Authorization", "").removeprefix("Bearer "), ())

    def _refuse(self) -> None:
        self._tell(401, {"error": "no token of this library, or one without the scope"})

    def _tell(self, status: int, value: Any) -> None:
        self._answer(status, "application/json", json.dumps(value).encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        """The request's, which comes with a length, or in chunks (RFC 9112 §7.1)."""
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_: object) -> None:
        """Nothing: what it says is its answers."""


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("certificate", "key", "secret-file"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    Handler.secret = given.secret_file.read_text().strip()
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(given.certificate, given.key)
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
