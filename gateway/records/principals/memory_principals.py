"""What the store keeps of who may call, in memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex

from gateway.model.token_entry import TokenEntry
from gateway.records.principals.protocol import LIVING, MOST, TableFull, TokenKnown, TokenTable, is_same, number_of


@dataclass(slots=True)
class MemoryPrincipals:
    """See `protocol.StoredPrincipals` for the promises. `now`: seconds since the epoch."""

    now: Callable[[], float] = time.time
    _entries: dict[str, TokenEntry] = field(default_factory=dict)
    _revoked: set[str] = field(default_factory=set)
    _revision: str = ""
    _seats: dict[str, tuple[str, float]] = field(default_factory=dict)

    async def look(self, gateway: str, applied: str) -> TokenTable | None:
        self._seats[gateway] = applied, self.now()
        return None if applied == self._revision else await self.table()

    async def leave(self, gateway: str) -> None:
        self._seats.pop(gateway, None)

    async def table(self) -> TokenTable:
        return TokenTable(self._revision, tuple(self._entries.values()), frozenset(self._revoked))

    async def add(self, entry: TokenEntry) -> str:
        known = self._entries.get(entry.digest)
        if known is not None and is_same(known, entry):
            return self._revision
        if known is not None or entry.digest in self._revoked:
            raise TokenKnown(entry.id)
        if len(self._entries) >= MOST:
            raise TableFull
        self._entries[entry.digest] = entry
        return self._change()

    async def revoke(self, digests: frozenset[str], author: str) -> str:
        for digest in digests:
            self._entries.pop(digest, None)
        self._revoked |= digests
        return self._change()

    async def behind(self, revision: str) -> tuple[str, ...]:
        living = {gateway: applied for gateway, (applied, seen) in self._seats.items() if 0 <= self.now() - seen < LIVING}
        return tuple(sorted(one for one, applied in living.items() if number_of(applied) < number_of(revision)))

    def _change(self) -> str:
        self._revision = f"{number_of(self._revision) + 1}-{token_hex(4)}"
        return self._revision
