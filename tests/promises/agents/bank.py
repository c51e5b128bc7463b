"""The upstream, in a process of its own: `python -m tests.promises.agents.bank`. It counts its effects, and prints its address.

POST /charges/{account} charges, POST /hold lets charges happen whose answers wait for POST /release, GET /effects tells how
often each charge was made.
"""

import json
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DOCUMENT = json.dumps(
    {
        "openapi": "3.0.3",
        "info": {"title": "Bank", "version": "1"},
        "paths": {
            "/charges/{account}": {
                "post": {
                    "operationId": "charge",
                    "parameters": [{"name": "account", "in": "path", "required": True, "schema": {"type": "string"}}],
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {"amount": {"type": "integer"}},
                                    "required": ["amount"],
                                }
                            }
                        },
                    },
                    "responses": {"200": {"description": "Charged.", "content": {"application/json": {}}}},
                }
            }
        },
    }
).encode()


class Bank(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.effects: Counter[str] = Counter()
        self.counting = threading.Lock()
        self.open = threading.Event()
        self.open.set()


class _Exchange(BaseHTTPRequestHandler):
    server: Bank

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path in ("/hold", "/release"):
            (self.server.open.set if self.path == "/release" else self.server.open.clear)()
        else:
            with self.server.counting:
                self.server.effects[f"{self.path.rpartition('/')[2]} {json.loads(body)['amount']}"] += 1
            self.server.open.wait()
        self._answer({"done": True})

    def do_GET(self) -> None:
        with self.server.counting:
            self._answer(dict(self.server.effects))

    def _answer(self, value: object) -> None:
        text = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Nothing: the address alone is on its output."""


if __name__ == "__main__":
    with Bank() as bank:
        sys.stdout.write(f"http://127.0.0.1:{bank.server_port}\n")
        sys.stdout.flush()
        bank.serve_forever(poll_interval=0.05)
