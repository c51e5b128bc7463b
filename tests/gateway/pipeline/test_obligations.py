"""What a call leaves to be done is done, or remains owed; and one obligation that cannot be met does not hold up the others."""

import asyncio
from typing import Any

from gateway.model.invocation import Outcome, Request, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.obligations import Obligations
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import New
from gateway.secrets.fake_credentials import MemoryCredentials
from registry.model.tool import Effect

CALLER = Principal("acme", "planner", "ada")
REQUEST = Request("charge", "charge@1.0.0", "sha256:0", Effect.NON_IDEMPOTENT, b"{}", "", "", 60.0, 3)


class Asleep:
    """A pool that knows of a box which never goes: the gateway that made it sleeps."""

    async def wait_removed(self, _name: str) -> None:
        await asyncio.Event().wait()


def test_a_box_that_does_not_go_remains_owed_and_is_given_up_for_now() -> None:
    async def scenario() -> None:
        ledger = MemoryLedger()
        pool: Any = Asleep()
        obligations = Obligations(ledger, MemoryCredentials(), pool, settle_within=0.05)
        claimed = await ledger.claim("inv_1", "f", CALLER, REQUEST, lease=10.0)
        assert isinstance(claimed, New)
        await ledger.dispatch(claimed.held, attempt=1, box="box-1")
        await ledger.record(claimed.held, Outcome(Verdict.UNKNOWN, effect_possible=True), None)
        async with asyncio.timeout(5):
            await obligations.meet("acme", "inv_1", "box:box-1")
        assert await ledger.owed("acme", age=0.0) == [("inv_1", "box:box-1")]

    asyncio.run(scenario())
