"""The protocols that a gateway uses: a pool leases boxes, a box runs one job, a permit lets the job send."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sandbox.api.errors import SandboxError
from sandbox.api.job import Egress, Job, ProgramJob
from sandbox.api.pool_stats import PoolStats
from sandbox.api.result import Head, Result
from sandbox.api.spec import RUNNER, BoxSpec

#: The runner or, for a program, the broker asks it before the first request byte. Where a job may send unasked, it is asked
#: while the box waits for the answer, and not at all where the answer comes at once.
#:
#: Returns the seconds within which the job may begin to send, or None: it may not send.
Permit = Callable[[], Awaitable[float | None]]

#: Is told of an answer while it comes: of its head, and of each next piece of its body, without the secret. What it is told
#: counts only if the result says so, too. It returns at once, and raises nothing.
Hear = Callable[[Head, bytes], None]


class Box(Protocol):
    """A leased box. It runs one job; a second is refused with RuntimeError."""

    @property
    def name(self) -> str: ...

    async def run(self, job: Job | ProgramJob, permit: Permit, hear: Hear | None = None) -> Result:
        """Run the job to its result. To cancel this ends the box. Never raises for what the box or the upstream does.

        `hear` is told of an upstream's answer; of a program's output it is told nothing.
        """
        ...


class Pool(Protocol):
    """A bounded set of waiting boxes."""

    @property
    def trouble(self) -> SandboxError | None:
        """Why no box waits for a call, and none can be made, as far as that is known; with its cure. None while all is well."""
        ...

    @property
    def stats(self) -> PoolStats:
        """The counts so far. May be read from another thread."""
        ...

    def lease(
        self, egress: Egress, *, wait: float, tenant: str = "", spec: BoxSpec = RUNNER
    ) -> AbstractAsyncContextManager[Box]:
        """Hold one box exclusively; on exit it is destroyed, in the background. Tenants' callers wait in turn.

        Raises PoolExhausted after `wait` seconds without a box, or at once where none can come in that time; ImageMissing where
        the engine lacks the spec's image, ImageUnusable where no box can be made of it; EngineUnavailable at once where no box
        can be made at all.
        """
        ...

    def expected_wait(self, tenant: str = "", arriving: int = 0) -> float:
        """About how many seconds the tenant's next caller would wait for a box, where `arriving` others of it come first. 0: a
        box waits for it."""
        ...

    async def wait_removed(self, name: str) -> None:
        """Return once the box of that name is confirmed gone; end it where it is another gateway's, which may be frozen.

        Raises BoxElsewhere, BoxRegistryUnavailable, EngineUnavailable.
        """
        ...

    async def renew(self) -> None:
        """Say that this host lives. Raises BoxRegistryUnavailable, EngineUnavailable: say it again later.

        Raises HostRefused where this pool must end: its host was declared lost, or is a copy of another.
        """
        ...

    async def sweep(self) -> None:
        """Remove what dead gateways left on this host, and what this pool gave up. Raises SandboxError: sweep again later."""
        ...
