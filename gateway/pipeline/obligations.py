"""What a call leaves to be done: revoke its token, see its box gone. In the background, and never forgotten.

Every obligation is in the ledger before it arises; but a READ's box with its end at the latest. What fails here, or dies with
this process, stays there for `gateway.maintenance`.
"""

import asyncio
from collections.abc import Coroutine, Iterable

import structlog

from gateway.model.errors import StoreUnavailable, VaultUnavailable
from gateway.records.ledger.protocol import Ledger
from gateway.secrets.credentials import Credentials
from sandbox.api.errors import SandboxError
from sandbox.api.ports import Pool

log = structlog.get_logger(__name__)

#: The kinds of obligation.
TOKEN, BOX = "token", "box"


#: Seconds to wait for a box to be gone before the next obligation is looked at: a sleeping gateway's may be there for long.
REMOVED_WITHIN = 10.0

#: Seconds for the caller to get its answer: what follows keeps Vault and the engine busy.
COURTESY = 0.05


class Obligations:
    def __init__(self, ledger: Ledger, credentials: Credentials, pool: Pool, *, removed_within: float = REMOVED_WITHIN) -> None:
        self._removed_within = removed_within
        self.ledger = ledger
        self.credentials = credentials
        self._pool = pool
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, tenant: str, id: str, obligations: Iterable[str]) -> None:
        """Start to meet obligations (`token:ACCESSOR` or `box:NAME`), without waiting for them."""
        for obligation in obligations:
            self._spawn(self._meet_soon(tenant, id, obligation))

    async def meet(self, tenant: str, id: str, obligation: str) -> bool:
        """Meet an obligation and say so in the ledger. False where that is not possible now: it is logged, and remains owed."""
        kind, _, name = obligation.partition(":")
        try:
            if kind == TOKEN:
                await self.credentials.revoke(name)
            else:
                async with asyncio.timeout(self._removed_within):
                    await self._pool.wait_removed(name)
            await self.ledger.discharge(tenant, id, obligation)
        except (VaultUnavailable, StoreUnavailable, SandboxError, TimeoutError) as error:
            log.warning("obligation_remains", invocation=id, obligation=kind, error=str(error) or type(error).__name__)
            return False
        return True

    async def _meet_soon(self, tenant: str, id: str, obligation: str) -> None:
        await asyncio.sleep(COURTESY)
        await self.meet(tenant, id, obligation)

    async def drain(self, grace: float) -> None:
        """Wait for all that was begun, up to `grace` seconds. What is left then stays owed."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
