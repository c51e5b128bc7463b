"""Keeps this gateway's word on who may call true: the principals file when it changes, the store's table, tokens that expire.

A file that cannot be read changes nothing: the gateway goes on with what it has read before, and says so. A store that is not
heard of for a while changes all: then no token of its table is let in (`KnownTokens`).
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from gateway.model.config import ConfigInvalid
from gateway.model.errors import StoreUnavailable
from gateway.pipeline.known_tokens import KnownTokens
from gateway.records.principals.principals_file import read_principals, signature
from gateway.records.principals.protocol import StoredPrincipals

log = structlog.get_logger(__name__)

#: The author of a revocation that the store had lost.
AGAIN = "callgate: revoked before"


@dataclass(slots=True, kw_only=True)
class PrincipalsUpkeep:
    """`gateway` is this one's id. `sign` tells a state of the file from another one; `signed` is of the one that was read."""

    tokens: KnownTokens
    store: StoredPrincipals
    gateway: str
    file: Path
    signed: object
    sign: Callable[[Path], object] = signature
    _away: bool = field(default=False, init=False)

    async def look(self) -> None:
        """What is to be done some times a second."""
        self.look_at_file()
        try:
            await self.look_at_store()
            self._away = False
        except StoreUnavailable as error:
            if not self._away:
                log.warning("principals_not_heard", error=str(error), cure=error.cure)
            self._away = True
        self.tokens.end_invalid()

    async def look_at_store(self) -> None:
        """Go by the store's table as it is now. Raises StoreUnavailable."""
        while True:
            asked = self.tokens.clock()
            table = await self.store.look(self.gateway, self.tokens.revision)
            if table is None:
                self.tokens.heard(asked)
                return
            self.tokens.take_stored(table)
            if risen := self.tokens.risen:
                log.warning("revocations_lost", times=len(risen))
                await self.store.revoke(risen, AGAIN)

    def look_at_file(self, *, asked: bool = False) -> None:
        """Read the file where it has changed, or where an operator has asked for it."""
        found = self.sign(self.file)
        if found != self.signed or asked:
            self.signed = found
            self._read_file()

    async def leave(self) -> None:
        """Who revokes a token need not wait for this gateway any more."""
        with suppress(StoreUnavailable):
            await self.store.leave(self.gateway)

    def _read_file(self) -> None:
        try:
            self.tokens.take_listed(read_principals(self.file))
        except ConfigInvalid as error:
            self.tokens.file_trouble = str(error)
            log.error("principals_file_refused", error=str(error), cure=error.cure)  # noqa: TRY400 - no defect
