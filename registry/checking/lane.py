"""A few processes that take turns at the jobs of all tenants: one job of a tenant at a time, and its next one behind theirs.

So a tenant waits for one job of each tenant that has some, however many these have, and no longer than a bound.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from registry.checking.checking_process import CheckingProcess, ProcessLost
from registry.model.errors import CheckerFailed

#: Seconds that a job waits for its turn, before its caller is told.
PATIENCE = 5.0
_CURE = "Try again in some seconds; what is small and fits waits for no other check."


Done_co = TypeVar("Done_co", covariant=True)


class LaneJob(Protocol[Done_co]):
    """What a process can do."""

    async def done_by(self, process: CheckingProcess, cpu_seconds: float) -> Done_co:
        """Raises ProcessLost."""


@dataclass(frozen=True, slots=True)
class Width:
    """How many jobs a lane does at once, and how many seconds of work each may take."""

    processes: int
    cpu_seconds: float


class Lane:
    """Processes are started when they are needed, and kept. One that a job has ended is replaced before the job is over."""

    def __init__(self, width: Width, patience: float = PATIENCE) -> None:
        self._width = width
        self._patience = patience
        self._idle: list[CheckingProcess] = []
        self._places = asyncio.Semaphore(width.processes)
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: defaultdict[str, int] = defaultdict(int)

    async def do(self, tenant: str, job: LaneJob[Done_co]) -> Done_co:
        """Raises CheckerFailed where no process can do it, or its turn does not come in time."""
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(self._patience):
                    await held.enter_async_context(self._turn(tenant))
                    await held.enter_async_context(self._places)
            except TimeoutError:
                raise CheckerFailed(f"other checks have taken {self._patience:g} s", cure=_CURE) from None
            return await self._done(job)

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

    async def _done(self, job: LaneJob[Done_co]) -> Done_co:
        """Another process does what one that was lost has not done: that was not the job's fault."""
        try:
            with suppress(ProcessLost):
                return await self._done_once(job)
            return await self._done_once(job)
        except (ProcessLost, OSError) as error:
            raise CheckerFailed(f"no process can check the arguments: {error or 'it ended at once'}") from error

    async def _done_once(self, job: LaneJob[Done_co]) -> Done_co:
        process = await self._one()
        try:
            result = await job.done_by(process, self._width.cpu_seconds)
        except BaseException:  # an answer may be on its way, and would be taken for that to the next job
            await process.end()
            raise
        await self._keep(process)
        return result

    async def _one(self) -> CheckingProcess:
        while self._idle:
            process = self._idle.pop()
            if process.alive:
                return process
            await process.end()
        return await CheckingProcess.start()

    async def _keep(self, process: CheckingProcess) -> None:
        """Whose job has ended it waits until there is another one: no other tenant does."""
        if not process.alive:
            await process.end()
            with suppress(OSError):  # then the next job tries, and tells
                self._idle.append(await CheckingProcess.start())
            return
        self._idle.append(process)
