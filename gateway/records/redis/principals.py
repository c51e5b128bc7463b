"""Who may call, in Redis: one table for all gateways, of SHA-256 alone. The keys are told in `principals.lua`."""

from secrets import token_hex
from typing import Any

import orjson
import structlog

from gateway.model.principal import Caller, Principal, rights_of, rule_of
from gateway.model.token_entry import ID_LENGTH, TokenEntry
from gateway.records.principals.protocol import (
    LIVING,
    MOST,
    STALE,
    TableFull,
    TokenKnown,
    TokenTable,
    is_same,
    number_of,
)
from gateway.records.redis.client import Store, Value

log = structlog.get_logger(__name__)

KEYS = tuple(f"cg:{{principals}}:{name}" for name in ("tokens", "revision", "gateways", "revoked"))
_RENEW = int(STALE / 2 * 1000)


class RedisPrincipals:
    """See `gateway.records.principals.protocol.StoredPrincipals` for the promises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def look(self, gateway: str, applied: str) -> TokenTable | None:
        reply = await self._store.call("callgate_principals_look", KEYS, [gateway, applied, _RENEW])
        return None if reply[0] == b"SAME" else _table(reply)

    async def leave(self, gateway: str) -> None:
        await self._store.call("callgate_principals_leave", KEYS, [gateway])

    async def table(self) -> TokenTable:
        return _table(await self._store.call("callgate_principals_table", KEYS, []))

    async def add(self, entry: TokenEntry) -> str:
        asked: list[Value] = [entry.digest, _encode(entry), token_hex(4), MOST]
        status, *told = await self._store.call("callgate_principals_add", KEYS, asked, replicated=True)
        if status == b"FULL":
            raise TableFull
        if status == b"REVOKED" or (status == b"KNOWN" and not is_same(_decode(entry.digest, told[1]), entry)):
            raise TokenKnown(entry.id)
        return str(told[0].decode())

    async def revoke(self, digests: frozenset[str], author: str) -> str:
        asked = [author, token_hex(4), *sorted(digests)]
        return str((await self._store.call("callgate_principals_revoke", KEYS, asked, replicated=True))[1].decode())

    async def behind(self, revision: str) -> tuple[str, ...]:
        asked = [number_of(revision), int(LIVING * 1000)]
        _, *found = await self._store.call("callgate_principals_behind", KEYS, asked)
        return tuple(sorted(gateway.decode() for gateway in found))


def _table(reply: list[Any]) -> TokenTable:
    _, revision, flat, revoked = reply
    pairs = zip(flat[::2], flat[1::2], strict=True)
    entries = (_readable(digest.decode(), said) for digest, said in pairs)
    known = tuple(one for one in entries if one is not None)
    return TokenTable(revision.decode(), known, frozenset(digest.decode() for digest in revoked))


def _readable(digest: str, said: bytes) -> TokenEntry | None:
    """None for what no release of ours has written: such an entry lets no caller in."""
    try:
        return _decode(digest, said)
    except (ValueError, KeyError, TypeError) as error:
        log.warning("principal_unreadable", id=digest[:ID_LENGTH], error=type(error).__name__)
        return None


def _encode(entry: TokenEntry) -> bytes:
    principal, rule = entry.caller.principal, entry.caller.rule
    said = {"tenant": principal.tenant, "agent": principal.agent, "subject": principal.subject}
    may = {"tools": rule.tools, "rights": rights_of(rule)}
    return orjson.dumps({**said, **may, "expires": entry.expires, "created": entry.created, "creator": entry.creator})


def _decode(digest: str, said: bytes) -> TokenEntry:
    """A right that this release does not know is none that it could give."""
    plain: dict[str, Any] = orjson.loads(said)
    principal = Principal(plain["tenant"], plain["agent"], plain["subject"])
    rule = rule_of(tuple(plain["tools"]), frozenset(plain["rights"]))
    return TokenEntry(digest, Caller(principal, rule), plain["expires"], plain["created"], plain["creator"])
