"""The catalog over a real gRPC port: an import is rehearsed, done, held, promoted and switched off."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from hashlib import sha256
from typing import Any

import grpc
import pytest

from callgate import AsyncClient, VersionState, errors
from callgate.v1.catalog_service_pb2_grpc import add_CatalogServiceServicer_to_server
from gateway.decisions.policy import Policy, Rule
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.boundary import Boundary
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.model.principal import Principal
from registry.catalog.catalog import MemoryCatalog

TOKENS = {"operator": Principal("acme", "operator", "ada"), "planner": Principal("acme", "planner", "ada")}
MANIFEST = b"""
toolset: orders
server: https://api.example.com
operations:
  listOrders: {name: find_orders, description: Finds orders., cache_seconds: 5}
  gone: {cost: 1}
"""
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Orders", "version": "1"},
    "paths": {
        "/orders": {
            "get": {
                "operationId": "listOrders",
                "parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("page", "state")],
                "responses": {"200": {"description": "Some."}},
            },
            "post": {"operationId": "createOrder", "responses": {"201": {"description": "Made."}}},
        }
    },
}


def _without_page() -> bytes:
    document = deepcopy(DOCUMENT)
    del document["paths"]["/orders"]["get"]["parameters"][0]
    del document["paths"]["/orders"]["post"]
    return json.dumps(document).encode()


@asynccontextmanager
async def serving(port: int) -> AsyncIterator[Callable[[str], AsyncClient]]:
    digests = {sha256(token.encode()).hexdigest(): principal for token, principal in TOKENS.items()}
    rules = {principal: Rule(("*",), token == "operator") for token, principal in TOKENS.items()}
    authentication = Authentication(digests, rules)
    policy = Policy(rules, private=(), vault="http://127.0.0.1:1")
    server = grpc.aio.server(interceptors=[Boundary()])
    add_CatalogServiceServicer_to_server(CatalogEdge(authentication, policy, MemoryCatalog()), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    try:
        yield lambda token: AsyncClient(f"127.0.0.1:{port}", token=token)
    finally:
        await server.stop(None)


def test_an_import_is_rehearsed_done_held_promoted_and_switched_off(free_port: Callable[[], int]) -> None:
    async def scenario() -> None:
        async with serving(free_port()) as connect, connect("operator") as operator, connect("planner") as planner:
            document = json.dumps(DOCUMENT).encode()
            planned = await operator.import_toolset(document, "", manifest=MANIFEST, dry_run=True, deprecate_missing=True)
            assert [(change.name, change.fate) for change in planned.changes] == [
                ("createOrder", "ADDED"),
                ("find_orders", "ADDED"),
            ]
            assert await operator.list_tools() == []
            done = await operator.import_toolset(document, "", manifest=MANIFEST, deprecate_missing=True)
            assert done.changes == planned.changes
            assert [fault.pointer for fault in done.faults] == ["manifest:/operations/gone"]

            left = await operator.import_toolset(_without_page(), "", manifest=MANIFEST, deprecate_missing=True)
            held, gone = left.changes
            assert (held.name, held.version, held.previous, held.level, held.held) == (
                "find_orders",
                "2.0.0",
                "1.0.0",
                "MAJOR",
                True,
            )
            assert [(one.id, one.action) for one in held.findings if one.severity == "BREAKING"] == [
                ("request-parameter-removed", "Do not pass page any more.")
            ]
            assert (gone.name, gone.fate) == ("createOrder", "REMOVED")
            states = {tool.reference: tool.state for tool in await operator.list_tools("orders")}
            assert states == {"createOrder@1.0.0": VersionState.DEPRECATED, "find_orders@1.0.0": VersionState.ACTIVE}
            with pytest.raises(errors.ToolQuarantined):
                await planner.get_tool("find_orders@2")
            seen = await operator.get_tool("find_orders@2")  # whoever promotes it must be able to read it
            assert (seen.state, list(seen.input_schema["properties"])) == (VersionState.QUARANTINED, ["state"])

            (moved,) = await operator.set_state("find_orders", VersionState.ACTIVE, "nobody pages")
            assert (moved.version, moved.reason) == ("2.0.0", "nobody pages")
            assert (await operator.get_tool("find_orders")).version == "2.0.0"
            assert (await operator.get_tool("find_orders@1")).version == "1.0.0"
            await operator.set_state("createOrder", VersionState.DISABLED, "costs too much")
            with pytest.raises(errors.ToolDisabled, match="costs too much"):
                await planner.get_tool("createOrder")
            statuses = {
                tool.name: [(one.version, one.state) for one in tool.versions] for tool in await operator.list_versions()
            }
            assert statuses["find_orders"] == [("1.0.0", VersionState.ACTIVE), ("2.0.0", VersionState.ACTIVE)]

    asyncio.run(scenario())


def test_only_who_may_import_decides_about_versions(free_port: Callable[[], int]) -> None:
    async def scenario() -> None:
        async with serving(free_port()) as connect, connect("operator") as operator, connect("planner") as planner:
            await operator.import_toolset(json.dumps(DOCUMENT).encode(), "", manifest=MANIFEST)
            assert len(await planner.list_versions()) == 2
            for state in (VersionState.ACTIVE, VersionState.RETIRED):
                with pytest.raises(errors.NotPermitted):
                    await planner.set_state("find_orders", state)
            with pytest.raises(errors.TransitionRefused):
                await operator.set_state("find_orders", VersionState.ACTIVE)
            with pytest.raises(errors.RequestInvalid):
                await operator.set_state("find_orders", VersionState.UNSPECIFIED)

    asyncio.run(scenario())


def test_a_mistaken_manifest_is_refused_with_its_line(free_port: Callable[[], int]) -> None:
    async def scenario() -> None:
        async with serving(free_port()) as connect, connect("operator") as operator:
            with pytest.raises(errors.ManifestInvalid, match="line 2, column 1"):
                await operator.import_toolset(json.dumps(DOCUMENT).encode(), "orders", manifest=b"toolset: a\nserevr: x")

    asyncio.run(scenario())
