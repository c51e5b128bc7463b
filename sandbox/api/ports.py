"""What the gateway sees of the sandbox: lease a box, run one job in it."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sandbox.api.job import Egress, Job, ProgramJob
from sandbox.api.pool_stats import PoolStats
from sandbox.api.result import Result
from sandbox.api.spec import RUNNER, BoxSpec

Permit = Callable[[], Awaitable[float | None]]
"""Asked before the first request byte, by the runner or, for a program, by the broker. Where a job may send unasked, it is
asked while the answer is waited for, and not at all for one that comes at once.

Answers the seconds in which it may begin to send, or None: never."""


class Box(Protocol):
    """A leased box. It runs one job; a second is refused with RuntimeError."""

    @property
    def name(self) -> str: ...

    async def run(self, job: Job | ProgramJob, permit: Permit) -> Result:
        """Run the job to its result. Cancelling it ends the box. Never raises for what the box or the upstream does."""
        ...


class Pool(Protocol):
    """A bounded set of waiting boxes."""

    @property
    def stats(self) -> PoolStats:
        """What was counted, as of now. May be read from another thread."""
        ...

    def lease(
        self, egress: Egress, *, wait: float, tenant: str = "", spec: BoxSpec = RUNNER
    ) -> AbstractAsyncContextManager[Box]:
        """Hold one box exclusively; on exit it is destroyed, in the background. Who waits, waits in turn with other tenants.

        Raises PoolExhausted after `wait` seconds without a box, or at once where none can come in that time; ImageMissing where
        the engine lacks the spec's image, ImageUnusable where no box can be made of it; EngineUnavailable at once where no box
        can be made at all.
        """
        ...

    async def wait_removed(self, name: str) -> None:
        """Return once the box of that name is confirmed gone; end it where it is of another gateway, which may be frozen.

        Raises BoxElsewhere, RegisterUnavailable, EngineUnavailable.
        """
        ...

    async def sweep(self) -> None:
        """Remove what dead gateways left on this host, and what this pool gave up. Raises SandboxError: then again later."""
        ...
