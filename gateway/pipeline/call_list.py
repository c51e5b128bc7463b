"""Lists calls: which a caller may see, and wants to see, the newest first.

The tenant's log has them; a run that was started has its own calls, as far back as it goes.
"""

from collections.abc import AsyncIterator
from dataclasses import KW_ONLY, dataclass

from gateway.decisions.policy import Policy
from gateway.model.invocation import Invocation, InvocationState
from gateway.model.principal import Caller, Principal
from gateway.model.run import RunKey
from gateway.records.ledger.protocol import Acceptance, Ledger
from gateway.records.runs.protocol import CallPlace, Runs

#: Calls that are looked at for one page, whether they are wanted or not: a page takes some tenths of a second at most.
LOOKS = 500
#: In the place of a time: it is the place of a call among those of its run.
OF_RUN = 0
#: Milliseconds by which the store's log and a record may differ about when a call was accepted.
SAME_MOMENT = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that is set has to hold. `tool`: a name, or one with its version. `since`, `until`: seconds, the latter excluded."""

    tool: str = ""
    states: frozenset[InvocationState] = frozenset()
    run_id: str = ""
    since: float | None = None
    until: float | None = None
    _: KW_ONLY
    agent: str = ""
    subject: str = ""

    def run_of(self, tenant: str) -> RunKey | None:
        """The one run whose calls are wanted, where there is one."""
        named = self.run_id and self.agent and self.subject
        return RunKey(Principal(tenant, self.agent, self.subject), self.run_id) if named else None

    def fits(self, invocation: Invocation) -> bool:
        request = invocation.request
        return (
            self.tool in {"", request.version, request.version.partition("@")[0]}
            and (not self.states or invocation.state in self.states)
            and self.run_id in {"", request.run_id}
            and self.agent in {"", invocation.principal.agent}
            and self.subject in {"", invocation.principal.subject}
            and (self.since is None or invocation.accepted >= self.since)
            and (self.until is None or invocation.accepted < self.until)
        )


@dataclass(frozen=True, slots=True)
class CallPage:
    """`rest`: before which the next page begins; None where there is none."""

    calls: tuple[Invocation, ...]
    rest: Acceptance | None


@dataclass(frozen=True, slots=True)
class CallList:
    policy: Policy
    ledger: Ledger
    runs: Runs

    async def page(self, caller: Caller, wanted: Wanted, *, before: Acceptance | None, size: int) -> CallPage:
        """Up to `size` of them that were accepted before."""
        found: dict[str, Invocation] = {}
        looks, tenant = 0, caller.principal.tenant
        run = wanted.run_of(tenant) if before is None or before.time == OF_RUN else None
        if run is not None and (before is not None or await self._has_calls(run)):
            places = self._calls_of(run, before)
        else:
            before = before or _begin(wanted)
            places = self.ledger.acceptances(tenant, before=before)
        async for place in places:
            if wanted.since is not None and OF_RUN != place.time < wanted.since * 1000 - SAME_MOMENT:
                break
            if looks == LOOKS or len(found) == size:
                return CallPage(tuple(found.values()), before)
            looks, before = looks + 1, place
            if place.id not in found and (call := await self._call(caller, wanted, place)) is not None:
                found[place.id] = call
        return CallPage(tuple(found.values()), None)

    async def _has_calls(self, run: RunKey) -> bool:
        async for _ in self.runs.calls(run):
            return True
        return False

    async def _calls_of(self, run: RunKey, before: Acceptance | None) -> AsyncIterator[Acceptance]:
        behind = CallPlace(before.order, before.id) if before else None
        async for place in self.runs.calls(run, before=behind):
            yield Acceptance(OF_RUN, place.order, place.id)

    async def _call(self, caller: Caller, wanted: Wanted, place: Acceptance) -> Invocation | None:
        call = await self.ledger.read(caller.principal.tenant, place.id)
        if call is None or OF_RUN != place.time < call.accepted * 1000 - SAME_MOMENT:  # a later call has the key by now
            return None
        return call if self.policy.may_see(caller, call.principal) and wanted.fits(call) else None


def _begin(wanted: Wanted) -> Acceptance | None:
    """Before all that the caller does not want to see."""
    return Acceptance(int(wanted.until * 1000) + SAME_MOMENT + 1, 0, "") if wanted.until is not None else None
