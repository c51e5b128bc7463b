"""What a thread of the fake pool does after its job was cancelled: nothing, and it leaves no socket open."""

import http.client
import socket
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from sandbox.testing.dialled_once import DialledOnce

LOOPBACK = ip_address("127.0.0.1")


@pytest.fixture
def upstream() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        yield listening


@pytest.fixture
def line(upstream: socket.socket) -> DialledOnce:
    return DialledOnce("127.0.0.1", upstream.getsockname()[1], timeout=5.0)


def test_a_request_whose_job_is_cancelled_while_it_is_sent_is_not_sent_over_another_connection(
    line: DialledOnce, upstream: socket.socket
) -> None:
    line.dial(LOOPBACK, None)
    accepted, _ = upstream.accept()
    line.putrequest("POST", "/orders")
    line.endheaders()
    line.hang_up()
    with pytest.raises(http.client.NotConnected):
        line.send(b"{}")
    with pytest.raises(BlockingIOError):
        upstream.accept()
    accepted.close()


def test_a_connection_whose_job_is_cancelled_while_it_is_dialled_is_closed(line: DialledOnce) -> None:
    line.hang_up()
    line.dial(LOOPBACK, None)
    assert line.sock is None
