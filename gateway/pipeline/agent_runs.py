"""Runs of agents: who may begin, see and stop them, and what becomes of the calls of one that is over."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from gateway.decisions.policy import Policy, Rule
from gateway.model.errors import InvocationNotFound, NotPermitted
from gateway.model.principal import Caller
from gateway.model.run import Run, RunEnd, RunKey, RunStatus, Save, StartTerms, WholeRun, not_found
from gateway.pipeline.invoker import Invoker
from gateway.records.runs.protocol import RunPlace, Runs

log = structlog.get_logger(__name__)

#: Calls of which it is asked at one time whether they have ended.
AT_ONCE = 250
#: Runs that are looked at for one page, whether they are wanted or not.
LOOKS = 500


@dataclass(frozen=True, slots=True)
class WantedRuns:
    """All that is set has to hold."""

    statuses: frozenset[RunStatus] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)

    def fits(self, run: Run) -> bool:
        return (not self.statuses or run.status in self.statuses) and self.labels.items() <= dict(run.labels).items()


@dataclass(frozen=True, slots=True)
class RunPage:
    """`rest`: behind which the next page begins; None where there is none."""

    runs: tuple[Run, ...]
    rest: RunPlace | None


@dataclass(frozen=True, slots=True)
class AgentRuns:
    policy: Policy
    runs: Runs
    invoker: Invoker

    async def start(self, caller: Caller, name: str, terms: StartTerms) -> WholeRun:
        """The caller's run of this name. Raises NotPermitted, RunPlanDiffers, QuotaExceeded."""
        if not caller.rule.tools:
            raise NotPermitted(f"{caller.principal.agent} may call no tool, and so needs no run")
        return await self.runs.start(RunKey(caller.principal, name), terms)

    async def find(self, caller: Caller, key: RunKey) -> WholeRun:
        """Raises RunNotFound, also where this caller may not see it."""
        found = await self.runs.find(key) if self.policy.may_see(caller, key.owner) else None
        if found is None:
            raise not_found(key)
        return found

    async def page(self, caller: Caller, wanted: WantedRuns, *, after: RunPlace | None, size: int) -> RunPage:
        """Up to `size` of those that the caller may see, and wants to."""
        found, looks = list[Run](), 0
        async for place, run in self.runs.list(caller.principal.tenant, after=after):
            if looks == LOOKS or len(found) == size:
                return RunPage(tuple(found), after)
            looks, after = looks + 1, place
            if wanted.fits(run) and self.policy.may_see(caller, run.key.owner):
                found.append(run)
        return RunPage(tuple(found), None)

    async def save(self, caller: Caller, name: str, save: Save) -> int:
        """The version that the caller's run has then. Raises as `Runs.save`, and as an artifact that is named."""
        if save.state.artifact:
            await self.invoker.artifacts.find(caller, save.state.artifact)
        return await self.runs.save(RunKey(caller.principal, name), save)

    async def end(self, caller: Caller, name: str, end: RunEnd) -> Run:
        """The caller's run, which is over. Raises as `Runs.end`."""
        return await self._end(RunKey(caller.principal, name), end)

    async def kill(self, caller: Caller, key: RunKey, reason: str) -> Run:
        """Raises RunNotFound, NotPermitted."""
        await self.find(caller, key)
        self.policy.authorize_kill(caller, key.owner)
        author = f"{caller.principal.agent}/{caller.principal.subject}"
        killed = await self._end(key, RunEnd(RunStatus.KILLED, author, reason))
        log.warning("run_killed", run=key.id, tenant=key.owner.tenant, status=killed.status, author=author)
        return killed

    async def _end(self, key: RunKey, end: RunEnd) -> Run:
        ended = await self.runs.end(key, end)
        if key in await self.runs.stopping(key.owner.tenant):
            await self.stop_calls(key)
        return ended

    async def stop(self) -> None:
        """Stop the calls of all runs that are over, as far as that is still to be done: a gateway may have died at it."""
        for tenant in await self.invoker.ledger.tenants():
            for key in await self.runs.stopping(tenant):
                await self.stop_calls(key)

    async def stop_calls(self, key: RunKey) -> bool:
        """Cancel what is under way of a run that is over. False where some of it still is: it is to be looked at again."""
        left, page = 0, list[str]()
        async for place in self.runs.calls(key):
            page.append(place.id)
            if len(page) == AT_ONCE:
                left += await self._stop_some(key, page)
                page = []
        left += await self._stop_some(key, page)
        if not left:
            await self.runs.stopped(key)
        return not left

    async def _stop_some(self, key: RunKey, ids: list[str]) -> int:
        """How many of these are under way even so."""
        left, caller = 0, Caller(key.owner, Rule())  # a run's calls are its owner's
        for id in await self.invoker.ledger.under_way(key.owner.tenant, ids):
            with suppress(InvocationNotFound):
                left += not (await self.invoker.cancel(caller, id)).state.ended
        return left
