"""A manifest of a megabyte was read by the event loop: two seconds for every caller."""

import asyncio

import pytest

from callgate import AsyncClient, RetryPolicy
from callgate.errors import ManifestInvalid
from registry.manifest.reader import MANIFEST_BYTES, MANIFEST_NODES
from tests.gateway.edge.grpc.serving import OTHER_TOKEN, TOKEN, Serve, hang
from tests.isolation.lag import measured_lag
from tests.isolation.test_b09_many_imports_watches_and_lists import document

#: Seconds of work of the loop's own.
BOUND = 0.05

MANY_WORDS = b"toolset: t\nexclude: [" + b"a, " * (MANIFEST_NODES - 10) + b"a]\n"
MANIFESTS = {
    "more words than there may be": b"toolset: t\nexclude: [" + b"a," * (MANIFEST_BYTES // 2 - 100) + b"a]\n",
    "as many as there may be, and one that is wrong": MANY_WORDS + b"include: [1]\n",
}


@pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=MANIFESTS.keys())
async def test_a_manifest_is_read_beside_the_event_loop(serve: Serve, manifest: bytes) -> None:
    assert len(manifest) <= MANIFEST_BYTES
    served = await serve(hang)
    async with AsyncClient(served.address, token=TOKEN, retry=RetryPolicy(patience=0)) as client:
        async with measured_lag() as lag:
            with pytest.raises(ManifestInvalid):
                await client.toolsets.import_openapi(document(2), "t", server="https://api.example.com", manifest=manifest)
        assert lag.worst < BOUND


async def test_manifests_of_a_tenant_are_read_in_turn_and_another_tenant_imports_meanwhile(serve: Serve) -> None:
    served, manifest = await serve(hang), MANIFESTS["as many as there may be, and one that is wrong"]
    async with AsyncClient(served.address, token=TOKEN) as one, AsyncClient(served.address, token=OTHER_TOKEN) as other:
        reading = [
            asyncio.create_task(one.toolsets.import_openapi(document(2), f"t{number}", manifest=manifest))
            for number in range(4)
        ]
        await other.toolsets.import_openapi(document(2), "t", server="https://api.example.com")
        assert sum(task.done() for task in reading) <= 2
        await asyncio.gather(*reading, return_exceptions=True)
