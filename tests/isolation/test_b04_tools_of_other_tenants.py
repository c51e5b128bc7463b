"""A tenant's importer replaced another's toolset with its own server and promoted what was held; all tenants saw all tools."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import grpc
import pytest

from callgate import AsyncClient, CredentialSource, VersionState, errors
from callgate.v1.catalog_service_pb2_grpc import add_CatalogServiceServicer_to_server
from gateway.decisions.policy import Policy, Rule
from gateway.decisions.tenant_rules import TenantRules, is_below
from gateway.edge.grpc.boundary import Boundary
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.model.principal import Caller, Principal
from gateway.pipeline.call import Mode
from gateway.pipeline.version_of import version_to_call, version_to_show
from registry.catalog.acts import Act
from registry.catalog.publications import MemoryCatalogs, Publication
from registry.model.errors import ToolNotFound
from registry.model.tool import Fallback
from tests.gateway.edge.grpc.serving import knowing
from tests.gateway.pipeline.desk import ALL, NO_VAULT, OpenDesk, outcome_of
from tests.gateway.pipeline.upstreams import OpenShop

IMPORTS = Rule(("*",), may_import=True, may_promote=True)
#: By their tokens, which are the names of their subjects.
PEOPLE = {
    "ada": (Principal("acme", "cli", "ada"), IMPORTS),
    "bob": (Principal("acme", "cli", "bob"), IMPORTS),
    "eve": (Principal("acme", "cli", "eve"), Rule(may_promote=True)),
    "pat": (Principal("acme", "planner", "pat"), Rule(("*",), may_review=True)),
    "kim": (Principal("ops", "cli", "kim"), Rule(may_operate=True)),
    "mal": (Principal("globex", "cli", "mal"), IMPORTS),
    "lou": (Principal("initech", "cli", "lou"), IMPORTS),
    "sam": (Principal("one", "cli", "sam"), IMPORTS),
    "tom": (Principal("two", "cli", "tom"), IMPORTS),
}
#: The token of ada by another agent.
AGAIN = "ada-again"
PREFIXES = {
    "acme": ("secret/data/acme", "secret/data/shared/"),
    "globex": ("secret/data/globex",),
    "one": ("secret/data/both",),
    "two": ("secret/data/both",),
}
RULES = TenantRules(frozenset({"globex"}), PREFIXES)

Ask = Callable[[str], AsyncClient]


@pytest.fixture
async def ask(free_port: Callable[[], int]) -> AsyncIterator[Ask]:
    """A client of a catalog's edge for each person."""
    people = {**PEOPLE, AGAIN: (Principal("acme", "ci", "ada"), IMPORTS)}
    authentication = knowing({token: Caller(*person) for token, person in people.items()})
    policy, address = Policy(private=(), vault=NO_VAULT), f"127.0.0.1:{free_port()}"
    server = grpc.aio.server(interceptors=[Boundary()])
    edge = CatalogEdge(authentication, policy, MemoryCatalogs(), tenant_rules=RULES)
    add_CatalogServiceServicer_to_server(edge, server)
    server.add_insecure_port(address)
    await server.start()
    async with AsyncExitStack() as stack:
        clients = {token: await stack.enter_async_context(AsyncClient(address, token=token)) for token in people}
        yield clients.__getitem__
    await server.stop(None)


def document(words: str = "one", server: str = "https://api.example.com") -> bytes:
    operation = {"operationId": "pay", "summary": words, "responses": {"200": {"description": "done"}}}
    told: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Payments", "version": "1"},
        "servers": [{"url": server}],
        "paths": {"/pay": {"get": operation}},
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }
    return json.dumps(told | {"security": [{"key": []}]}).encode()


async def test_an_importer_does_not_touch_the_toolset_of_another_tenant(ask: Ask) -> None:
    await ask("ada").toolsets.import_openapi(document(), "payments")
    report = await ask("mal").toolsets.import_openapi(document(server="https://evil.example.com"), "payments")
    assert [change.fate for change in report.changes] == ["ADDED"]
    assert (await ask("pat").tools.get("pay")).endpoint == "https://api.example.com/pay"
    assert (await ask("mal").tools.get("pay")).endpoint == "https://evil.example.com/pay"


async def test_what_is_held_in_one_tenant_is_not_promoted_from_another(ask: Ask) -> None:
    await ask("ada").toolsets.import_openapi(document(), "payments")
    await ask("ada").toolsets.import_openapi(document("two"), "payments")
    for state in VersionState:
        if state is not VersionState.UNSPECIFIED:
            with pytest.raises((errors.ToolNotFound, errors.RequestInvalid, errors.TransitionRefused)):
                await ask("mal").tools.set_state("pay@1.0.1", state)
    assert [tool.versions async for tool in ask("mal").tools.versions()] == []
    assert [one async for one in ask("mal").tools.list()] == []
    with pytest.raises(errors.ToolNotFound):
        await ask("mal").tools.get("pay")


@pytest.mark.parametrize("token", ["ada", AGAIN])
async def test_who_imported_what_waits_does_not_promote_it(ask: Ask, token: str) -> None:
    await ask("ada").toolsets.import_openapi(document(), "payments")
    await ask("ada").toolsets.import_openapi(document("two"), "payments")
    with pytest.raises(errors.NotPermitted, match=r"ada imported pay@1\.0\.1") as refused:
        await ask(token).tools.set_state("pay", VersionState.ACTIVE)
    assert "another person" in refused.value.cure
    await ask("ada").tools.set_state("pay@1.0.1", VersionState.DISABLED)
    with pytest.raises(errors.NotPermitted):  # nor by the way round
        await ask(token).tools.set_state("pay@1.0.1", VersionState.ACTIVE)
    (moved,) = await ask("bob").tools.set_state("pay@1.0.1", VersionState.ACTIVE)
    assert moved.state is VersionState.ACTIVE
    (tool,) = [one async for one in ask("pat").tools.versions()]
    done = {one.version: [(act.deed, act.subject) for act in one.acts] for one in tool.versions}
    assert done == {
        "1.0.0": [("imported", "ada")],
        "1.0.1": [("imported", "ada"), ("disabled", "ada"), ("promoted", "bob")],
    }


async def test_what_another_person_has_promoted_its_importer_switches_off_and_on_again(ask: Ask) -> None:
    await ask("ada").toolsets.import_openapi(document(), "payments")
    await ask("ada").toolsets.import_openapi(document("two"), "payments")
    await ask("eve").tools.set_state("pay", VersionState.ACTIVE)
    for reference in ("pay@1.0.1", "pay@1.0.0"):  # the one was promoted, the other callable from its import on
        await ask("ada").tools.set_state(reference, VersionState.DISABLED)
        await ask("ada").tools.set_state(reference, VersionState.ACTIVE)


async def test_a_tenant_of_one_person_promotes_what_it_imported(ask: Ask) -> None:
    await ask("mal").toolsets.import_openapi(document(), "payments")
    await ask("mal").toolsets.import_openapi(document("two"), "payments")
    (moved,) = await ask("mal").tools.set_state("pay", VersionState.ACTIVE)
    assert moved.version == "1.0.1"


async def test_to_import_to_promote_and_to_operate_are_rights_apart(ask: Ask) -> None:
    await ask("ada").toolsets.import_openapi(document(), "payments")
    await ask("ada").toolsets.import_openapi(document("two"), "payments")
    for token in ("eve", "pat", "kim"):
        with pytest.raises(errors.NotPermitted):
            await ask(token).toolsets.import_openapi(document(), "payments")
    for token in ("pat", "kim"):
        with pytest.raises(errors.NotPermitted):
            await ask(token).tools.set_state("pay", VersionState.ACTIVE)
    for token in ("ada", "eve", "pat", "mal"):
        with pytest.raises(errors.NotPermitted):
            await ask(token).toolsets.publish("payments", "globex", owner="acme")
        with pytest.raises(errors.NotPermitted):
            await ask(token).toolsets.withdraw("payments", "globex", owner="acme")
        with pytest.raises(errors.NotPermitted):
            await anext(aiter(ask(token).toolsets.publications()))
    with pytest.raises(errors.NotPermitted):
        await ask("pat").tools.set_state("pay", VersionState.DISABLED)
    assert (await ask("eve").tools.get("pay@1.0.1")).state is VersionState.QUARANTINED
    with pytest.raises(errors.ToolQuarantined):
        await ask("pat").tools.get("pay@1.0.1")
    await ask("eve").tools.set_state("pay@1.0.0", VersionState.DISABLED)


async def test_an_operator_publishes_a_toolset_and_takes_it_back(ask: Ask) -> None:
    await ask("ada").toolsets.import_openapi(document(), "payments")
    await ask("ada").toolsets.import_openapi(document("two"), "payments")
    with pytest.raises(errors.ToolNotFound):
        await ask("kim").toolsets.publish("payments", "globex")  # the operator's own tenant owns none
    await ask("kim").toolsets.publish("payments", "globex", owner="acme")
    assert [tool.reference async for tool in ask("mal").tools.list()] == ["pay@1.0.0"]
    with pytest.raises(errors.ToolQuarantined):  # what waits is shown to those that can promote it
        await ask("mal").tools.get("pay@1.0.1")
    (tool,) = [one async for one in ask("mal").tools.versions()]
    assert [(one.version, one.acts) for one in tool.versions] == [("1.0.0", ())]
    with pytest.raises(errors.NotPermitted):
        await ask("mal").tools.set_state("pay", VersionState.RETIRED)
    with pytest.raises(errors.TransitionRefused) as refused:
        await ask("mal").toolsets.import_openapi(document(), "mine")
    assert "callgate toolset withdraw" in refused.value.cure
    (published,) = [one async for one in ask("kim").toolsets.publications()]
    assert (published.owner, published.toolset, published.tenant, published.subject) == ("acme", "payments", "globex", "kim")
    assert await ask("kim").toolsets.withdraw("payments", "globex", owner="acme")
    assert [one async for one in ask("mal").tools.list()] == []


async def test_a_secret_outside_of_the_tenants_prefixes_is_refused_with_its_place(ask: Ask) -> None:
    outside = CredentialSource("key", "secret/data/globex/payments", "token")
    with pytest.raises(errors.NotPermitted, match="/credentials/key/path: secret/data/globex/payments") as refused:
        await ask("ada").toolsets.import_openapi(document(), "payments", credentials=[outside])
    assert [one.pointer for one in refused.value.violations] == ["/credentials/key/path"]
    assert refused.value.violations[0].expected == "a path below secret/data/acme or secret/data/shared/"
    setting = {"path": "secret/data/acme-too", "field": "token", "place": "header", "name": "X-Key"}
    manifest = json.dumps({"toolset": "payments", "operations": {"pay": {"credential": setting}}}).encode()
    with pytest.raises(errors.NotPermitted, match="manifest:/operations/pay/credential/path"):
        await ask("ada").toolsets.plan(document(), "payments", manifest=manifest)
    shown = {"client_certificate": {"path": "secret/data/globex/certificate"}}
    manifest = json.dumps({"toolset": "payments", "defaults": shown}).encode()
    with pytest.raises(errors.NotPermitted, match="manifest:/defaults/client_certificate/path"):
        await ask("ada").toolsets.import_openapi(document(), "payments", manifest=manifest)
    below = {"vault_namespace": "other", "credentials": {"key": {"path": "secret/data/acme/payments", "field": "token"}}}
    manifest = json.dumps({"toolset": "payments", **below}).encode()
    with pytest.raises(errors.NotPermitted, match="/credentials/key/path: other/secret/data/acme/payments"):
        await ask("ada").toolsets.import_openapi(document(), "payments", manifest=manifest)
    assert [one async for one in ask("ada").tools.list()] == []
    with pytest.raises(errors.NotPermitted, match="no secret"):
        await ask("lou").toolsets.import_openapi(document(), "payments", credentials=[outside])
    inside = replace(outside, path="secret/data/acme/payments")
    (role,) = (await ask("ada").toolsets.import_openapi(document(), "payments", credentials=[inside])).roles
    assert role.secret_path == "secret/data/acme/payments"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("secret/data/acme", True),
        ("secret/data/acme/pay/one", True),
        ("secret/data/acme-too", False),
        ("secret/data", False),
        ("secret/data/acme/../globex", False),
        ("secret/data/acme/./pay", False),
        ("secret/data/acme//pay", False),
        ("secret/data/acme/*", False),
        ("secret/data/acme/+/pay", False),
        ("secret/data/acme/%2e%2e/globex", False),
        ("/secret/data/acme/pay", False),
    ],
)
def test_a_prefix_ends_with_a_whole_name(path: str, allowed: bool) -> None:
    assert is_below(path, "secret/data/acme/") is allowed


async def test_the_same_import_of_two_tenants_has_two_roles(ask: Ask) -> None:
    """By one role, each would read the other's secret. In a catalog of before, a role bore the digest alone."""
    shared = [CredentialSource("key", "secret/data/both/payments", "token")]
    roles = [
        (await ask(token).toolsets.import_openapi(document(), "payments", credentials=shared)).roles[0]
        for token in ("sam", "tom")
    ]
    assert roles[0].name != roles[1].name
    assert {one.secret_path for one in roles} == {"secret/data/both/payments"}


async def test_a_published_tool_does_not_fall_back_on_a_tool_of_the_callers_tenant(
    shop: OpenShop, open_desk: OpenDesk, free_port: Callable[[], int]
) -> None:
    """Its owner would have that called with the caller's rights, by its name alone."""
    desk, publisher = await open_desk(shop.address), "globex"
    create = (await desk.catalog.resolve("create_order")).draft
    operation = replace(create.operation, server=f"http://127.0.0.1:{free_port()}")
    fallback = Fallback("get_order", {"order_id": "/body/item"})
    await desk.catalogs.of(publisher).add([replace(create, name="theirs", operation=operation, fallback=fallback)])
    await desk.catalogs.publish(Publication(publisher, "orders", desk.principal.tenant), Act("cli", "kim", 0.0))
    ended = (await desk.call("theirs", {"body": {"item": "ord_1", "quantity": 1}})).invocation
    assert "fallback get_order was refused: TOOL_NOT_FOUND" in outcome_of(ended).message
    assert shop.requests == 0


async def test_what_was_called_is_not_gone_on_with_as_another_tool_of_its_name(shop: OpenShop, open_desk: OpenDesk) -> None:
    """The tool was published; by now the caller's tenant has its own of this name and number."""
    desk, version = await open_desk(shop.address), "list_orders@1.0.0"
    answered = await desk.call("list_orders")
    assert (await version_to_call(desk.catalogs, answered.invocation)).reference == version
    own = MemoryCatalogs()
    changed = replace((await desk.catalog.resolve(version)).draft, description="Another one.")
    await own.of(desk.principal.tenant).add([changed])
    for find in (version_to_call, version_to_show):
        with pytest.raises(ToolNotFound, match="another tool now"):
            await find(own, answered.invocation)


async def test_a_call_for_a_tool_of_another_tenant_is_one_for_no_tool(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk, stranger = await open_desk(shop.address), Caller(Principal("globex", "planner", "mal"), ALL)
    version = (await desk.catalog.resolve("list_orders")).reference
    for reference in ("list_orders", version):
        with pytest.raises(ToolNotFound):
            await desk.call(reference, caller=stranger)
    assert not shop.requests
    toolset = Publication(desk.principal.tenant, "orders", stranger.principal.tenant)
    await desk.catalogs.publish(toolset, Act("cli", "kim", 0.0))
    assert (await desk.call("list_orders", caller=stranger)).invocation.request.version == version
    await desk.catalogs.withdraw(toolset)
    with pytest.raises(ToolNotFound):
        await desk.call("list_orders", caller=stranger, key="another")
    with pytest.raises(ToolNotFound):
        await desk.call("list_orders", caller=stranger, key="another", mode=Mode.REPLAY_OR_LIVE)
