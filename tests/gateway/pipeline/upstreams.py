"""Upstreams on loopback: a shop that works, one whose answers get lost, and one that hangs up."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from ipaddress import ip_network

from examples.orders.server import Door, Shop

LOOPBACK = (ip_network("127.0.0.0/8"),)


@dataclass
class OpenShop(Shop):
    """The shop of the examples, and where it is."""

    address: str = ""


@dataclass
class LossyShop(OpenShop):
    """Its first POSTs, as many as `losses`, get no answer; it `acts` on them all the same, or not."""

    losses: int = 0
    acts: bool = True


class LossyDoor(Door):
    shop: LossyShop

    def answer(self, body: object) -> None:
        if self.command == "POST" and self.shop.losses:
            self.shop.losses -= 1
            if self.shop.acts:
                self.serve(body)
            self.close_connection = True
            return
        super().answer(body)


@contextmanager
def serving(shop: OpenShop, door: type[Door] = Door, port: int = 0) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", port), type("Doors", (door,), {"shop": shop, "token": None}))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    shop.address = f"http://127.0.0.1:{server.server_port}"
    yield
    server.shutdown()
    server.server_close()


@dataclass
class Rude:
    """An upstream that reads a request and hangs up, or, while `holding`, does not answer at all."""

    address: str
    requests: list[bytes] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    holding: threading.Event = field(default_factory=threading.Event)
    #: Stops listening.
    close: Callable[[], None] = lambda: None


@contextmanager
def rude_upstream() -> Iterator[Rude]:
    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            upstream.requests.append(self.request.recv(65536))
            upstream.arrived.set()
            while upstream.holding.is_set() and not ended.wait(0.01):
                pass

    ended = threading.Event()
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
    server.daemon_threads = True
    upstream = Rude(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def close() -> None:
        ended.set()
        server.shutdown()
        server.server_close()

    upstream.close = close
    yield upstream
    close()
