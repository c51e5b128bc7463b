"""What gRPC says where there is no gateway to say anything: each text leads to its own cure."""

import http.server
import socket
import threading

import pytest
from grpc import StatusCode

from callgate import Client, RetryPolicy, errors
from callgate.bare_status import describe
from tests.proxies import Proxies, proxies

__all__ = ["proxies"]

NO_PATIENCE = RetryPolicy(patience=0)
CONNECT = "failed to connect to all addresses; last error: "


@pytest.mark.parametrize(
    ("code", "text", "kind", "cure"),
    [
        ("UNAVAILABLE", f"{CONNECT}UNKNOWN: ipv4:1: Failed to connect: refused", errors.GatewayUnavailable, "callgate up"),
        ("UNAVAILABLE", f"{CONNECT}UNKNOWN: unix:/x: Permission denied", errors.GatewayUnavailable, "may open the socket"),
        ("UNAVAILABLE", f"{CONNECT}UNKNOWN: Tls handshake failed: FAILED", errors.GatewayUnavailable, "ROOT_CERTIFICATES"),
        ("UNAVAILABLE", f"{CONNECT}UNKNOWN: Hostname Verification Check", errors.GatewayUnavailable, "ROOT_CERTIFICATES"),
        ("UNAVAILABLE", f"{CONNECT}Trying to connect an http1.x server", errors.GatewayUnavailable, "HTTP/2"),
        ("UNAVAILABLE", "errors resolving gw:1: lookup error", errors.GatewayUnavailable, "look it up"),
        ("UNAVAILABLE", "DNS resolution failed for gw:1", errors.GatewayUnavailable, "look it up"),
        ("UNAVAILABLE", "Socket closed", errors.ConnectionBroken, "proxy or balancer"),
        ("UNAVAILABLE", "GOAWAY received; Error code: 2", errors.ConnectionBroken, "proxy or balancer"),
        ("UNAVAILABLE", "keepalive watchdog timeout", errors.ConnectionBroken, "proxy or balancer"),
        ("UNKNOWN", "Stream removed (Data frame with END_STREAM flag received)", errors.ConnectionBroken, "proxy or balancer"),
        ("INTERNAL", "Stream removed (RST_STREAM with error code 2)", errors.ConnectionBroken, "proxy or balancer"),
        ("CANCELLED", "Stream removed (RST_STREAM with error code 8)", errors.ConnectionBroken, "proxy or balancer"),
        ("INTERNAL", "Exception deserializing response!", errors.GatewayDefect, "release"),
        ("RESOURCE_EXHAUSTED", "Received message larger than max (5 vs. 4)", errors.MessageTooLarge, "4 MiB"),
        ("RESOURCE_EXHAUSTED", "RST_STREAM with error code 11", errors.Overloaded, "later"),
    ],
)
def test_a_text_of_grpcs_leads_to_its_cure(code: str, text: str, kind: type[errors.CallgateError], cure: str) -> None:
    row, reason = describe(StatusCode[code], text)
    assert (row.kind, reason) == (kind, code)
    assert cure in row.cure


def test_a_server_that_speaks_no_http_2_is_told_as_such() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        serving = threading.Thread(target=server.handle_request)
        serving.start()
        address = f"127.0.0.1:{server.server_port}"
        with Client(address, retry=NO_PATIENCE) as client, pytest.raises(errors.GatewayUnavailable) as caught:
            client.invocations.get("inv-1")
        serving.join()
    assert "HTTP/2" in caught.value.cure


def hang_up(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    connection.close()


def test_a_listener_that_hangs_up_at_once_is_no_connection_that_broke() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        hanging_up = threading.Thread(target=hang_up, args=(listener,))
        hanging_up.start()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with Client(address, retry=NO_PATIENCE) as client, pytest.raises(errors.GatewayUnavailable) as caught:
            client.invocations.get("inv-1")
        hanging_up.join()
    assert type(caught.value) is errors.GatewayUnavailable


def test_a_balancer_with_nothing_behind_it_is_no_connection_that_broke(proxies: Proxies) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nothing:
        gone = f"127.0.0.1:{nothing.getsockname()[1]}"
    balancer = proxies.haproxy(gone, mode="tcp")
    with Client(balancer.address, retry=NO_PATIENCE) as client, pytest.raises(errors.GatewayUnavailable) as caught:
        client.invocations.get("inv-1")
    assert type(caught.value) is errors.GatewayUnavailable
