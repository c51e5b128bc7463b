"""A web site on loopback: pages and documents for those who make tools, and an API that the tools call."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

from tests.cli.mistakes.mistake import document

#: Seconds: longer than a newcomer waits before Ctrl-C.
SLOW = 12.0
_PAGE = "<!DOCTYPE html>\n<html><head><title>API</title></head><body>See openapi.yaml</body></html>\n"


class Site(BaseHTTPRequestHandler):
    """`/echo` answers its query, `/slow` as late as SLOW, and `/cut` closes the connection, with no answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/cut":
            self.close_connection = True
            return
        if parts.path == "/slow":
            time.sleep(SLOW)
        pages = {"/docs": ("text/html", _PAGE), "/openapi.yaml": ("application/yaml", document("read_echo"))}
        said = "application/json", json.dumps({"said": dict(parse_qsl(parts.query))})
        status = 200 if parts.path in (*pages, "/echo", "/slow") else 404
        self._answer(status, *pages.get(parts.path, said))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", "0")))
        self.do_GET()

    def _answer(self, status: int, kind: str, text: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature is the library's
        """Say nothing: it answers calls that fail, too."""


@contextmanager
def open_site() -> Iterator[str]:
    """The URL of one that runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
