"""What is kept of runs. The protocol.

Whether a run is over is decided where its next call is claimed, by the same step of the store (`Ledger.claim`): so runs lie
among the records of their tenant.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from gateway.model.run import Run, RunEnd, RunKey, Save, StartTerms, WholeRun


@dataclass(frozen=True, slots=True, order=True)
class RunPlace:
    """Where a run stands among those of its tenant, the newest first. `started` in milliseconds of the store's clock."""

    started: int
    id: str


@dataclass(frozen=True, slots=True, order=True)
class CallPlace:
    """Where a call stands among those of its run. `order`: the number of its claim among its tenant's events."""

    order: int
    id: str


class Runs(Protocol):
    """Every method raises StoreUnavailable where the store does not answer. Those that change something raise StoreRolledBack
    where it has lost what it acknowledged, and StoreUnsettled while that is not known; nothing is changed then."""

    async def start(self, key: RunKey, terms: StartTerms) -> WholeRun:
        """The run of this name, whatever has become of it since; begun now, where there is none.

        Raises RunPlanDiffers where it was started with another plan, QuotaExceeded.
        """
        ...

    async def find(self, key: RunKey) -> WholeRun | None: ...

    async def save(self, key: RunKey, save: Save) -> int:
        """Keep a state in the place of the version that was seen. The version that it is.

        The very same save, sent again, is answered as before. Raises RunNotFound, RunEnded, RunKilled, QuotaExceeded; with the
        version that is kept RunStateMoved, and RunStateLost where that is older than the one that was seen.
        """
        ...

    async def end(self, key: RunKey, end: RunEnd) -> Run:
        """End a run, or kill it. Saying the same again changes nothing, nor does killing one that has ended.

        Raises RunNotFound, and RunEnded, RunKilled where it has ended in another way.
        """
        ...

    def list(self, tenant: str, *, after: RunPlace | None = None) -> AsyncIterator[tuple[RunPlace, Run]]:
        """The runs of a tenant that follow that place, the one that was started last first."""
        ...

    def calls(self, key: RunKey, *, before: CallPlace | None = None) -> AsyncIterator[CallPlace]:
        """The calls of a run, the one that was claimed last first: those before that one. The record of one may be gone.

        The newest 10,000 of a run are known.
        """
        ...

    async def stopping(self, tenant: str) -> tuple[RunKey, ...]:
        """The runs that are over, and whose calls may not all have been stopped."""
        ...

    async def stopped(self, key: RunKey) -> None:
        """No call of the run is under way any more. Repeating it changes nothing."""
        ...
