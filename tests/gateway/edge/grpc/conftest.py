"""Servers on real ports, and clients of them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import grpc
import pytest

from callgate import AsyncClient
from callgate.v1.catalog_service_pb2_grpc import add_CatalogServiceServicer_to_server
from gateway.decisions.policy import Policy, Rule
from gateway.decisions.tenant_rules import TenantRules
from gateway.edge.grpc.boundary import Boundary
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.edge.grpc.heartbeats import SILENCE
from gateway.model.principal import Caller, Principal
from registry.catalog.publications import MemoryCatalogs
from tests.gateway.edge.grpc.serving import Act, Serve, Served, fail, knowing, server_at

TOKENS = {"operator": Principal("acme", "operator", "ada"), "planner": Principal("acme", "planner", "ada")}


@pytest.fixture
async def serve(free_port: Callable[[], int]) -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:

        async def start(
            act: Act = fail, *, listen: str | None = None, reflection: bool = False, silence: float = SILENCE, **settings: Any
        ) -> Served:
            listen = listen or f"127.0.0.1:{free_port()}"
            server = server_at(listen, act, reflection=reflection, silence=silence, **settings)
            await server.start()
            stack.push_async_callback(server.stop)
            return Served(server, await stack.enter_async_context(grpc.aio.insecure_channel(server.config.listen)))

        yield start


@pytest.fixture
async def catalog(free_port: Callable[[], int]) -> AsyncIterator[str]:
    """The address of a catalog's edge, alone on its server. The operator may import, the planner may not."""
    address = f"127.0.0.1:{free_port()}"
    may = {"operator": True, "planner": False}
    rules = {token: Rule(("*",), may_import=may[token], may_promote=may[token]) for token in TOKENS}
    callers = {token: Caller(whose, rules[token]) for token, whose in TOKENS.items()}
    policy = Policy(private=(), vault="http://127.0.0.1:1")
    server = grpc.aio.server(interceptors=[Boundary()])
    of_one_person = TenantRules(frozenset(principal.tenant for principal in TOKENS.values()))
    edge = CatalogEdge(knowing(callers), policy, MemoryCatalogs(), tenant_rules=of_one_person)
    add_CatalogServiceServicer_to_server(edge, server)
    server.add_insecure_port(address)
    await server.start()
    yield address
    await server.stop(None)


@pytest.fixture
async def operator(catalog: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(catalog, token="operator") as client:
        yield client


@pytest.fixture
async def planner(catalog: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(catalog, token="planner") as client:
        yield client
