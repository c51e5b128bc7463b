"""Which gateways the store knows of, whatever the tenant: those who may know what a new primary does not."""

from gateway.records.redis.client import Store

#: The ids of gateways that have started, and not stopped in order.
GATEWAYS = "cg:gateways"


class KnownGateways:
    """As one gateway has seen them; `own` is its id, empty where it is none. What a new primary has lost of the list is kept.

    `surviving`: the store has the own entry, and has had it before: it is not empty.
    """

    def __init__(self, store: Store, own: str) -> None:
        self._store, self._own = store, own
        self._primary = self.primary_before = ""
        self._of_before: set[str] = set()
        self._listed: set[str] = set()
        self._entered = False
        self.surviving = False

    @property
    def all(self) -> list[str]:
        return sorted((self._of_before | self._listed) - {self._own})

    async def look(self) -> None:
        """Read the list, and which server is the primary. The first time, enter the own id. Raises StoreUnavailable."""
        primary, listed = await self._store.primary_id(), set(await self._store.members(GATEWAYS))
        if not self._entered and self._own:
            await self._store.add_to_set(GATEWAYS, self._own)
            self._entered = True
        if primary != self._primary:
            self._of_before |= self._listed
            self._primary, self.primary_before = primary, self._primary
        else:
            self._of_before -= self._listed - listed  # they have stopped in order
        self._listed, self.surviving = listed, self._own in listed

    async def leave(self) -> None:
        """Raises StoreUnavailable."""
        if self._own:
            await self._store.remove_from_set(GATEWAYS, self._own)
