"""Stands in for GitHub's API: who calls, and the issues of one repository, in pages that a `Link` header leads through.

    python examples/github/server.py --token-file FILE [--port PORT]

prints `{"port": …}` once it listens.
"""

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TITLES = ("The door squeaks", "A hinge is loose", "Tea is out", "The bell is silent", "The till sticks")
ISSUES = [{"number": number, "title": title, "state": "open"} for number, title in enumerate(TITLES, 1)]
PATHS = ("/repos/octocat/Hello-World/issues", "/repositories/1/issues")


class Handler(BaseHTTPRequestHandler):
    token = ""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if self.headers["Authorization"] != f"Bearer {self.token}":
            self._answer(401, {"message": "Bad credentials"})
        elif url.path == "/user":
            self._answer(200, {"login": "octocat", "id": 1, "type": "User"})
        elif url.path in PATHS:
            asked = {name: int(said[0]) for name, said in parse_qs(url.query).items() if name in ("page", "per_page")}
            self._list(asked.get("page", 1), asked.get("per_page", 2))
        else:
            self._answer(404, {"message": "Not Found"})

    def _list(self, page: int, size: int) -> None:
        """As GitHub does: the next page's link has the repository by its number, and the last page has no such link."""
        begin, end = (page - 1) * size, page * size
        onward = f"http://{self.headers['Host']}{PATHS[1]}?per_page={size}&page={page + 1}"
        links = {"Link": f'<{onward}>; rel="next"'} if end < len(ISSUES) else {}
        self._answer(200, ISSUES[begin:end], **links)

    def _answer(self, status: int, value: Any, **headers: str) -> None:
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *_: object) -> None:
        """Nothing: what it says is its answers."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--token-file", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    Handler.token = given.token_file.read_text().strip()
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
