"""How much a tenant's versions take in the catalog, counted in the step that stores them. None is ever deleted."""

from collections.abc import Sequence
from typing import Any

from gateway.model.quotas import Quotas, QuotaUse, exceeded
from gateway.records.redis.client import Store, Value

#: HASH: tenant → bytes of all its versions, since there are quotas.
SIZES = "cg:{catalog}:sizes"


class CatalogQuota:
    def __init__(self, store: Store, quotas: Quotas | None = None) -> None:
        self._store = store
        self._most = (quotas or Quotas()).catalog_bytes

    async def call(self, function: str, keys: Sequence[str], args: Sequence[Value], tenant: str, added: int) -> list[Any]:
        """Call a Function of the catalog's that stores so many bytes of versions for a tenant; for none where it is empty.

        Raises QuotaExceeded where there is no room: nothing is written then.
        """
        if not tenant or not added:
            return await self._store.call(function, keys, args)
        reply = await self._store.call(f"{function}_within", [SIZES, *keys], [tenant, added, self._most, *args])
        if reply[0] == b"OVER":
            raise exceeded(QuotaUse("catalog_bytes", int(reply[1]), self._most))
        return reply

    async def tenants(self) -> list[str]:
        """Those for which something is counted."""
        return [tenant.decode() for tenant in await self._store.hash(SIZES)]

    async def use(self, tenant: str) -> tuple[QuotaUse, ...]:
        """How much of its quota a tenant has used."""
        (used,) = await self._store.hash_values(SIZES, [tenant])
        return (QuotaUse("catalog_bytes", int(used or 0), self._most),)
