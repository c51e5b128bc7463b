"""What callers of other tenants, with few rights and with none find by the door of MCP: what they find by every other door."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from callgate import AsyncClient
from gateway.model.principal import RIGHTS, Principal, rule_of
from tests.gateway.pipeline.upstreams import OpenShop
from tests.isolation.gateways import Place
from tests.isolation.test_rights_of_every_rpc import DOCUMENT, OWNER

pytestmark = pytest.mark.slow

MODES = ("legacy", "2026-07-28")
LIST = ("list_orders", {"limit": 5})


class ByMcp:
    """A gateway with its door of MCP, and the orders API of the owner's tenant."""

    def __init__(self, url: str, gateway: str) -> None:
        self.url = url
        self.gateway = gateway

    @asynccontextmanager
    async def client(self, token: str, mode: str) -> AsyncIterator[Client]:
        async with AsyncExitStack() as stack:
            headers = {"Authorization": f"Bearer {token}"}
            http = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=30))
            place = streamable_http_client(self.url, http_client=http)
            yield await stack.enter_async_context(Client(place, mode=mode))

    async def status(self, token: str) -> int:
        """Of a request with this token, whatever it asks for."""
        async with httpx2.AsyncClient() as http:
            return (await http.get(self.url, headers={"Authorization": f"Bearer {token}"})).status_code


@pytest.fixture
async def door(place: Place, shop: OpenShop) -> AsyncIterator[ByMcp]:
    place.let_in("owner", OWNER, rule_of(("*",), frozenset(RIGHTS)))
    place.let_in("other", Principal("globex", "planner", "ada"), rule_of(("*",), frozenset()))
    place.let_in("few", OWNER, rule_of(("get_*",), frozenset()))
    listen = f"127.0.0.1:{place.free_port()}"
    async with place.gateway(mcp_listen=listen) as served, AsyncClient(served.address, token="owner") as owner:
        await owner.toolsets.import_openapi(DOCUMENT, "orders", server=shop.address)
        yield ByMcp(f"http://{listen}/mcp", served.address)


async def names(client: Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize("mode", MODES)
async def test_who_may_call_a_tool_finds_it_and_calls_it(door: ByMcp, mode: str) -> None:
    async with door.client("owner", mode) as client:
        assert "list_orders" in await names(client)
        called: Any = await client.call_tool(*LIST)
    assert not called.is_error
    assert called.meta["callgate.dev/standing"] == "SUCCEEDED"


@pytest.mark.parametrize("mode", MODES)
async def test_another_tenant_finds_no_tool_and_calls_none(door: ByMcp, mode: str) -> None:
    async with door.client("other", mode) as client:
        assert await names(client) == set()
        with pytest.raises(MCPError, match="Unknown tool"):
            await client.call_tool(*LIST)


@pytest.mark.parametrize("mode", MODES)
async def test_a_token_that_may_not_call_a_tool_is_refused(door: ByMcp, mode: str) -> None:
    async with door.client("few", mode) as client:
        refused: Any = await client.call_tool(*LIST)
    assert refused.is_error
    assert refused.meta["callgate.dev/standing"] == "REFUSED"


async def test_a_token_that_is_not_known_is_told_nothing(door: ByMcp) -> None:
    assert await door.status("no such") == 401


async def is_refused(client: Client) -> bool:
    """By a result that says so, or by no result at all."""
    try:
        return bool((await client.call_tool(*LIST)).is_error)
    except MCPError:
        return True


async def test_a_token_that_is_revoked_calls_nothing_more_in_the_session_that_it_has(door: ByMcp) -> None:
    async with AsyncClient(door.gateway, token="owner") as owner:
        added = await owner.principals.add("acme", "planner", "ada", tools=["*"])
        async with door.client(str(added.token), "legacy") as client:
            assert await names(client)
            await owner.principals.revoke(id=added.principal.id)
            assert await is_refused(client)
    async with asyncio.timeout(30):
        while await door.status(str(added.token)) != 401:
            await asyncio.sleep(0.1)
