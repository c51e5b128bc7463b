"""Kept exchanges in Redis: a value for each, which it lets expire. `exchanges.lua` tells the keys."""

import math
import struct
from typing import Any

import orjson

from gateway.model.principal import Principal
from gateway.model.quotas import Quotas, QuotaUse, exceeded
from gateway.records.ledger.codec import decode_outcome, encode_outcome
from gateway.records.recordings.exchanges import Exchange
from gateway.records.redis.client import Store

#: The lengths of what tells of the exchange (JSON), and of the arguments; the outcome follows them.
_HEAD = struct.Struct(">II")

#: Exchanges that are deleted between two looks.
AT_ONCE = 100


class RedisExchanges:
    """See `gateway.records.recordings.exchanges.Exchanges` for the promises."""

    def __init__(self, store: Store, quotas: Quotas | None = None) -> None:
        self._store = store
        self._most = (quotas or Quotas()).exchanges_bytes

    async def keep(self, exchange: Exchange, seconds: float) -> None:
        tenant = exchange.principal.tenant
        keys = [_key(tenant, exchange.id), *_counts(tenant), _erased(tenant)]
        given = _encode(exchange), int(seconds * 1000), self._most, int(exchange.ended * 1000)
        reply = await self._store.call("callgate_exchange_keep", keys, given)
        if reply[0] == b"OVER":
            raise exceeded(QuotaUse("exchanges_bytes", int(reply[1]), int(reply[2])))

    async def find(self, tenant: str, id: str) -> Exchange | None:
        found = await self._store.value(_key(tenant, id))
        return _decode(found) if found else None

    async def forget(self, tenant: str) -> int:
        await self.use(tenant)  # what has expired is none
        counts, forgotten = _counts(tenant), 0
        await self._store.call("callgate_exchange_erase", [counts[0], *counts, _erased(tenant)], ())
        while kept := await self._store.scored(counts[0], -math.inf, math.inf, skip=0, limit=AT_ONCE):
            for key, _ in kept:
                await self._store.call("callgate_exchange_forget", [key, *counts], ())
            forgotten += len(kept)
        return forgotten

    async def use(self, tenant: str) -> tuple[QuotaUse, ...]:
        expiries, sizes = _counts(tenant)
        (used,) = await self._store.call("callgate_exchange_use", [expiries, expiries, sizes], ())
        return (QuotaUse("exchanges_bytes", int(used), self._most),)


def _key(tenant: str, id: str) -> str:
    return f"cg:{{{tenant}}}:exchange:{id}"


def _counts(tenant: str) -> tuple[str, str]:
    return f"cg:{{{tenant}}}:exchanges:expiries", f"cg:{{{tenant}}}:exchanges:sizes"


def _erased(tenant: str) -> str:
    return f"cg:{{{tenant}}}:exchanges:erased"


def _encode(exchange: Exchange) -> bytes:
    told = {name: getattr(exchange, name) for name in ("id", "principal", "tool", "digest", "run_id", "ended", "expires")}
    head = orjson.dumps(told | {"asked": exchange.arguments is not None})
    arguments, outcome = exchange.arguments or b"", encode_outcome(exchange.outcome) if exchange.outcome else b""
    return _HEAD.pack(len(head), len(arguments)) + head + arguments + outcome


def _decode(raw: bytes) -> Exchange:
    length, asked = _HEAD.unpack_from(raw)
    begin = _HEAD.size + length
    told: dict[str, Any] = orjson.loads(raw[_HEAD.size : begin])
    arguments, outcome = raw[begin : begin + asked], raw[begin + asked :]
    told["principal"] = Principal(**told["principal"])
    return Exchange(
        **told
        | {"arguments": arguments if told.pop("asked") else None, "outcome": decode_outcome(outcome) if outcome else None}
    )
