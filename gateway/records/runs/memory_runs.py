"""Runs in memory, as `runs.lua` keeps them. They are forgotten with the process."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import KW_ONLY, dataclass, field, replace

from gateway.model.errors import RunPlanDiffers, RunStateLost, RunStateMoved, brief
from gateway.model.quotas import Quotas, QuotaUse, exceeded
from gateway.model.run import (
    MOST_CALLS,
    RUN_RETENTION,
    Run,
    RunEnd,
    RunKey,
    RunStatus,
    Save,
    SavedState,
    StartTerms,
    WholeRun,
    not_found,
    over,
)
from gateway.records.runs.protocol import CallPlace, RunPlace


@dataclass(slots=True)
class _KeptRun:
    run: Run
    terms: StartTerms
    _: KW_ONLY
    last: Save = field(default_factory=lambda: Save(-1, SavedState()))
    calls: list[CallPlace] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        return len(self.terms.plan) + len(self.last.state.content)


class MemoryRuns:
    """See `gateway.records.runs.protocol.Runs` for the promises."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        *,
        quotas: Quotas | None = None,
        retention: float = RUN_RETENTION,
    ) -> None:
        self._clock, self._quotas, self._retention = clock, quotas or Quotas(), retention
        self._kept: dict[RunKey, _KeptRun] = {}
        self._stopping: set[RunKey] = set()

    def standing(self, key: RunKey) -> RunStatus | None:
        """None where it was not started. For the ledger that asks when a call is claimed."""
        kept = self._of(key)
        return kept.run.status if kept else None

    def begun(self, key: RunKey, place: CallPlace) -> None:
        """A call of the run was claimed. Nothing is kept of one that was not started."""
        if (kept := self._of(key)) is not None:
            kept.calls = sorted([*kept.calls[1 - MOST_CALLS :], place])
            kept.run = replace(kept.run, calls=kept.run.calls + 1)
            self._touch(kept)

    def attached(self, key: RunKey, place: CallPlace) -> None:
        """A call of the run that was claimed before the run was started is sent again in it."""
        kept = self._of(key)
        if kept is not None and not kept.run.status.over and all(place.id != one.id for one in kept.calls):
            self.begun(key, place)

    async def start(self, key: RunKey, terms: StartTerms) -> WholeRun:
        if (known := self._of(key)) is not None:
            if known.terms.plan != terms.plan:
                raise RunPlanDiffers(f"the run {brief(key.name)} was started with another plan")
            return self._whole(known)
        self._require(key.owner.tenant, len(terms.plan), runs=1)
        now = self._clock()
        status = RunStatus.RUNNING
        run = Run(key=key, status=status, labels=terms.labels, version=0, calls=0, started=now, expires=now + self._retention)
        self._kept[key] = _KeptRun(run, terms)
        return replace(self._whole(self._kept[key]), new=True)

    async def find(self, key: RunKey) -> WholeRun | None:
        kept = self._of(key)
        return self._whole(kept) if kept else None

    async def save(self, key: RunKey, save: Save) -> int:
        kept = self._required(key)
        version = kept.run.version
        if save.seen > version:
            raise RunStateLost(f"the store has version {version} of the state, and version {save.seen} was seen", version)
        if save == kept.last:
            return version
        if kept.run.status.over:
            raise over(key, kept.run.status)
        if save.seen < version:
            raise RunStateMoved(f"version {version} of the state was saved, and version {save.seen} was seen", version)
        self._require(key.owner.tenant, len(save.state.content) - len(kept.last.state.content))
        kept.last = save
        kept.run = replace(kept.run, version=version + 1, saved=self._clock())
        self._touch(kept)
        return version + 1

    async def end(self, key: RunKey, end: RunEnd) -> Run:
        kept = self._required(key)
        status = kept.run.status
        if status.over:
            if end.status in {status, RunStatus.KILLED}:
                return kept.run
            raise over(key, status)
        kept.run = replace(kept.run, status=end.status, author=end.author, reason=end.reason, ended=self._clock())
        self._touch(kept)
        if kept.calls:
            self._stopping.add(key)
        return kept.run

    async def list(self, tenant: str, *, after: RunPlace | None = None) -> AsyncIterator[tuple[RunPlace, Run]]:
        of_tenant = [kept for key in list(self._kept) if key.owner.tenant == tenant and (kept := self._of(key))]
        newest_first = sorted(of_tenant, key=lambda kept: (-int(kept.run.started * 1000), kept.run.key.id))
        for kept in newest_first:
            place = RunPlace(int(kept.run.started * 1000), kept.run.key.id)
            if after is None or (-place.started, place.id) > (-after.started, after.id):
                yield place, kept.run

    async def calls(self, key: RunKey, *, before: CallPlace | None = None) -> AsyncIterator[CallPlace]:
        kept = self._of(key)
        for place in reversed(kept.calls if kept else []):
            if before is None or place.order < before.order:
                yield place

    async def stopping(self, tenant: str) -> tuple[RunKey, ...]:
        return tuple(key for key in self._stopping if key.owner.tenant == tenant and self._of(key))

    async def stopped(self, key: RunKey) -> None:
        self._stopping.discard(key)

    def _of(self, key: RunKey) -> _KeptRun | None:
        kept = self._kept.get(key)
        if kept is not None and kept.run.expires <= self._clock():
            del self._kept[key]
            return None
        return kept

    def _required(self, key: RunKey) -> _KeptRun:
        kept = self._of(key)
        if kept is None:
            raise not_found(key)
        return kept

    def _touch(self, kept: _KeptRun) -> None:
        kept.run = replace(kept.run, expires=self._clock() + self._retention)

    def _whole(self, kept: _KeptRun) -> WholeRun:
        return WholeRun(kept.run, kept.terms.plan, kept.last.state)

    def _require(self, tenant: str, further: int, *, runs: int = 0) -> None:
        known = [kept for key in list(self._kept) if key.owner.tenant == tenant and (kept := self._of(key))]
        used = sum(kept.bytes for kept in known)
        if runs and len(known) >= self._quotas.runs:
            raise exceeded(QuotaUse("runs", len(known), self._quotas.runs))
        if further > 0 and used + further > self._quotas.runs_bytes:
            raise exceeded(QuotaUse("runs_bytes", used, self._quotas.runs_bytes))
