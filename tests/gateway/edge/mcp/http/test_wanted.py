"""What a URL asks for: it is what the client is offered, and what is no such thing is refused."""

import pytest

from callgate.testing import FakeGateway
from callgate.types import SchemaForm
from gateway.edge.mcp.http.refusals import Refused
from gateway.edge.mcp.http.wanted import options_of
from gateway.edge.mcp.options import DoorOptions
from tests.gateway.edge.mcp.http.conftest import INITIALIZE, Door
from tests.gateway.edge.mcp.http.test_requests import LIST


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (b"", DoorOptions()),
        (b"toolset=orders", DoorOptions(toolset="orders")),
        (b"search=true&toolset=a%20b", DoorOptions(toolset="a b", search=True)),
        (b"search=false", DoorOptions()),
        (b"schema_form=strict", DoorOptions(schema_form=SchemaForm.STRICT)),
    ],
)
def test_a_query_says_what_is_wanted(query: bytes, wanted: DoorOptions) -> None:
    assert options_of(query) == wanted


@pytest.mark.parametrize(
    "query",
    [
        b"tools=orders",
        b"search=yes",
        b"search=true&search=true",
        b"schema_form=x",
        b"x",
        b"toolset=%ff",
        b"\xff",
        b"a=" + b"b" * 1000,
    ],
)
def test_what_cannot_be_offered_is_refused(query: bytes) -> None:
    with pytest.raises(Refused) as refused:
        options_of(query)
    assert refused.value.status == 400
    assert "?toolset=NAME" in refused.value.cure


async def test_a_url_with_a_toolset_offers_its_tools_alone(door: Door, fake: FakeGateway) -> None:
    @fake.tool(toolset="bank")
    def pay(amount: int) -> str:
        """Pay."""
        return "paid"

    for query, names in (
        ("?toolset=bank", {"pay"}),
        ("?toolset=fake", {"get_order", "create_order"}),
        ("?search=true", SEARCH),
    ):
        begun = await door.ask("POST", f"/mcp{query}", body=INITIALIZE)
        listed = await door.ask("POST", f"/mcp{query}", body=LIST, mcp_session_id=begun.headers["mcp-session-id"])
        assert {tool["name"] for tool in listed.events[-1]["result"]["tools"]} == names
    assert (await door.ask("POST", "/mcp?toolsets=bank", body=INITIALIZE)).status == 400


SEARCH = {"search_tools", "describe_tool", "call_tool"}
