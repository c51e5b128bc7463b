"""What the store keeps of who may call, for all gateways. A contract test holds every implementation to this.

Each change gives the table another revision. A gateway shows at each look which one it goes by, and so the one that
revokes a token learns which gateways still let it in. What was revoked is never valid again, under no name.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from gateway.model.token_entry import TokenEntry

#: Seconds for which a gateway goes by what it has heard last of the store. After that it lets in no token of the store.
STALE = 10.0

#: Seconds after which a gateway that was not heard of goes by nothing any more, and is not waited for.
LIVING = 2 * STALE

#: Tokens that the store keeps, of all tenants.
MOST = 2000


class TokenKnown(Exception):
    """There is another entry with the same digest, or there was one that is revoked."""


class TableFull(Exception):
    """There are MOST tokens."""


@dataclass(frozen=True, slots=True)
class TokenTable:
    """All tokens at one revision. The revision is `number-nonce`, empty where there was never a token."""

    revision: str
    entries: tuple[TokenEntry, ...] = ()
    revoked: frozenset[str] = frozenset()


class StoredPrincipals(Protocol):
    """Each method raises StoreUnavailable."""

    async def look(self, gateway: str, applied: str) -> TokenTable | None:
        """The table, unless it is of the revision `applied`, by which that gateway goes now; this is noted."""

    async def leave(self, gateway: str) -> None:
        """The gateway stops, and is not waited for."""

    async def table(self) -> TokenTable: ...

    async def add(self, entry: TokenEntry) -> str:
        """The revision since which it is there. Adding the same again changes nothing. Raises TokenKnown, TableFull."""

    async def revoke(self, digests: frozenset[str], author: str) -> str:
        """The revision since which these are not there."""

    async def behind(self, revision: str) -> tuple[str, ...]:
        """The gateways that live and do not go by this revision, or a later one, yet."""


def number_of(revision: str) -> int:
    return int(revision.partition("-")[0] or 0)


def is_same(one: TokenEntry, other: TokenEntry) -> bool:
    """Whether it is the same token with the same rights by the same author, whenever it was added."""
    return replace(one, created=0.0) == replace(other, created=0.0)
