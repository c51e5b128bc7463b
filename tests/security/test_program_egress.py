"""A program's way out: by the proxy in its box and the broker outside of it, once the gateway permits it, and no further."""

import base64
import time
from dataclasses import replace

import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress
from sandbox.api.result import OPEN, Completed, Evidence, Faulted, Result
from sandbox.egress import broker, connect_request
from tests.conftest import Upstream
from tests.sandbox.permits import refused

from .conftest import RunTool
from .tools import fetch, output, tool_job


async def test_a_program_reaches_what_it_may_by_the_proxy_that_it_finds(run_tool: RunTool, upstream: Upstream) -> None:
    result = await run_tool(fetch(f"{upstream.url}/echo", method="POST", text="hi"), egress=upstream.egress)
    assert output(result) == {"status": 200, "text": "hi"} | {"headers": output(result)["headers"]}
    [connection] = result.usage.connections
    assert (connection.host, connection.address, connection.verdict) == ("127.0.0.1", "127.0.0.1", OPEN)
    assert connection.bytes_out > 0
    assert connection.bytes_in > 0


async def test_before_the_permission_nothing_leaves_and_a_refusal_is_final(run_tool: RunTool, upstream: Upstream) -> None:
    result = await run_tool(fetch(f"{upstream.url}/echo"), egress=upstream.egress, permit=refused)
    assert "did not permit" in output(result)["text"]
    assert upstream.requests == []


async def test_the_permission_is_asked_at_the_first_way_out_and_once(run_tool: RunTool, upstream: Upstream) -> None:
    asked: list[int] = []

    async def permit() -> float | None:
        asked.append(len(upstream.requests))
        return 5.0

    order = {"network": "tcp", "path": "127.0.0.1:3128", "milliseconds": 10_000}
    request = f"GET {upstream.url}/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    talks = [{**order, "sends": [{"bytes": base64.b64encode(request).decode()}]} for _ in range(3)]
    result = await run_tool(tool_job({"do": "talks", "orders": talks}, way_out=True), egress=upstream.egress, permit=permit)
    assert [base64.b64decode(heard["received"])[-5:] for heard in output(result)] == [b"hello"] * 3
    assert asked == [0]


async def test_a_program_that_uses_no_way_out_is_not_asked_for(run_tool: RunTool, upstream: Upstream) -> None:
    async def unwanted() -> float | None:
        raise AssertionError("nothing was to be sent")

    result = await run_tool(tool_job({"do": "echo"}, way_out=True), egress=upstream.egress, permit=unwanted)
    assert isinstance(result, Completed)


async def test_what_fails_before_the_permission_has_sent_nothing(run_tool: RunTool, upstream: Upstream) -> None:
    result = await run_tool(tool_job({"do": "eat"}, way_out=True), egress=upstream.egress)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.OUT_OF_MEMORY, Evidence.NOT_SENT)


@pytest.mark.slow
async def test_what_fails_after_it_may_have_sent(run_tool: RunTool, upstream: Upstream) -> None:
    job = replace(fetch(f"{upstream.url}/slow"), timeout=2.0)
    result = await run_tool(job, egress=upstream.egress)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.TIMED_OUT, Evidence.SENT)


async def broken() -> float | None:
    raise LookupError("the ledger is elsewhere")


async def test_what_the_permit_raises_is_the_callers_own(run_tool: RunTool, upstream: Upstream) -> None:
    with pytest.raises(LookupError):
        await run_tool(fetch(f"{upstream.url}/echo"), egress=upstream.egress, permit=broken)
    assert upstream.requests == []


async def test_a_permit_that_fails_ends_the_program_at_once(run_tool: RunTool, upstream: Upstream) -> None:
    first = {"network": "unix", "path": "/gate/egress.sock", "milliseconds": 5000}
    said = base64.b64encode(f"CONNECT 127.0.0.1:{upstream.server_port} HTTP/1.1\r\n\r\n".encode()).decode()
    then_wait = {"network": "tcp", "path": "127.0.0.1:3128", "milliseconds": 15_000}
    job = tool_job({"do": "talks", "orders": [{**first, "sends": [{"bytes": said}]}, then_wait]}, way_out=True)
    began = time.monotonic()
    with pytest.raises(LookupError):
        await run_tool(job, egress=upstream.egress, permit=broken)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("code", [0, 302], ids=["not followed", "followed by the program"])
async def test_a_redirect_leads_nowhere_that_is_not_listed(run_tool: RunTool, upstream: Upstream, code: int) -> None:
    upstream.away = "http://169.254.169.254/latest/meta-data"
    result = await run_tool(fetch(f"{upstream.url}/away", code=code), egress=upstream.egress)
    verdicts = [connection.verdict for connection in result.usage.connections]
    assert output(result)["status"] == (302 if code == 0 else 502)
    assert verdicts[0] == OPEN
    assert len(verdicts) == (1 if code == 0 else 2)
    assert all("169.254.169.254 port 80 is not among" in verdict for verdict in verdicts[1:])


async def test_a_program_may_not_take_the_runners_memory_for_itself(run_tool: RunTool, upstream: Upstream) -> None:
    """Heads that do not end, on as many connections as it can open."""
    result = await run_tool(
        tool_job({"do": "crowd", "path": "127.0.0.1:3128", "count": 240}, way_out=True), egress=upstream.egress
    )
    assert output(result)["connections"] > 200


DIRECT = {
    "metadata": ("tcp", "169.254.169.254:80"),
    "a public resolver": ("udp", "8.8.8.8:53"),
    "the host's bridge": ("tcp", "172.17.0.1:2375"),
    "IPv6": ("tcp", "[2606:4700::1111]:443"),
}


@pytest.mark.parametrize(("network", "address"), DIRECT.values(), ids=DIRECT.keys())
async def test_there_is_no_other_way_out(run_tool: RunTool, network: str, address: str) -> None:
    found = output(await run_tool(tool_job({"do": "talk", "network": network, "path": address}, way_out=True)))
    assert "unreachable" in found["error"]


async def test_the_connection_to_the_gateway_is_taken(run_tool: RunTool) -> None:
    order = {"do": "talk", "network": "unix", "path": "/gate/io.sock", "sends": [{"bytes": "UgAAAAA="}], "milliseconds": 5000}
    found = output(await run_tool(tool_job(order)))
    assert found.get("received") in {None, ""}
    assert found["ended"]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_request, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(broker, "HELLO_SECONDS", 0.3)


SLOW = {
    "a head that trickles": ([b"CONNECT 127.0.0.1:", b"1 HTTP/1.1\r\n", b"X: y\r\n", b"\r\n"], "head did not arrive in time"),
    "a head that does not come": ([b""], "head did not arrive in time"),
    "a hello that trickles": (
        [b"CONNECT 127.0.0.1:PORT HTTP/1.1\r\n\r\n", b"\x16", b"\x03", b"\x01"],
        "hello did not arrive in time",
    ),
    "a hello that does not come": ([b"CONNECT 127.0.0.1:PORT HTTP/1.1\r\n\r\n"], "hello did not arrive in time"),
}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(("pieces", "verdict"), SLOW.values(), ids=SLOW.keys())
async def test_a_slow_program_is_cut_off(run_tool: RunTool, upstream: Upstream, pieces: list[bytes], verdict: str) -> None:
    said = [piece.replace(b"PORT", str(upstream.server_port).encode()) for piece in pieces]
    sends = [{"after_milliseconds": 150, "bytes": base64.b64encode(piece).decode()} for piece in said]
    order = {"do": "talk", "network": "unix", "path": "/gate/egress.sock", "sends": sends, "milliseconds": 10_000}
    egress = Egress((replace(upstream.destination, tls=True),))
    result = await run_tool(tool_job(order, way_out=True), egress=egress)
    assert output(result)["ended"]
    [connection] = result.usage.connections
    assert verdict in connection.verdict
    assert connection.bytes_out == 0


async def test_bytes_beyond_the_bound_do_not_leave_a_box(run_tool: RunTool, upstream: Upstream) -> None:
    egress = replace(upstream.egress, bytes_out=100_000)
    result = await run_tool(fetch(f"{upstream.url}/echo", method="POST", text="x" * 1_000_000), egress=egress)
    assert_exceeded(result, "bytes out")
    assert result.usage.bytes_out <= 100_000


async def test_bytes_beyond_the_bound_do_not_come_in(run_tool: RunTool, upstream: Upstream) -> None:
    result = await run_tool(fetch(f"{upstream.url}/endless"), egress=replace(upstream.egress, bytes_in=100_000))
    assert_exceeded(result, "bytes in")
    assert result.usage.bytes_in <= 100_000


async def test_connections_beyond_the_bound_end_in_a_fault(run_tool: RunTool, upstream: Upstream) -> None:
    order = {"network": "tcp", "path": "127.0.0.1:3128", "sends": [], "milliseconds": 10}
    said = base64.b64encode(b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n\r\n").decode()
    orders = [{**order, "sends": [{"bytes": said}], "milliseconds": 5000, "half_close": False} for _ in range(5)]
    result = await run_tool(
        tool_job({"do": "talks", "orders": orders}, way_out=True), egress=replace(upstream.egress, connections=3)
    )
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.EGRESS_EXCEEDED, Evidence.NOT_SENT)
    assert len(result.usage.connections) == 4


def assert_exceeded(result: Result, what: str) -> None:
    assert isinstance(result, Faulted), result
    assert (result.fault, result.evidence) == (FaultCode.EGRESS_EXCEEDED, Evidence.SENT)
    assert what in result.message
    assert what in result.usage.connections[0].verdict
