"""Principals: who may call, and how an operator lets a caller in and shuts it out, on every gateway."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import structlog

from gateway.decisions.policy import Policy
from gateway.model.errors import PrincipalNotFound, RequestInvalid, brief
from gateway.model.principal import Caller, Principal
from gateway.model.token_entry import ID_LENGTH, TokenEntry
from gateway.pipeline.known_tokens import KnownTokens
from gateway.records.principals.protocol import MOST, STALE, StoredPrincipals, TableFull, TokenKnown, TokenTable

log = structlog.get_logger(__name__)

#: Seconds. A gateway that has not gone by a revocation for so long has not heard of the store either, and lets in no
#: token that only the store knows.
CONFIRMED_WITHIN = STALE + 1.0

#: Seconds that a new token may take to be known everywhere. What comes later is refused until then, which does no harm.
KNOWN_WITHIN = 2.0

LOOK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Changed:
    """The entries that were added or revoked, and the gateways that live and have not said in time that they go by it."""

    entries: tuple[TokenEntry, ...]
    unconfirmed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Principals:
    """`refresh` lets this gateway go by the store's table as it is now."""

    policy: Policy
    tokens: KnownTokens
    store: StoredPrincipals
    refresh: Callable[[], Awaitable[None]]
    confirmed_within: float = CONFIRMED_WITHIN

    async def add(self, caller: Caller, entry: TokenEntry) -> Changed:
        """Let the holder of this token in. Raises NotPermitted, RequestInvalid, StoreUnavailable."""
        self.policy.authorize_operate(caller)
        if entry.digest in self.tokens.listed:
            raise RequestInvalid("this token is in the principals file already", cure="Make another token.")
        try:
            revision = await self.store.add(entry)
        except TokenKnown:
            told = "this token is known with other rights, or was revoked"
            raise RequestInvalid(told, cure="Make another token: each has one principal, and a revoked one stays so.") from None
        except TableFull:
            told = f"there are {MOST:,} tokens already"
            raise RequestInvalid(told, cure="Revoke those that are not needed: `callgate principal list`.") from None
        log.info("principal_added", id=entry.id, by=entry.creator)
        return Changed((entry,), await self._unconfirmed(revision, KNOWN_WITHIN))

    async def list(self, caller: Caller) -> list[TokenEntry]:
        """All of the store's and of this gateway's file, of all tenants. Raises NotPermitted, StoreUnavailable."""
        self.policy.authorize_operate(caller)
        stored = (await self.store.table()).entries
        listed = self.tokens.listed
        return sorted([*listed.values(), *(one for one in stored if one.digest not in listed)], key=lambda one: one.digest)

    async def revoke_all(self, caller: Caller, principal: Principal) -> Changed:
        """Shut out all tokens of this principal. When this answers, no gateway lets them in: each goes by it, or is named, and
        has not heard of the store for so long that it lets in no token that only the store knows.

        Raises NotPermitted, PrincipalNotFound, RequestInvalid, StoreUnavailable.
        """
        self.policy.authorize_operate(caller)
        table = await self.store.table()
        found = [entry for entry in self._known(table) if entry.caller.principal == principal]
        return await self._revoke(caller, found, table, f"{principal.tenant}/{principal.agent}/{principal.subject}")

    async def revoke_id(self, caller: Caller, id: str) -> Changed:
        """The same of one token, by the beginning of its digest. To revoke it again waits for the gateways again."""
        self.policy.authorize_operate(caller)
        if len(id) < ID_LENGTH:
            raise RequestInvalid(f"an id has at least {ID_LENGTH} characters")
        table = await self.store.table()
        found = [entry for entry in self._known(table) if entry.digest.startswith(id)]
        if not found and any(digest.startswith(id) for digest in table.revoked):
            return Changed((), await self._unconfirmed(table.revision, self.confirmed_within))
        return await self._revoke(caller, found, table, id)

    def _known(self, table: TokenTable) -> Iterator[TokenEntry]:
        """The entries of the file and of the store: a token that is in both has two, by which other gateways may go."""
        return chain(self.tokens.listed.values(), table.entries)

    async def _revoke(self, caller: Caller, found: Sequence[TokenEntry], table: TokenTable, meant: str) -> Changed:
        """What is in the file is refused only once the store's tokens are shut out, its own among them: out of the file, the
        store would let it in."""
        if not found:
            raise PrincipalNotFound(f"no token of {brief(meant)}")
        digests = {one.digest for one in found}
        stored = tuple(one for one in table.entries if one.digest in digests)
        unconfirmed: tuple[str, ...] = ()
        if stored:
            revision = await self.store.revoke(frozenset(one.digest for one in stored), author_of(caller))
            log.info("principals_revoked", ids=[one.id for one in stored], by=author_of(caller))
            unconfirmed = await self._unconfirmed(revision, self.confirmed_within)
        if digests & self.tokens.listed.keys():
            raise _in_file(meant, revoked=len(stored))
        return Changed(stored, unconfirmed)

    async def _unconfirmed(self, revision: str, seconds: float) -> tuple[str, ...]:
        await self.refresh()
        deadline = self.tokens.clock() + seconds
        while (behind := await self.store.behind(revision)) and self.tokens.clock() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_EVERY)
        return behind


def _in_file(meant: str, *, revoked: int) -> RequestInvalid:
    told = f"a token of {brief(meant)} is in the principals file of this gateway; of the store, {revoked} are revoked"
    cure = "Take the entry out of the file: each gateway reads it again within a second, or at once by SIGHUP."
    return RequestInvalid(told, cure=cure)


def author_of(caller: Caller) -> str:
    principal = caller.principal
    return f"{principal.tenant}/{principal.agent}/{principal.subject}"
