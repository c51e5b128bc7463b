"""The processes that check what the gateway does not check itself.

What is little work has a lane of its own: the reasons why small arguments do not fit never wait for arguments that take long.
"""

from registry.checking.checking_process import CheckJob, CheckResult, ViewJob
from registry.checking.lane import Lane, Width
from registry.checking.view_work import SeenAnswer

#: For what the gateway has held to be little work; only its explanation may take longer.
LITTLE = Width(processes=1, cpu_seconds=0.1)
#: For all else. Most jobs take some milliseconds.
MUCH = Width(processes=2, cpu_seconds=0.5)
#: For what views make of answers: an expression of words that are common looks at some hundred thousand values in that time.
VIEWS = Width(processes=1, cpu_seconds=2.0)


class CheckingPool:
    def __init__(self) -> None:
        self._little, self._much, self._views = Lane(LITTLE), Lane(MUCH), Lane(VIEWS)

    async def check(self, tenant: str, job: CheckJob, *, little: bool = False) -> CheckResult:
        """See `CheckingProcess.do`. Raises CheckerFailed where no process can do it, or none in time."""
        return await (self._little if little else self._much).do(tenant, job)

    async def see(self, tenant: str, job: ViewJob) -> SeenAnswer | None:
        """See `CheckingProcess.see`. Raises CheckerFailed, as `check` does."""
        return await self._views.do(tenant, job)

    async def close(self) -> None:
        await self._little.close()
        await self._much.close()
        await self._views.close()
