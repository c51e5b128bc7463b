"""Which requests have a share, and which do not wait for each other."""

import asyncio

import pytest

from callgate.v1 import artifact_service_pb2 as artifact_service
from gateway.edge.grpc.shares import LISTS, LOOKS, REST, WATCHES, shares
from gateway.model.errors import BudgetExhausted
from gateway.model.principal import Principal

CALLER = Principal("shop", "agent", "anna")
ARTIFACTS = artifact_service.DESCRIPTOR.services_by_name["ArtifactService"]


def test_whatever_asks_the_store_of_artifacts_has_a_share() -> None:
    assert {f"/{ARTIFACTS.full_name}/{method.name}" for method in ARTIFACTS.methods} <= shares().keys()


async def test_who_waits_for_the_store_of_artifacts_keeps_no_list_of_others_waiting() -> None:
    of = shares()
    for method in ("ArtifactService/ListArtifacts", "InvocationService/PreviewInvocation"):
        for _ in range(LISTS):
            await of[f"/callgate.v1.{method}"].enter(CALLER)
    await asyncio.wait_for(of["/callgate.v1.CatalogService/ListTools"].enter(CALLER), 1)


async def test_a_refusal_lets_the_door_refuse_the_like_for_a_while() -> None:
    watches = shares()["/callgate.v1.InvocationService/WatchInvocation"]
    for _ in range(WATCHES):
        await watches.enter(CALLER)
    with pytest.raises(BudgetExhausted) as refused:
        await watches.enter(CALLER)
    assert refused.value.rest == REST


async def test_looks_at_artifacts_wait_in_turn_by_tenant() -> None:
    share = shares()["/callgate.v1.ArtifactService/GetArtifact"]
    leave, *_ = [await share.enter(CALLER) for _ in range(LOOKS)]
    waiting = [asyncio.create_task(share.enter(CALLER)) for _ in range(3)]
    await asyncio.sleep(0)
    other = asyncio.create_task(share.enter(Principal("other", "agent", "anna")))
    await asyncio.sleep(0)
    for _ in range(2):
        leave()
    await asyncio.wait_for(other, 1)
    assert sum(one.done() for one in waiting) == 1
    for one in waiting:
        one.cancel()
