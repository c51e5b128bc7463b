"""Answers that may be given again for a while, in Redis: a value for each, which it lets expire."""

from gateway.model.invocation import Outcome
from gateway.records.ledger.codec import decode_outcome, encode_outcome
from gateway.records.redis.client import Store


class RedisAnswerCache:
    """See `gateway.records.recordings.answer_cache.AnswerCache` for the promises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, tenant: str, key: str) -> Outcome | None:
        found = await self._store.value(f"cg:{{{tenant}}}:answer:{key}")
        return decode_outcome(found) if found else None

    async def put(self, tenant: str, key: str, outcome: Outcome, seconds: float) -> None:
        await self._store.keep_value(f"cg:{{{tenant}}}:answer:{key}", encode_outcome(outcome), seconds)
