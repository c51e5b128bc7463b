"""Lists calls: which a caller may see, and wants to see, the newest first."""

from dataclasses import dataclass

from gateway.decisions.policy import Policy
from gateway.model.invocation import Invocation, InvocationState
from gateway.model.principal import Caller
from gateway.records.ledger.protocol import Acceptance, Ledger

#: Calls that are looked at for one page, whether they are wanted or not: a page takes some tenths of a second at most.
LOOKS = 500
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

    def fits(self, invocation: Invocation) -> bool:
        request = invocation.request
        return (
            self.tool in {"", request.version, request.version.partition("@")[0]}
            and (not self.states or invocation.state in self.states)
            and self.run_id in {"", request.run_id}
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

    async def page(self, caller: Caller, wanted: Wanted, *, before: Acceptance | None, size: int) -> CallPage:
        """Up to `size` of them that were accepted before."""
        found: dict[str, Invocation] = {}
        looks, before = 0, before or _begin(wanted)
        async for place in self.ledger.acceptances(caller.principal.tenant, before=before):
            if wanted.since is not None and place.time < wanted.since * 1000 - SAME_MOMENT:
                break
            if looks == LOOKS or len(found) == size:
                return CallPage(tuple(found.values()), before)
            looks, before = looks + 1, place
            if place.id not in found and (call := await self._call(caller, wanted, place)) is not None:
                found[place.id] = call
        return CallPage(tuple(found.values()), None)

    async def _call(self, caller: Caller, wanted: Wanted, place: Acceptance) -> Invocation | None:
        call = await self.ledger.read(caller.principal.tenant, place.id)
        if call is None or call.accepted * 1000 > place.time + SAME_MOMENT:  # a later call has the key by now
            return None
        return call if self.policy.may_see(caller, call.principal) and wanted.fits(call) else None


def _begin(wanted: Wanted) -> Acceptance | None:
    """Before all that the caller does not want to see."""
    return Acceptance(int(wanted.until * 1000) + SAME_MOMENT + 1, 0, "") if wanted.until is not None else None
