"""The processes that check what is too much work for the gateway's own: few, one job each at a time, and fair to tenants."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from registry.checking.checking_process import CheckingProcess, CheckResult, ProcessLost
from registry.model.errors import CheckerFailed
from registry.model.tool import JsonObject

#: Processes at once. A job has half a second of work at most, and most take some milliseconds.
MOST = 2


class CheckingPool:
    """Processes are started when they are needed, and kept. One of which a job ended is replaced by the next one."""

    def __init__(self) -> None:
        self._idle: list[CheckingProcess] = []
        self._places = asyncio.Semaphore(MOST)
        # One job of a tenant at a time: others find a place, however many it has.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: defaultdict[str, int] = defaultdict(int)

    async def check(self, tenant: str, name: str, schema: JsonObject, instance: bytes, *, explain: bool = False) -> CheckResult:
        """See `CheckingProcess.check`. Raises CheckerFailed where no process can do it."""
        async with self._turn(tenant), self._places:
            try:
                with suppress(ProcessLost):
                    return await self._checked(name, schema, instance, explain=explain)
                return await self._checked(name, schema, instance, explain=explain)
            except (ProcessLost, OSError) as error:
                raise CheckerFailed(f"no process can check the arguments: {error or 'it ended at once'}") from error

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().end()

    @asynccontextmanager
    async def _turn(self, tenant: str) -> AsyncIterator[None]:
        self._waiting[tenant] += 1
        try:
            async with self._turns[tenant]:
                yield
        finally:
            self._waiting[tenant] -= 1
            if not self._waiting[tenant]:
                del self._waiting[tenant], self._turns[tenant]

    async def _checked(self, name: str, schema: JsonObject, instance: bytes, *, explain: bool) -> CheckResult:
        process = await self._one()
        try:
            result = await process.check(name, schema, instance, explain=explain)
        except BaseException:  # an answer may be on its way, and would be taken for that to the next job
            await process.end()
            raise
        self._idle.append(process)
        return result

    async def _one(self) -> CheckingProcess:
        while self._idle:
            process = self._idle.pop()
            if process.alive:
                return process
            await process.end()
        return await CheckingProcess.start()
