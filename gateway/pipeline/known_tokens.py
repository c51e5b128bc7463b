"""Which bearer tokens are valid in this gateway now: those of the principals file, and those that the store has.

A token that is valid no more ends what still runs in its name: each RPC says at its begin how it is to be ended.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from typing import TypeAlias

import structlog

from gateway.model.errors import GatewayError, NotPermitted, StoreUnavailable, Unauthenticated
from gateway.model.token_entry import NO_VALID_TOKEN, TokenEntry
from gateway.records.principals.protocol import STALE, TokenTable

log = structlog.get_logger(__name__)

#: Called once, with the reason.
End: TypeAlias = Callable[[GatewayError], None]

Entries: TypeAlias = Mapping[str, TokenEntry]


@dataclass(slots=True, kw_only=True)
class KnownTokens:
    """`listed` are the file's entries, by digest. `now`: seconds since the epoch; `clock`: seconds that never go back.

    `file_trouble` says why the file that is there now is not gone by, None where it is.
    """

    listed: Entries
    now: Callable[[], float] = time.time
    clock: Callable[[], float] = time.monotonic
    file_trouble: str | None = None
    revision: str = ""
    _stored: Entries = field(default_factory=dict)
    _revoked: frozenset[str] = frozenset()
    _heard: float = -inf
    _running: dict[TokenEntry, set[End]] = field(default_factory=dict)

    def find(self, digest: str) -> TokenEntry:
        """Raises Unauthenticated, and StoreUnavailable where only the store could tell, and it was not heard of lately."""
        entry = self.listed.get(digest)
        if entry is None:
            if self.clock() - self._heard > STALE:
                raise StoreUnavailable(f"which tokens are valid was not heard of Redis for {STALE:.0f} s")
            entry = None if digest in self._revoked else self._stored.get(digest)
        if entry is None or (entry.expires is not None and entry.expires <= self.now()):
            raise Unauthenticated(NO_VALID_TOKEN)
        return entry

    @contextmanager
    def running(self, entry: TokenEntry, end: End) -> Iterator[None]:
        """While the block runs, `end` is called as soon as the token is not valid any more, or has other rights."""
        ends = self._running.setdefault(entry, set())
        ends.add(end)
        try:
            yield
        finally:
            ends.discard(end)
            if not ends and self._running.get(entry) is ends:
                del self._running[entry]

    def take_listed(self, listed: Entries) -> None:
        """Go by another file."""
        _tell("principals_file_read", self.listed, listed)
        self.listed, self.file_trouble = listed, None
        self.end_invalid()

    def take_stored(self, table: TokenTable) -> None:
        """Go by another table of the store's. What was revoked once is not valid again, whatever a later table says."""
        stored = {entry.digest: entry for entry in table.entries}
        _tell("principals_changed", self._stored, stored)
        self._stored, self.revision, self._revoked = stored, table.revision, self._revoked | table.revoked
        self.end_invalid()

    def heard(self, asked: float) -> None:
        """The store has said that nothing else is valid, to a question that was asked at that moment of the clock."""
        self._heard = max(self._heard, asked)

    @property
    def risen(self) -> frozenset[str]:
        """Tokens that were revoked, and are in the table again: the store has lost that, as by a failover."""
        return self._revoked & self._stored.keys()

    def end_invalid(self) -> None:
        """End what runs with tokens that are not valid any more. To be called often, since tokens expire."""
        for entry in list(self._running):
            if (refusal := self._refusal(entry)) is not None:
                ends = self._running.pop(entry)
                log.info("token_ended", id=entry.id, reason=type(refusal).__name__, running=len(ends))
                for end in list(ends):
                    end(refusal)

    def _refusal(self, entry: TokenEntry) -> GatewayError | None:
        try:
            found = self.find(entry.digest)
        except GatewayError as refusal:
            return refusal
        told = "the rights of this token have changed"
        return None if found.caller == entry.caller else NotPermitted(told, cure="Send the request again.")


def _tell(event: str, before: Entries, after: Entries) -> None:
    """What has changed, by the ids, of which no token can be made."""
    both = before.keys() & after.keys()
    log.info(
        event,
        added=[after[digest].id for digest in sorted(after.keys() - both)],
        removed=[before[digest].id for digest in sorted(before.keys() - both)],
        changed=[after[digest].id for digest in sorted(both) if before[digest] != after[digest]],
    )
