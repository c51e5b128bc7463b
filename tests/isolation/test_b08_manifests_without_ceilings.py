"""A manifest could ask for a terabyte of memory, a million processes and three years, by the word of an importer."""

from typing import Any

import pytest
import yaml

from callgate import AsyncClient
from callgate.errors import ManifestInvalid
from gateway.decisions.policy import Policy
from gateway.model.ceilings import CEILING_NAMES, ROWS, Ceilings
from gateway.model.errors import CeilingExceeded
from gateway.pipeline.invoker import Invoker
from registry.manifest.manifest import Manifest
from tests.gateway.edge.grpc.conftest import catalog, operator
from tests.gateway.pipeline.desk import NO_VAULT, OpenDesk
from tests.gateway.pipeline.upstreams import LOOPBACK, OpenShop

__all__ = ["catalog", "operator"]

IMAGE = {"image": "sha256:" + "0" * 64, "command": ["/bin/tool"]}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": "https://api.example.com"}],
    "paths": {"/orders": {"get": {"operationId": "listOrders", "responses": {}}}},
}

#: The settings, where the value stands in them, and the setting of the operator's that is named.
HOSTILE = [
    ({"container": IMAGE | {"memory_bytes": 1 << 40}}, "/container/memory_bytes", "MEMORY_BYTES"),
    ({"container": IMAGE | {"processes": 10**6}}, "/container/processes", "PROCESSES"),
    ({"container": IMAGE | {"cpus": 1000}}, "/container/cpus", "CPUS"),
    ({"container": IMAGE | {"scratch_bytes": 1 << 40}}, "/container/scratch_bytes", "SCRATCH_BYTES"),
    ({"container": IMAGE | {"egress_bytes": 1 << 50}}, "/container/egress_bytes", "EGRESS_BYTES"),
    ({"container": IMAGE | {"egress": [f"h{n}.example:443" for n in range(65)]}}, "/container/egress", "EGRESS_HOSTS"),
    ({"limits": {"timeout": 10**8}}, "/limits/timeout", "CALL_SECONDS"),
    ({"limits": {"attempt_timeout": 10**8}}, "/limits/attempt_timeout", "CALL_SECONDS"),
    ({"limits": {"max_attempts": 100}}, "/limits/max_attempts", "ATTEMPTS"),
    ({"limits": {"request_bytes": 100 << 20}}, "/limits/request_bytes", "REQUEST_BYTES"),
    ({"retry": {"first_delay": 10**8, "longest_delay": 10**8}}, "/retry/longest_delay", "DELAY_SECONDS"),
    ({"cache_seconds": 10**8}, "/cache_seconds", "CACHE_SECONDS"),
]


def manifest(**said: Any) -> bytes:
    return yaml.safe_dump({"toolset": "shop", **said}).encode()


DOCUMENT_TEXT = yaml.safe_dump(DOCUMENT).encode()


@pytest.mark.parametrize(("settings", "pointer", "setting"), HOSTILE, ids=[row[2] + row[1] for row in HOSTILE])
@pytest.mark.parametrize("place", ["/defaults", "/groups/0/settings", "/operations/listOrders"])
async def test_what_is_beyond_a_ceiling_is_not_imported(
    operator: AsyncClient, settings: dict[str, Any], pointer: str, setting: str, place: str
) -> None:
    places: dict[str, dict[str, Any]] = {
        "/defaults": {"defaults": settings},
        "/groups/0/settings": {"groups": [{"match": ["*"], "settings": settings}]},
        "/operations/listOrders": {"operations": {"listOrders": settings}},
    }
    with pytest.raises(ManifestInvalid) as refused:
        await operator.toolsets.import_openapi(DOCUMENT_TEXT, "shop", manifest=manifest(**places[place]))
    told = {one.pointer: one.expected for one in refused.value.violations}
    assert f"manifest:{place}{pointer}" in told
    assert f"CALLGATE_CEILING_{setting}" in told[f"manifest:{place}{pointer}"]
    assert "beyond the ceiling of" in told[f"manifest:{place}{pointer}"]
    assert [one async for one in operator.tools.list()] == []


async def test_a_plan_tells_of_it_as_a_fault_that_refuses_the_import(operator: AsyncClient) -> None:
    said = manifest(defaults={"limits": {"timeout": 7200}})
    [fault] = (await operator.toolsets.plan(DOCUMENT_TEXT, "shop", manifest=said)).faults
    assert (fault.pointer, fault.refuses) == ("manifest:/defaults/limits/timeout", True)
    assert fault.message == "limits.timeout is 7,200, beyond the ceiling of 3,600.0"
    assert "CALLGATE_CEILING_CALL_SECONDS" in fault.cure


async def test_what_is_at_its_ceiling_is_imported(operator: AsyncClient) -> None:
    most = Ceilings()
    container = IMAGE | {"memory_bytes": most.memory_bytes, "cpus": most.cpus, "processes": most.processes}
    limits = {"timeout": most.call_seconds, "max_attempts": most.attempts}
    report = await operator.toolsets.import_openapi(
        DOCUMENT_TEXT, "shop", manifest=manifest(defaults={"container": container, "limits": limits})
    )
    assert report.added == 1


def test_every_ceiling_has_a_value_that_it_bounds() -> None:
    assert {row.name for row in ROWS} == set(CEILING_NAMES)


async def test_a_version_that_was_imported_before_the_ceiling_is_not_called(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk(shop.address)
    policy = Policy(private=LOOPBACK, vault=NO_VAULT, ceilings=Ceilings(call_seconds=59))
    monkeypatch.setattr(Invoker, "policy", policy, raising=False)
    with pytest.raises(CeilingExceeded, match=r"limits\.timeout is 60\.0, beyond the ceiling of 59") as refused:
        await desk.call("list_orders", {})
    assert "CALLGATE_CEILING_CALL_SECONDS" in refused.value.cure
    assert "import the toolset again" in refused.value.cure


async def test_a_default_that_is_beyond_a_ceiling_is_told_of_the_tool(shop: OpenShop, open_desk: OpenDesk) -> None:
    drafts = [version.draft for version in (await open_desk(shop.address)).versions.values()]
    policy = Policy(private=LOOPBACK, vault=NO_VAULT, ceilings=Ceilings(attempts=2))
    pointers = {fault.pointer for fault in policy.ceiling_faults(Manifest(), drafts)}
    assert "manifest:/operations/list_orders/limits/max_attempts" in pointers
