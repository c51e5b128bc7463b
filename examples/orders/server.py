"""The shop of the demo: orders and payments, with bearer authentication, real side effects, and failures on demand.

    python examples/orders/server.py --token-file FILE [--port PORT]

prints `{"port": …}` once it listens. `/control` is for the demo and is not in the API's document: GET returns what the shop has
seen, PUT `{"status": 503, "times": 1}` makes the next requests fail.
"""

import argparse
import json
import threading
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Answer = tuple[int, Any]


@dataclass
class Order:
    id: str
    item: str
    quantity: int
    status: str = "open"


@dataclass
class Shop:
    """The state. `requests` and `traceparents` are for a test or the demo to read afterwards."""

    orders: dict[str, Order] = field(default_factory=dict)
    requests: int = 0
    traceparents: list[str] = field(default_factory=list)
    failing_status: int = 503
    failures_left: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def list(self, query: dict[str, list[str]]) -> Answer:
        status, limit = query.get("status", [None])[0], int(query.get("limit", ["20"])[0])
        found = [order for order in reversed(self.orders.values()) if status in (None, order.status)]
        return 200, {"orders": [asdict(order) for order in found[:limit]]}

    def create(self, body: Any) -> Answer:
        order = Order(f"ord_{len(self.orders) + 1}", body["item"], body["quantity"])
        self.orders[order.id] = order
        return 201, asdict(order)

    def get(self, order_id: str) -> Answer:
        order = self.orders.get(order_id)
        return (200, asdict(order)) if order else (404, {"error": "no such order"})

    def pay(self, order_id: str) -> Answer:
        if order_id in self.orders:
            self.orders[order_id].status = "paid"
        return self.get(order_id)

    def control(self, body: Any) -> Answer:
        if body is not None:
            self.failing_status, self.failures_left = body["status"], body["times"]
        return 200, {"orders": len(self.orders), "requests": self.requests, "traceparents": self.traceparents}

    def fails(self) -> bool:
        self.failures_left -= 1
        return self.failures_left >= 0


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    shop: Shop
    token: str | None

    def do_GET(self) -> None:
        self.answer(None)

    def do_POST(self) -> None:
        self.answer(self.body())

    do_PUT = do_POST  # noqa: N815

    def body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers.get("content-length", "0"))))

    def answer(self, body: Any) -> None:
        with self.shop.lock:
            status, payload = self.control(body) if self.path == "/control" else self.serve(body)
        text = json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def control(self, body: Any) -> Answer:
        return self.shop.control(body)

    def serve(self, body: Any) -> Answer:
        self.shop.requests += 1
        self.shop.traceparents.append(self.headers.get("traceparent", ""))
        if self.token is not None and self.headers.get("authorization") != f"Bearer {self.token}":
            return 401, {"error": "no valid bearer token"}
        if self.shop.fails():
            return self.shop.failing_status, {"error": "a failure that the demo has switched on"}
        return self.route(body)

    def route(self, body: Any) -> Answer:
        parts = urlsplit(self.path)
        match (self.command, *(unquote(segment) for segment in parts.path.strip("/").split("/"))):
            case "GET", "orders":
                return self.shop.list(parse_qs(parts.query))
            case "POST", "orders":
                return self.shop.create(body)
            case "GET", "orders", order_id:
                return self.shop.get(order_id)
            case "PUT", "orders", order_id, "payment":
                return self.shop.pay(order_id)
        return 404, {"error": "no such path"}

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Print nothing: the demo prints its own text."""


def serve(token: str | None, port: int = 0) -> ThreadingHTTPServer:
    """A server that listens on loopback already; call its `serve_forever`. Its `shop` attribute is the state.

    Without a token it serves every caller.
    """
    shop = Shop()
    door = type("Door", (Door,), {"shop": shop, "token": token})
    server = ThreadingHTTPServer(("127.0.0.1", port), door)
    server.shop = shop  # type: ignore[attr-defined]
    return server


def main() -> None:
    parser = argparse.ArgumentParser(description="The shop of the demo.")
    parser.add_argument("--token-file", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    token = given.token_file.read_text().strip()
    try:
        server = serve(token, given.port)
    except OSError as error:
        parser.error(f"{error}; with another --port it may start")
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
