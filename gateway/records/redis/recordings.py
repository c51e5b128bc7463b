"""Recordings in Redis: a hash for each tape, and one for the numbers of each take."""

from hashlib import sha256

import orjson

from gateway.records.ledger.codec import decode_outcome, encode_outcome
from gateway.records.recordings.protocol import RECORDING, Entry, Sort, Tape, order
from gateway.records.redis.client import Store

RETENTION = 30 * 24 * 3600.0
#: Seconds after the last use.


class RedisRecordings:
    """See `gateway.records.recordings.protocol.Recordings` for the promises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def number(self, tape: Tape, take: str, sort: Sort, id: str) -> int:
        asked = f"{sort.tool_digest}/{sort.arguments_digest}", id, int(RETENTION * 1000)
        reply = await self._store.call("callgate_number", [_key(tape, "take", take)], asked)
        return int(reply[0])

    async def keep(self, tape: Tape, entry: Entry) -> None:
        await self._store.keep_fields(_key(tape, "tape"), {_field(entry.sort, entry.occurrence): _encode(entry)}, RETENTION)

    async def find(self, tape: Tape, sort: Sort, occurrence: int) -> Entry | None:
        (found,) = await self._store.hash_values(_key(tape, "tape"), [_field(sort, occurrence)])
        return _decode(found) if found else None

    async def entries(self, tape: Tape) -> list[Entry]:
        return sorted(map(_decode, (await self._store.hash(_key(tape, "tape"))).values()), key=order)

    async def forget(self, tape: Tape) -> None:
        await self._store.delete(_key(tape, "tape"), _key(tape, "take", RECORDING))


def _key(tape: Tape, kind: str, take: str = "") -> str:
    name = sha256(orjson.dumps([tape.owner, tape.name, take])).hexdigest()[:32]
    return f"cg:{{{tape.tenant}}}:{kind}:{name}"


def _field(sort: Sort, occurrence: int) -> str:
    return f"{sort.tool_digest}/{sort.arguments_digest}/{occurrence}"


def _encode(entry: Entry) -> bytes:
    head = {"tool": entry.tool, "sort": [entry.sort.tool_digest, entry.sort.arguments_digest], "occurrence": entry.occurrence}
    return orjson.dumps(head) + b"\n" + encode_outcome(entry.outcome)


def _decode(raw: bytes) -> Entry:
    head, _, outcome = raw.partition(b"\n")
    plain = orjson.loads(head)
    return Entry(plain["tool"], Sort(*plain["sort"]), plain["occurrence"], decode_outcome(outcome))
