"""All keys of a step lie in one hash slot: the ledger and the catalog on a server that is a Redis Cluster of one."""

import time
from collections.abc import Callable

import pytest
import redis

from gateway.model.invocation import InvocationState
from gateway.records.ledger.protocol import Known, New
from gateway.records.redis.ledger import RedisLedger
from tests.gateway.records.lives import ATTEMPT, CALLER, DONE, ONCE
from tests.gateway.records.stores import opened

DURABLE = ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--save", ""]
CLUSTER = [*DURABLE, "--cluster-enabled", "yes"]
READY_WITHIN = 30.0


@pytest.fixture(params=["valkey", "redis"])
def cluster(request: pytest.FixtureRequest, start_redis: Callable[..., str], free_port: Callable[[], int]) -> str:
    # Left to itself, the bus listens 10,000 ports higher, where there may be none.
    url = start_redis(request.param, [*CLUSTER, "--cluster-port", str(free_port())])
    client = redis.Redis.from_url(url)
    client.cluster("ADDSLOTSRANGE", "0", "16383")
    deadline = time.monotonic() + READY_WITHIN
    while "'cluster_state': 'ok'" not in str(client.cluster("INFO")):
        assert time.monotonic() < deadline, "the cluster did not become ready"
    client.close()
    return url


@pytest.mark.slow
async def test_a_life_from_claim_to_known_key_takes_place_on_a_cluster(cluster: str) -> None:
    async with opened(cluster) as store:
        ledger = RedisLedger(store)
        claimed = await ledger.claim("inv_1", "f", CALLER, ONCE, lease=10.0)
        assert isinstance(claimed, New)
        await ledger.oblige(claimed.held, "acc-1", 1)
        await ledger.dispatch(claimed.held, attempt=1, box="box-1")
        await ledger.record(claimed.held, DONE, ATTEMPT)
        async for id, obligation in ledger.owed("acme", age=0.0):
            await ledger.discharge("acme", id, obligation)
        known = await ledger.claim("inv_1", "f", CALLER, ONCE, lease=10.0)
        assert isinstance(known, Known)
        assert (known.invocation.state, known.invocation.outcome) == (InvocationState.SUCCEEDED, DONE)
        kinds = [event.kind async for event in ledger.events("acme", "inv_1", settled=True)]
        assert kinds[-1] in {"TOKEN_REVOKED", "BOX_REMOVED"}
        assert await ledger.tenants() == ["acme"]
