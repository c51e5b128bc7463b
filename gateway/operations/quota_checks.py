"""How much of its quotas has each tenant used, and does what was deleted leave Redis' disk?"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from gateway.model.errors import GatewayError
from gateway.model.quotas import QuotaUse, exceeded
from gateway.operations.doctor import PartFinding

PART, STORE = "quotas", "store"
#: The share of a quota from which an operator should look.
NEARLY = 0.9
#: Tenants that are shown: those that have used most.
SHOWN = 20
#: How many times the hours that were set, after which no gateway can be seeing to it.
LATE = 1.5

#: What a tenant has used of each quota.
Uses = Callable[[str], Awaitable[tuple[QuotaUse, ...]]]


async def check_quotas(tenants: Sequence[str], uses: Sequence[Uses]) -> list[PartFinding]:
    """Reads, and changes nothing that counts. A finding for each tenant, the one that has used most first."""
    try:
        used = {tenant: [one for use in uses for one in await use(tenant)] for tenant in tenants}
    except GatewayError as error:
        return [PartFinding(PART, False, str(error), error.cure)]
    ordered = sorted(used.items(), key=lambda entry: -max(map(_share, entry[1]), default=0.0))
    found = [_finding(tenant, quotas) for tenant, quotas in ordered[:SHOWN]]
    more = len(ordered) - SHOWN
    return found + ([PartFinding(PART, True, f"and {more:,} tenants more, which have used less")] if more > 0 else [])


def _finding(tenant: str, quotas: Sequence[QuotaUse]) -> PartFinding:
    told = ", ".join(f"{one.name} {one.used:,} of {one.most:,}" for one in quotas)
    full = [one for one in quotas if _share(one) >= NEARLY]
    return PartFinding(PART, True, f"{tenant}: {told}", exceeded(full[0]).cure if full else "", warns=bool(full))


def _share(use: QuotaUse) -> float:
    return use.used / use.most


class ErasureUnderCheck(Protocol):
    """`appends`: whether there is an append-only file; `done`: hours since all that was deleted before was gone from it."""

    @property
    def appends(self) -> bool: ...

    @property
    def done(self) -> float | None: ...

    @property
    def why(self) -> str: ...

    @property
    def cure(self) -> str: ...


def check_erasure(state: ErasureUnderCheck, hours: float, *, replicas: int) -> PartFinding:
    """`hours`: after which the operator wants it gone; 0: never."""
    if not state.appends:
        return PartFinding(STORE, True, "has no append-only file from which what was deleted would have to go")
    if not hours:
        return PartFinding(STORE, True, "what was deleted stays in the append-only file until Redis rewrites that by itself")
    if state.why:
        return PartFinding(STORE, True, f"what was deleted stays in the append-only file: {state.why}", state.cure, warns=True)
    if state.done is None or state.done > hours * LATE:
        since = "never" if state.done is None else f"{state.done:,.0f} hours ago"
        told = f"what was deleted is to be gone after {hours:g} hours; the append-only file was rewritten for it: {since}"
        return PartFinding(
            STORE, True, told, "A gateway asks for it within a minute or two of its start: see that one runs.", warns=True
        )
    told = f"what was deleted more than {state.done:,.1f} hours ago is gone from the append-only file"
    if replicas:
        cure = "Let each replica rewrite its own, too: BGREWRITEAOF there, once in so many hours."
        return PartFinding(STORE, True, f"{told} of the primary, and of no replica that was not asked itself", cure, warns=True)
    return PartFinding(STORE, True, told)
