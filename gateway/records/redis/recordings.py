"""Recordings in Redis: a hash for each recording, and one for the numbers of each take."""

from hashlib import sha256

import orjson

from gateway.records.ledger.codec import decode_outcome, encode_outcome
from gateway.records.recordings.protocol import RECORDING, CallKey, RecordedCall, RecordingKey, order
from gateway.records.redis.client import Store

#: Seconds after the last entry was written.
RETENTION = 30 * 24 * 3600.0


class RedisRecordings:
    """See `gateway.records.recordings.protocol.Recordings` for the promises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def number(self, recording_key: RecordingKey, take: str, call_key: CallKey, id: str) -> int:
        asked = f"{call_key.tool_digest}/{call_key.arguments_digest}", id, int(RETENTION * 1000)
        reply = await self._store.call("callgate_number", [_key(recording_key, "take", take)], asked)
        return int(reply[0])

    async def keep(self, recording_key: RecordingKey, entry: RecordedCall) -> None:
        await self._store.keep_fields(
            _key(recording_key, "recording"), {_field(entry.call_key, entry.occurrence): _encode(entry)}, RETENTION
        )

    async def find(self, recording_key: RecordingKey, call_key: CallKey, occurrence: int) -> RecordedCall | None:
        (found,) = await self._store.hash_values(_key(recording_key, "recording"), [_field(call_key, occurrence)])
        return _decode(found) if found else None

    async def entries(self, recording_key: RecordingKey) -> list[RecordedCall]:
        return sorted(map(_decode, (await self._store.hash(_key(recording_key, "recording"))).values()), key=order)

    async def forget(self, recording_key: RecordingKey) -> None:
        await self._store.delete(_key(recording_key, "recording"), _key(recording_key, "take", RECORDING))


def _key(recording_key: RecordingKey, kind: str, take: str = "") -> str:
    name = sha256(orjson.dumps([recording_key.owner, recording_key.name, take])).hexdigest()[:32]
    return f"cg:{{{recording_key.tenant}}}:{kind}:{name}"


def _field(call_key: CallKey, occurrence: int) -> str:
    return f"{call_key.tool_digest}/{call_key.arguments_digest}/{occurrence}"


def _encode(entry: RecordedCall) -> bytes:
    head = {
        "tool": entry.tool,
        "call_key": [entry.call_key.tool_digest, entry.call_key.arguments_digest],
        "occurrence": entry.occurrence,
    }
    return orjson.dumps(head) + b"\n" + encode_outcome(entry.outcome)


def _decode(raw: bytes) -> RecordedCall:
    head, _, outcome = raw.partition(b"\n")
    plain = orjson.loads(head)
    return RecordedCall(plain["tool"], CallKey(*plain["call_key"]), plain["occurrence"], decode_outcome(outcome))
