"""One trace: what a client says of it reaches the gateway, by `_meta` or by the header."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from callgate.testing import FakeGateway
from gateway.edge.mcp.asked import McpCaller
from gateway.edge.mcp.options import DoorOptions
from gateway.edge.mcp.server import build_server

from .conftest import door_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


class Hearing(FakeGateway):
    """It keeps what each request carries."""

    def __init__(self) -> None:
        super().__init__()
        self.traces: list[str] = []

    def _admit(self, context: Any) -> None:
        super()._admit(context)
        self.traces.append(dict(context.invocation_metadata()).get("traceparent", ""))


@pytest.fixture
def hearing() -> Iterator[Hearing]:
    with Hearing() as gateway:
        gateway.tool(name="pay")(lambda: None)
        yield gateway


async def test_the_trace_of_a_requests_meta_is_that_of_its_call(hearing: Hearing, mode: str) -> None:
    async with door_of(hearing, mode) as mcp:
        meta: Any = {"traceparent": TRACEPARENT}
        await mcp.session._dispatcher.send_raw_request(
            "tools/call", {"name": "pay", "arguments": {}, "_meta": meta | envelope(mode)}
        )
    assert all(trace.split("-")[1] == TRACE for trace in hearing.traces)
    assert hearing.traces


def envelope(mode: str) -> dict[str, Any]:
    """What a raw request of 2026-07-28 says of its client."""
    said = {"io.modelcontextprotocol/protocolVersion": mode, "io.modelcontextprotocol/clientCapabilities": {}}
    return {} if mode == "legacy" else said


@pytest.mark.parametrize("given", ["nonsense", "", TRACEPARENT + "-x" * 1000, 7, None, ["a"]])
async def test_a_trace_that_is_none_is_no_hindrance(hearing: Hearing, mode: str, given: Any) -> None:
    async with door_of(hearing, mode) as mcp:
        told = await mcp.session._dispatcher.send_raw_request(
            "tools/call", {"name": "pay", "arguments": {}, "_meta": {"traceparent": given} | envelope(mode)}
        )
    assert told["isError"] is False


async def test_a_header_tells_the_trace_where_the_request_does_not(hearing: Hearing) -> None:
    async with hearing.async_client() as client:
        server = build_server(lambda _: McpCaller(client, None), DoorOptions())
        traced = server.middleware[0]

        async def call(_: Any) -> None:
            await client.call("pay")

        for headers in ({"traceparent": TRACEPARENT}, {}, {"traceparent": "nonsense"}):
            await traced(SimpleNamespace(request=SimpleNamespace(headers=headers), meta={}), call)  # type: ignore[arg-type]
    first, *others = hearing.traces
    assert first.split("-")[1] == TRACE
    assert all(TRACE not in other for other in others)
