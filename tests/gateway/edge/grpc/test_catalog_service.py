"""The catalog over a real gRPC port: an import is tried, done, held back, promoted and switched off."""

import json
from copy import deepcopy
from typing import Any

import pytest

from callgate import AsyncClient, VersionState, errors

MANIFEST = b"""
toolset: orders
server: https://api.example.com
operations:
  listOrders: {name: find_orders, description: Finds orders., cache_seconds: 5}
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


async def test_an_import_is_tried_done_held_back_promoted_and_switched_off(operator: AsyncClient, planner: AsyncClient) -> None:
    document = json.dumps(DOCUMENT).encode()
    planned = await operator.toolsets.plan(document, "", manifest=MANIFEST)
    assert [(change.name, change.fate) for change in planned.changes] == [
        ("createOrder", "ADDED"),
        ("find_orders", "ADDED"),
    ]
    assert [one async for one in operator.tools.list()] == []
    done = await operator.toolsets.apply(document, "", manifest=MANIFEST)
    assert (done.changes, done.faults) == (planned.changes, ())

    left = await operator.toolsets.apply(_without_page(), "", manifest=MANIFEST)
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
    states = {tool.reference: tool.state async for tool in operator.tools.list("orders")}
    assert states == {"createOrder@1.0.0": VersionState.DEPRECATED, "find_orders@1.0.0": VersionState.ACTIVE}
    with pytest.raises(errors.ToolQuarantined) as waiting:
        await planner.tools.get("find_orders@2")
    assert "`callgate toolset promote find_orders@2.0.0`" in waiting.value.cure
    seen = await operator.tools.get("find_orders@2")  # the operator that promotes it must be able to read it
    assert (seen.state, list(seen.input_schema["properties"])) == (VersionState.QUARANTINED, ["state"])

    (moved,) = await operator.tools.set_state("find_orders", VersionState.ACTIVE, "no caller pages")
    assert (moved.version, moved.reason) == ("2.0.0", "no caller pages")
    assert (await operator.tools.get("find_orders")).version == "2.0.0"
    assert (await operator.tools.get("find_orders@1")).version == "1.0.0"
    await operator.tools.set_state("createOrder", VersionState.DISABLED, "costs too much")
    with pytest.raises(errors.ToolDisabled, match="costs too much") as off:
        await planner.tools.get("createOrder")
    assert "`callgate toolset promote createOrder@1.0.0`" in off.value.cure
    statuses = {tool.name: [(one.version, one.state) for one in tool.versions] async for tool in operator.tools.versions()}
    assert statuses["find_orders"] == [("1.0.0", VersionState.ACTIVE), ("2.0.0", VersionState.ACTIVE)]


async def test_only_a_caller_that_may_import_decides_about_versions(operator: AsyncClient, planner: AsyncClient) -> None:
    await operator.toolsets.import_openapi(json.dumps(DOCUMENT).encode(), "", manifest=MANIFEST)
    assert len([one async for one in planner.tools.versions()]) == 2
    for state in (VersionState.ACTIVE, VersionState.RETIRED):
        with pytest.raises(errors.NotPermitted):
            await planner.tools.set_state("find_orders", state)
    with pytest.raises(errors.TransitionRefused):
        await operator.tools.set_state("find_orders", VersionState.ACTIVE)
    with pytest.raises(errors.RequestInvalid):
        await operator.tools.set_state("find_orders", VersionState.UNSPECIFIED)


async def test_what_names_no_operation_is_shown_by_a_plan_and_refused_by_an_import(operator: AsyncClient) -> None:
    document, manifest = json.dumps(DOCUMENT).encode(), MANIFEST + b"  createOrders: {requires_approval: true}\n"
    planned = await operator.toolsets.plan(document, "", manifest=manifest)
    assert [(fault.pointer, fault.refuses) for fault in planned.faults] == [("manifest:/operations/createOrders", True)]
    with pytest.raises(errors.ManifestInvalid, match="createOrders") as refused:
        await operator.toolsets.import_openapi(document, "", manifest=manifest)
    assert [one.pointer for one in refused.value.violations] == ["manifest:/operations/createOrders"]
    assert "'createOrder'" in refused.value.violations[0].expected
    assert [one async for one in operator.tools.versions()] == []


async def test_a_mistaken_manifest_is_refused_with_its_line(operator: AsyncClient) -> None:
    with pytest.raises(errors.ManifestInvalid, match="line 2, column 1"):
        await operator.toolsets.import_openapi(json.dumps(DOCUMENT).encode(), "orders", manifest=b"toolset: a\nserevr: x")


async def test_a_reason_that_is_too_long_is_refused_and_moves_nothing(operator: AsyncClient) -> None:
    await operator.toolsets.import_openapi(json.dumps(DOCUMENT).encode(), "orders", manifest=MANIFEST)
    with pytest.raises(errors.RequestInvalid, match="500 characters"):
        await operator.tools.set_state("find_orders", VersionState.DISABLED, "x" * 501)
    assert (await operator.tools.get("find_orders")).state is VersionState.ACTIVE
