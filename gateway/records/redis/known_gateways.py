"""Which gateways the store knows of, whatever the tenant: those who may know what a new primary does not."""

from collections.abc import Iterable

from gateway.records.redis.client import Store

#: The ids of gateways that have started, and not stopped in order.
GATEWAYS = "cg:gateways"


class KnownGateways:
    """As one gateway has seen them; `own` is its id, empty where it is none. What a new primary has lost of the list is kept.

    `surviving`: the store has the own entry, and did not get it while it was the primary that it is now: it is not empty.
    """

    def __init__(self, store: Store, own: str) -> None:
        self._store, self._own = store, own
        self._primary = self.primary_before = ""
        self._of_before: set[str] = set()
        self._listed: set[str] = set()
        self._entered_here = False
        self.surviving = False

    @property
    def all(self) -> list[str]:
        return sorted((self._of_before | self._listed) - {self._own})

    async def look(self) -> None:
        """Read the list, and which server is the primary. Enter the own id where it is missing. Raises StoreUnavailable."""
        primary, listed = await self._store.primary_id(), set(await self._store.members(GATEWAYS))
        if primary != self._primary:
            self._of_before |= self._listed
            self._primary, self.primary_before, self._entered_here = primary, self._primary, False
        else:
            self._of_before -= self._listed - listed  # they have stopped in order, or are not waited for any more
        self._listed = listed
        if self._own and self._own not in listed:  # the first time, or the store has lost it, or an operator went on without it
            await self._store.add_to_set(GATEWAYS, self._own)
            self._entered_here = True
        self.surviving = self._own in listed and not self._entered_here

    async def leave(self) -> None:
        """Raises StoreUnavailable."""
        if self._own:
            await self.remove([self._own])

    async def remove(self, gateways: Iterable[str]) -> None:
        """Nothing is to be waited for from these: one of them that lives enters itself again. Raises StoreUnavailable."""
        for id in gateways:
            await self._store.remove_from_set(GATEWAYS, id)
            self._of_before.discard(id)
            self._listed.discard(id)
