"""Downloads whose connection breaks: read on from where they were, to the byte."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from callgate import Client, RetryPolicy
from tests.e2e.house import House

MEBI = 1 << 20
CONTENT = b"".join(b"%063d\n" % number for number in range(6 * MEBI // 64))


@contextmanager
def breaking_after(house: House, size: int) -> Iterator[tuple[str, list[int]]]:
    """The address of a relay that cuts each connection once so many bytes have come back, and how many each had carried."""
    host, port = house.address.rsplit(":", 1)
    carried: list[int] = []

    def relay(client: socket.socket) -> None:
        with client, socket.create_connection((host, int(port))) as gateway, suppress(OSError):
            threading.Thread(target=_forward, args=(client, gateway), daemon=True).start()
            carried.append(0)
            place = len(carried) - 1
            while carried[place] < size and (piece := gateway.recv(1 << 16)):
                client.sendall(piece)
                carried[place] += len(piece)
            for one in (client, gateway):
                one.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=relay, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}", carried
        finally:
            server.shutdown(socket.SHUT_RDWR)


def _forward(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(1 << 16):
            sink.sendall(content)


def test_a_download_goes_on_from_where_it_was_however_often_the_connection_breaks(house: House, tmp_path: Path) -> None:
    stored = house.client.artifacts.put(CONTENT)
    with (
        breaking_after(house, 2 * MEBI) as (address, carried),
        Client(address, token=house.state.token.read_text(), retry=RetryPolicy(first=0.05)) as client,
    ):
        assert client.artifacts.download(stored, tmp_path / "file") == len(CONTENT)
    assert sha256((tmp_path / "file").read_bytes()).hexdigest() == stored.sha256
    assert len(carried) > 2
    assert sum(carried) < 2 * len(CONTENT)
