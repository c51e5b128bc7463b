"""Recordings in Redis: a hash for each recording, one for the numbers of each take, and how much a tenant has of both."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from hashlib import sha256
from secrets import token_hex
from typing import Any

import orjson

from gateway.model.quotas import Quotas, QuotaUse, exceeded
from gateway.records.ledger.codec import decode_outcome, encode_outcome
from gateway.records.recordings.protocol import RECORDING, CallKey, Numbered, RecordedCall, RecordingKey
from gateway.records.redis.client import Store, Value

#: Seconds after the last entry was written.
RETENTION = 30 * 24 * 3600.0
#: Seconds after its last call for which a run that replays is remembered: a recording can be replayed by any number of runs.
OF_REPLAYS = 24 * 3600.0
#: Entries that are read at once: each may have an answer of some megabytes.
AT_ONCE = 4
#: Seconds for which the room of an import is kept that has stored nothing yet.
RESERVED = 600.0
#: Entries that are read at one time, and the bytes after which it is fewer of them.
PAGE, PAGE_BYTES = 64, 1 << 18


class RedisRecordings:
    """See `gateway.records.recordings.protocol.Recordings` for the promises."""

    def __init__(self, store: Store, quotas: Quotas | None = None) -> None:
        self._store = store
        quotas = quotas or Quotas()
        self._most = (quotas.recordings_bytes, quotas.recordings)

    async def number(
        self, recording_key: RecordingKey, take: str, call_key: CallKey, id: str, *, ended: bool = False
    ) -> Numbered:
        records = take == RECORDING
        asked = _call(call_key), id, _milliseconds(RETENTION if records else OF_REPLAYS)
        keys = [_key(recording_key, "take", take), *_counts(recording_key.tenant)]
        run = _run(call_key) if records else ""
        return Numbered(*map(int, await self._within("callgate_number", keys, (*asked, *self._most, int(ended), run))))

    async def require_room(self, recording_key: RecordingKey) -> None:
        await self._within("callgate_recording_room", _keys(recording_key), self._most)

    async def keep(self, recording_key: RecordingKey, entry: RecordedCall) -> None:
        await self._keep(recording_key, _field(entry.call_key, entry.occurrence), _encode(entry))

    async def replace(self, recording_key: RecordingKey, entries: Sequence[RecordedCall]) -> None:
        kept = {_field(entry.call_key, entry.occurrence): entry for entry in entries}
        named = token_hex(8)
        terms = (await _size(kept), _milliseconds(RESERVED), *self._most, named)
        await self._within("callgate_recording_replace", [*_keys(recording_key), _of_recording(recording_key)], terms)
        for field, entry in kept.items():
            await self._keep(recording_key, field, _encode(entry), named)
        runs = dict.fromkeys(_run(entry.call_key) for entry in sorted(entries, key=lambda entry: entry.begun))
        keys = [_of_recording(recording_key), *_counts(recording_key.tenant)]
        for run in filter(None, runs):
            await self._within("callgate_recording_run", keys, (run, _milliseconds(RETENTION), *self._most))

    async def run_of(self, recording_key: RecordingKey, call_key: CallKey, take: RecordingKey | None) -> str | None:
        if take:
            claims, seconds = _of_recording(take), RETENTION
        else:
            claims, seconds = _key(recording_key, "take", call_key.run), OF_REPLAYS
        keys = [claims, *_counts(recording_key.tenant), _key(recording_key, "recording"), _of_recording(recording_key)]
        asked = _hash(call_key.run), _call(replace(call_key, run="")), int(take is not None), _milliseconds(seconds)
        told, *found = await self._within("callgate_replayed_run", keys, (*asked, *self._most))
        return found[0].decode() if told == b"RUN" else None

    async def find(self, recording_key: RecordingKey, call_key: CallKey, occurrence: int) -> RecordedCall | None:
        (found,) = await self._store.hash_values(_key(recording_key, "recording"), [_field(call_key, occurrence)])
        return _decode(found) if found else None

    async def entries(self, recording_key: RecordingKey) -> AsyncIterator[RecordedCall]:
        key = _key(recording_key, "recording")
        fields, many = sorted(await self._store.fields(key), key=_place), 1
        while fields:
            page, fields = fields[:many], fields[many:]
            found = await self._store.hash_values(key, page)
            for raw in filter(None, found):
                yield _decode(raw)
            many = min(PAGE, 2 * many) if sum(map(len, filter(None, found))) < PAGE_BYTES else max(1, many // 2)

    async def forget(self, recording_key: RecordingKey) -> None:
        keys = [*_keys(recording_key), _of_recording(recording_key)]
        await self._store.call("callgate_recording_forget", keys, ())

    async def use(self, tenant: str) -> tuple[QuotaUse, ...]:
        """How much of its quotas a tenant has used."""
        expiries, sizes = _counts(tenant)
        used = await self._store.call("callgate_recording_use", [expiries, expiries, sizes], ())
        names = ("recordings_bytes", "recordings")
        return tuple(QuotaUse(name, int(one), most) for name, one, most in zip(names, used, self._most, strict=True))

    async def _keep(self, recording_key: RecordingKey, field: str, value: bytes, named: str = "") -> None:
        """`named`: the import that has the room for it."""
        terms = field, value, _milliseconds(RETENTION), *self._most, named
        await self._within("callgate_recording_keep", _keys(recording_key), terms)

    async def _within(self, function: str, keys: Sequence[str], args: Sequence[Value]) -> list[Any]:
        """Raises QuotaExceeded, and then nothing was stored."""
        reply = await self._store.call(function, keys, args)
        if reply[0] == b"OVER":
            raise exceeded(QuotaUse(reply[1].decode(), int(reply[2]), int(reply[3])))
        return reply


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _keys(recording_key: RecordingKey) -> list[str]:
    return [_key(recording_key, "recording"), *_counts(recording_key.tenant)]


def _counts(tenant: str) -> tuple[str, str]:
    return f"cg:{{{tenant}}}:recordings:expiries", f"cg:{{{tenant}}}:recordings:sizes"


def _of_recording(recording_key: RecordingKey) -> str:
    return _key(recording_key, "take", RECORDING)


def _key(recording_key: RecordingKey, kind: str, take: str = "") -> str:
    name = sha256(orjson.dumps([recording_key.owner, recording_key.name, take])).hexdigest()[:32]
    return f"cg:{{{recording_key.tenant}}}:{kind}:{name}"


def _field(call_key: CallKey, occurrence: int) -> str:
    return f"{_call(call_key)}/{occurrence}"


def _call(call_key: CallKey) -> str:
    """In three parts with an occurrence, as a gateway of the release before reads it. A run's name may have any character."""
    run = f".{_hash(call_key.run)}" if call_key.run else ""
    return f"{call_key.tool_digest}/{call_key.arguments_digest}{run}"


def _run(call_key: CallKey) -> str:
    """As recordings.lua lists it."""
    return f"{_hash(call_key.run)} {call_key.run}" if call_key.run else ""


def _hash(run: str) -> str:
    return sha256(run.encode()).hexdigest()[:32]


def _place(field: str) -> tuple[str, str, int]:
    tool_digest, arguments_digest, occurrence = field.split("/")
    return tool_digest, arguments_digest, int(occurrence)


async def _size(kept: dict[str, RecordedCall]) -> int:
    """Bytes of it all. Others have their turn between two entries, each of which may be of megabytes."""
    size = 0
    for field, entry in kept.items():
        size += len(field) + len(_encode(entry))
        await asyncio.sleep(0)
    return size


def _encode(entry: RecordedCall) -> bytes:
    head = {
        "tool": entry.tool,
        "call_key": [entry.call_key.tool_digest, entry.call_key.arguments_digest],
        "occurrence": entry.occurrence,
    }
    # A gateway of an older release does not know these, and leaves them unread.
    newer = {
        "run": entry.call_key.run,
        "step": entry.step,
        "begun": entry.begun,
        "ended": entry.ended,
        "arguments": entry.arguments.decode(),
    }
    head |= {name: found for name, found in newer.items() if found}
    head |= {"refusal": b64encode(entry.refusal).decode()} if entry.refusal else {}
    return orjson.dumps(head) + b"\n" + (encode_outcome(entry.outcome) if entry.outcome else b"")


def _decode(raw: bytes) -> RecordedCall:
    head, _, outcome = raw.partition(b"\n")
    plain = orjson.loads(head)
    tool_digest, arguments_digest = plain["call_key"]
    return RecordedCall(
        plain["tool"],
        CallKey(tool_digest, arguments_digest, plain.get("run", "")),
        plain["occurrence"],
        decode_outcome(outcome) if outcome else None,
        arguments=plain.get("arguments", "").encode(),
        step=plain.get("step", ""),
        begun=plain.get("begun", 0),
        ended=plain.get("ended", 0),
        refusal=b64decode(plain.get("refusal", "")),
    )
