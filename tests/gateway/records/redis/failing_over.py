"""Two servers, of which one takes the other's place; and a call that has its permission."""

import asyncio

from gateway.records.ledger.protocol import Claimed, FencedLease, New
from gateway.records.redis.ledger import RedisLedger
from tests.conftest import DURABLE
from tests.gateway.records.lives import CALLER, ONCE
from tests.gateway.records.stores import operator_of

#: A replica is not kept waiting for others.
AT_ONCE = [*DURABLE, "--repl-diskless-sync-delay", "0"]


class Pair:
    """A primary with a replica, which stops to follow it, and takes its place."""

    def __init__(self, primary: str, replica: str) -> None:
        self.primary, self.replica = primary, replica

    async def follow(self) -> None:
        host, _, port = self.primary.removeprefix("redis://").partition("/")[0].rpartition(":")
        async with operator_of(self.replica) as operator:
            await operator.replicaof(host, port)

    async def replicated(self) -> None:
        """All that was acknowledged until now is on the replica."""
        async with operator_of(self.primary) as operator:
            assert await operator.wait(1, 5000) == 1

    async def fall_behind(self) -> None:
        """What comes from now on is on the primary only."""
        await self.replicated()
        async with operator_of(self.replica) as operator:
            await operator.replicaof("NO", "ONE")


async def charge(ledger: RedisLedger, id: str = "inv_1") -> FencedLease:
    """A call that has its permission to send."""
    claimed = await ledger.claim(id, "f", CALLER, ONCE, lease=10.0)
    assert isinstance(claimed, New)
    await ledger.dispatch(claimed.held, attempt=1, box="box-1")
    return claimed.held


async def settled(*ledgers: RedisLedger) -> None:
    """Wait until the history is settled. Each ledger renews its mark meanwhile, as its gateway does every second."""
    async with asyncio.timeout(10):
        while True:
            for ledger in ledgers:
                await ledger.remember()
            if not (await ledgers[0].history("acme")).open:
                return


async def claim_again(ledger: RedisLedger, id: str = "inv_1") -> Claimed:
    return await ledger.claim(id, "f", CALLER, ONCE, lease=10.0)
