"""What a call leaves to be done is done, or remains owed; and one obligation that cannot be met does not hold up the others."""

import asyncio

from gateway.model.invocation import Outcome, Request, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.obligations import Obligations
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import New
from gateway.secrets.fake_credentials import MemoryCredentials
from registry.model.tool import Effect
from sandbox.testing.fake_pool import FakePool
from tests.gateway.records.lists import whole

CALLER = Principal("acme", "planner", "ada")
REQUEST = Request(
    tool="charge",
    version="charge@1.0.0",
    digest="sha256:0",
    effect=Effect.NON_IDEMPOTENT,
    args_json=b"{}",
    run_id="",
    traceparent="",
    timeout=60.0,
    max_attempts=3,
)


class PoolOfSleeper(FakePool):
    """Its boxes never go: the gateway that made them sleeps."""

    async def wait_removed(self, _name: str) -> None:
        await asyncio.Event().wait()


async def test_a_box_that_does_not_go_remains_owed_and_is_given_up_for_now() -> None:
    ledger = MemoryLedger()
    obligations = Obligations(ledger, MemoryCredentials(), PoolOfSleeper(), removed_within=0.05)
    claimed = await ledger.claim("inv_1", "f", CALLER, REQUEST, lease=10.0)
    assert isinstance(claimed, New)
    await ledger.dispatch(claimed.held, attempt=1, box="box-1")
    await ledger.record(claimed.held, Outcome(Verdict.UNKNOWN, effect_possible=True), None)
    async with asyncio.timeout(5):
        await obligations.meet("acme", "inv_1", "box:box-1")
    assert await whole(ledger.owed("acme", age=0.0)) == [("inv_1", "box:box-1")]
