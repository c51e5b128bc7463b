"""The processes that check what the gateway does not check itself.

What is little work has a lane of its own: the reasons why small arguments do not fit never wait for arguments that take long.
"""

from registry.checking.checking_process import CheckJob, CheckResult
from registry.checking.lane import Lane, Width

#: For what the gateway has held to be little work; only its explanation may take longer.
LITTLE = Width(processes=1, cpu_seconds=0.1)
#: For all else. Most jobs take some milliseconds.
MUCH = Width(processes=2, cpu_seconds=0.5)


class CheckingPool:
    def __init__(self) -> None:
        self._little, self._much = Lane(LITTLE), Lane(MUCH)

    async def check(self, tenant: str, job: CheckJob, *, little: bool = False) -> CheckResult:
        """See `CheckingProcess.do`. Raises CheckerFailed where no process can do it, or none in time."""
        return await (self._little if little else self._much).do(tenant, job)

    async def close(self) -> None:
        await self._little.close()
        await self._much.close()
