"""What calls were asked and answered, kept beside their records where a tool's manifest says so: the protocol, and the fake.

An exchange outlives the record of its call: it is kept for as long as the manifest says, and bounded by the tenant's quota.
"""

import time
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from typing import Protocol

from gateway.model.invocation import Outcome
from gateway.model.principal import Principal
from gateway.model.quotas import Quotas, QuotaUse, exceeded


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call. `tool`: name@version. `arguments`: JSON, as its caller gave them; `outcome`, with its answer: each None where
    it is not kept. Times in seconds since the epoch."""

    id: str
    principal: Principal
    tool: str
    digest: str
    _: KW_ONLY
    run_id: str
    arguments: bytes | None = field(repr=False)
    outcome: Outcome | None
    ended: float
    expires: float


class Exchanges(Protocol):
    """Every method raises StoreUnavailable where the store does not answer."""

    async def keep(self, exchange: Exchange, seconds: float) -> None:
        """Keep it for so long, in the place of one with its id: but nothing of a call that had ended when its tenant's were
        erased. Raises QuotaExceeded."""
        ...

    async def find(self, tenant: str, id: str) -> Exchange | None: ...

    async def forget(self, tenant: str) -> int:
        """Erase all of a tenant's, for good. Answers how many there were."""
        ...

    async def use(self, tenant: str) -> tuple[QuotaUse, ...]:
        """How much of its quota a tenant has used."""
        ...


class MemoryExchanges:
    """Counts arguments and answers alone. `clock` gives seconds since the epoch."""

    def __init__(self, quotas: Quotas | None = None, clock: Callable[[], float] = time.time) -> None:
        self._most = (quotas or Quotas()).exchanges_bytes
        self._clock = clock
        self._erased: dict[str, float] = {}
        self._kept: dict[tuple[str, str], tuple[Exchange, float]] = {}

    async def keep(self, exchange: Exchange, seconds: float) -> None:
        place = exchange.principal.tenant, exchange.id
        if exchange.ended <= self._erased.get(place[0], 0.0):
            return
        (use,) = await self.use(place[0])
        before = self._kept.get(place)
        used = use.used - (_size(before[0]) if before else 0)
        if used + _size(exchange) > self._most:
            raise exceeded(QuotaUse("exchanges_bytes", used, self._most))
        self._kept[place] = exchange, self._clock() + seconds

    async def find(self, tenant: str, id: str) -> Exchange | None:
        self._sweep()
        kept = self._kept.get((tenant, id))
        return kept[0] if kept else None

    async def forget(self, tenant: str) -> int:
        self._sweep()
        self._erased[tenant] = self._clock()
        places = [place for place in self._kept if place[0] == tenant]
        for place in places:
            del self._kept[place]
        return len(places)

    async def use(self, tenant: str) -> tuple[QuotaUse, ...]:
        self._sweep()
        used = sum(_size(exchange) for (owner, _), (exchange, _) in self._kept.items() if owner == tenant)
        return (QuotaUse("exchanges_bytes", used, self._most),)

    def _sweep(self) -> None:
        self._kept = {place: kept for place, kept in self._kept.items() if self._clock() < kept[1]}


def _size(exchange: Exchange) -> int:
    answer = exchange.outcome.answer if exchange.outcome else None
    return len(exchange.arguments or b"") + len(answer.body if answer else b"")
