"""A search never ranks, counts or tells of what its caller may not call: of other tenants, and of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import grpc
import orjson
import pytest

from callgate import AsyncClient
from callgate.v1.catalog_service_pb2_grpc import add_CatalogServiceServicer_to_server
from gateway.decisions.policy import Policy, Rule
from gateway.edge.grpc.boundary import Boundary
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.model.principal import Caller, Principal
from registry.catalog.publications import MemoryCatalogs
from tests.gateway.edge.grpc.serving import knowing
from tests.gateway.pipeline.desk import NO_VAULT

OPERATES = Rule(("*",), may_import=True, may_promote=True, may_operate=True)
PEOPLE = {
    "ada": (Principal("acme", "cli", "ada"), OPERATES),
    "pat": (Principal("acme", "planner", "pat"), Rule(("get_*", "list_pay?"))),
    "nil": (Principal("acme", "planner", "nil"), Rule(())),
    "mal": (Principal("globex", "cli", "mal"), OPERATES),
}
Ask = Callable[[str], AsyncClient]


@pytest.fixture
async def ask(free_port: Callable[[], int]) -> AsyncIterator[Ask]:
    authentication = knowing({token: Caller(*person) for token, person in PEOPLE.items()})
    address, server = f"127.0.0.1:{free_port()}", grpc.aio.server(interceptors=[Boundary()])
    edge = CatalogEdge(authentication, Policy(private=(), vault=NO_VAULT), MemoryCatalogs())
    add_CatalogServiceServicer_to_server(edge, server)
    server.add_insecure_port(address)
    await server.start()
    async with AsyncExitStack() as stack:
        clients = {token: await stack.enter_async_context(AsyncClient(address, token=token)) for token in PEOPLE}
        yield clients.__getitem__
    await server.stop(None)


def document(*names: str) -> bytes:
    paths = {
        f"/{name}": {"get": {"operationId": name, "summary": "Pay a bill", "responses": {"200": {"description": "paid"}}}}
        for name in names
    }
    told: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Bills", "version": "1"}, "paths": paths}
    return orjson.dumps(told | {"servers": [{"url": "https://api.example.com"}]})


async def found(client: AsyncClient, query: str = "pay a bill", **how: Any) -> list[str]:
    return sorted(one.tool.name for one in await client.tools.search(query, **how))


async def test_what_another_tenant_has_is_not_found_until_it_is_published_and_no_longer_once_that_is_taken_back(
    ask: Ask,
) -> None:
    await ask("ada").toolsets.import_openapi(document("get_bill", "list_pays"), "bills")
    assert await found(ask("ada")) == ["get_bill", "list_pays"]
    assert await found(ask("mal")) == []
    await ask("ada").toolsets.publish("bills", "globex")
    assert await found(ask("mal")) == ["get_bill", "list_pays"]
    await ask("ada").toolsets.withdraw("bills", "globex")
    assert await found(ask("mal")) == []


async def test_tools_of_one_name_are_each_tenants_own(ask: Ask) -> None:
    await ask("ada").toolsets.import_openapi(document("get_bill"), "bills")
    await ask("mal").toolsets.import_openapi(document("get_bill"), "evil")
    assert [one.tool.toolset for one in await ask("ada").tools.search("pay")] == ["bills"]
    assert [one.tool.toolset for one in await ask("mal").tools.search("pay")] == ["evil"]


async def test_a_caller_finds_what_its_token_may_call_and_what_it_may_not_takes_no_place(ask: Ask) -> None:
    others = [f"a_pay_{number:03}" for number in range(150)]
    await ask("ada").toolsets.import_openapi(document(*others, "get_bill", "list_pays", "list_payments"), "bills")
    assert await found(ask("pat"), limit=2) == ["get_bill", "list_pays"]
    assert await found(ask("nil")) == []
    assert len(await found(ask("ada"), limit=50)) == 50
    # A tool's score is the same for each caller that finds it.
    whole = {one.tool.name: one.score for one in await ask("ada").tools.search("pay a bill get list pays", limit=50)}
    own = {one.tool.name: one.score for one in await ask("pat").tools.search("pay a bill get list pays", limit=50)}
    assert own.items() <= whole.items()
