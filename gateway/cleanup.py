"""What a call leaves to be done: revoke its token, see its box gone. In the background, and never forgotten.

Every obligation is in the ledger before it arises. What fails here, or dies with this process, stays there for `upkeep`.
"""

import asyncio
from collections.abc import Coroutine

import structlog

from gateway.credentials import Credentials
from gateway.errors import StoreUnavailable, VaultUnavailable
from gateway.ledger import Ledger
from sandbox.errors import SandboxError
from sandbox.lease import Pool

log = structlog.get_logger(__name__)

TOKEN, BOX = "token", "box"


class Cleanup:
    def __init__(self, ledger: Ledger, credentials: Credentials, pool: Pool) -> None:
        self._ledger = ledger
        self._credentials = credentials
        self._pool = pool
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, tenant: str, id: str, obligation: str) -> None:
        """Start to meet an obligation (`token:ACCESSOR` or `box:NAME`), without waiting for it."""
        self._spawn(self.meet(tenant, id, obligation))

    def revoke_unowned(self, accessor: str) -> None:
        """Revoke a token that the ledger would not take charge of."""
        self._spawn(self._revoke(accessor))

    async def meet(self, tenant: str, id: str, obligation: str) -> None:
        """Meet an obligation and say so in the ledger. What is not possible now is logged, and remains owed."""
        kind, _, name = obligation.partition(":")
        try:
            if kind == TOKEN:
                await self._credentials.revoke(name)
            else:
                await self._pool.wait_settled(name)
            await self._ledger.discharge(tenant, id, obligation)
        except (VaultUnavailable, StoreUnavailable, SandboxError) as error:
            log.warning("obligation_remains", invocation=id, obligation=kind, error=str(error))

    async def drain(self) -> None:
        """Return when all that was begun has ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _revoke(self, accessor: str) -> None:
        try:
            await self._credentials.revoke(accessor)
        except VaultUnavailable as error:
            log.warning("token_left_to_its_ttl", error=str(error))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
