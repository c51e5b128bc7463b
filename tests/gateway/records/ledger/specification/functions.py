"""The Functions on a real server, under the test's clock; what they answer and leave, in the specification's terms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import count
from typing import Any

import orjson
import redis

from gateway.model.invocation import InvocationState
from gateway.records.ledger.settled import events as events_of
from gateway.records.ledger.settled import unfold
from gateway.records.ledger.specification.lineage import Shown, told_of_history
from gateway.records.ledger.specification.record import Keys, Lineage, Record, Reply, Told
from gateway.records.redis.tenant_keys import tenant_keys

from .world import Call, apply

LEDGER = files("gateway.records.redis").joinpath("ledger.lua").read_text()
OWN_PRIMARY = "string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')"
FRESH = "local FRESH = 50"
OWN_CLOCK = "local time = redis.call('TIME')\n  return time[1] * 1000 + math.floor(time[2] / 1000)"
ID = "inv_1"

DUMP = """#!lua name=dump
redis.register_function('dump', function(K, A)
  local function index(key) return redis.call('ZSCORE', key, A[1]) end
  -- Rounded up: the server's clock goes on meanwhile. And it may be set back by a moment: less than a second more is as much.
  local function lives(key)
    return math.max(0, math.ceil((redis.call('PTTL', key) - 1000) / 10000000) * 10000000)
  end
  local function entries(key, with_id)
    local found = {}
    for _, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do
      local fields = with_id and { 'id', entry[1] } or {}
      for _, text in ipairs(entry[2]) do fields[#fields + 1] = text end
      found[#found + 1] = fields
    end
    return found
  end
  local function brief(key)
    return redis.call('PTTL', key) ~= -1 and redis.call('PTTL', key) <= 1000
  end
  local settled = redis.call('HEXISTS', K[1], 'rest') == 1
  return cjson.encode({
    sequence = tonumber(redis.call('GET', K[6]) or '0'),
    lineage = redis.call('HGETALL', K[8]),
    record = redis.call('HGETALL', K[1]),
    lives = lives(K[1]), events_live = settled and 0 or lives(K[2]),
    lease = index(K[3]), due = index(K[4]), review = index(K[9]),
    owed = redis.call('ZRANGE', K[5], 0, -1),
    events = settled and {} or entries(K[2], true), brief = brief(K[2]), audit = entries(K[7], false),
  })
end)
"""

#: Milliseconds to which the time that a key lives is told.
COARSE = 10_000_000

#: Arguments of a claim before how long its record is kept, and the token of its call.
CLAIM_TERMS = 8

#: How many histories are sent before the replies are read.
TOGETHER = 100

tenants = (f"t{number}" for number in count())


def in_the_tests_hands(library: str) -> str:
    """The library, asking keys for the time and, in each step, for which server this is. Nothing else is changed."""
    assert library.count(OWN_CLOCK) == library.count(OWN_PRIMARY) == 1
    assert library.count(FRESH) == 1
    timed = library.replace(OWN_CLOCK, "return tonumber(redis.call('GET', 'clock'))").replace(FRESH, "local FRESH = 0")
    return timed.replace(OWN_PRIMARY, "redis.call('GET', 'primary')")


class Server:
    """One server, whose Functions may be replaced."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url)
        self._client.function_load(DUMP, replace=True)

    def load(self, library: str) -> None:
        self._client.function_load(in_the_tests_hands(library), replace=True)
        self._client.flushall()

    def play(self, histories: Sequence[Sequence[Call]]) -> list[list[tuple[Any, bytes]]]:
        """Of each history each call's reply (an exception, where there was one), and all that there is after it."""
        with self._client.pipeline(transaction=False) as pipeline:
            for history in histories:
                keys = tenant_keys(next(tenants), ID)
                for call in history:
                    args = [plain(arg) for arg in (*in_order(call.shown), ID, *in_full(call))]
                    pipeline.mset({"clock": call.now, "primary": call.shown.primary})
                    pipeline.fcall(f"callgate_v3_{call.function}", len(keys), *keys, *args)
                    pipeline.fcall("dump", len(keys), *keys, ID)
            replies = pipeline.execute(raise_on_error=False)
        steps = iter(zip(replies[1::3], replies[2::3], strict=True))
        return [[next(steps) for _ in history] for history in histories]

    def transcripts(self, histories: Sequence[Sequence[Call]]) -> Iterator[list[tuple[Any, bytes]]]:
        """What `play` answers, some histories at a time."""
        for first in range(0, len(histories), TOGETHER):
            yield from self.play(histories[first : first + TOGETHER])


def in_order(shown: Shown) -> tuple[Any, ...]:
    return shown.gateway, shown.mark.number, shown.mark.nonce.ljust(8), shown.mark.epoch, shown.nonce.ljust(8)


def in_full(call: Call) -> tuple[Any, ...]:
    """What the gateway's caller of the Functions sends: what only the record needs to have are fields of it.

    A record is put back field by field, a nonce has eight bytes.
    """
    if call.function == "restore":
        return *call.args[:-1], *(part for pair in fields_of(call.args[-1]).items() for part in pair)
    if call.function == "show":
        gateway, number, nonce, *rest = call.args
        return gateway, number, nonce.ljust(8), *rest
    if call.function != "claim":
        return call.args
    fields = zip(("keep", "call"), call.args[CLAIM_TERMS:], strict=False)
    return *call.args[:CLAIM_TERMS], "args", "{}", *(part for name, value in fields if value for part in (name, value))


def plain(argument: Any) -> str | bytes | int:
    """As the gateway's caller of the Functions sends it."""
    if argument is None:
        return ""
    return int(argument) if isinstance(argument, bool) else argument


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where the Functions do not what the specification says."""

    history: tuple[Call, ...]
    expected: object
    found: object

    def __str__(self) -> str:
        steps = "\n".join(f"  {call.now} {call.function} {call.args}" for call in self.history)
        return f"after\n{steps}\nthe specification says\n  {self.expected}\nand the Functions\n  {self.found}"


def divergence(history: Sequence[Call], transcript: Sequence[tuple[Any, bytes]]) -> Divergence | None:
    """The first step at which the Functions answered or left something else than the specification. None if there is none."""
    keys = Keys()
    told: tuple[Told, ...] = ()
    for number, (call, (answer, dump)) in enumerate(zip(history, transcript, strict=True), 1):
        keys, reply = apply(keys, call)
        told = (*told, *keys.told)
        expected = said(call, keys, reply), left(keys, told)
        found = (answer if isinstance(answer, Exception) else heard(call, answer)), as_left(orjson.loads(dump))
        if expected != found:
            return Divergence(tuple(history[:number]), *_differing(expected, found))
    return None


def _differing(expected: tuple[Any, Any], found: tuple[Any, Any]) -> tuple[object, object]:
    if expected[0] != found[0]:
        return expected[0], found[0]
    names = [name for name in expected[1] if expected[1][name] != found[1][name]]
    return {name: expected[1][name] for name in names}, {name: found[1][name] for name in names}


#: What may end a call that is another gateway's. The end of one that acts is remembered by who has brought it about.
ENDING = {"cancel", "resolve", "take_from_lost"}


def said(call: Call, keys: Keys, reply: Reply) -> tuple[Any, ...]:
    told = reply[0], *told_of_history(keys, call.shown.gateway), *reply[1:]
    if reply[0] == "REPEATED":
        return *told, keys.record is not None and keys.record.state.ended
    return (*told, _is_remembered(keys, reply)) if call.function in ENDING else told


def _is_remembered(keys: Keys, reply: Reply) -> bool:
    moved = reply[0] in {"OK", InvocationState.UNKNOWN.value, InvocationState.FAILED.value}
    return moved and keys.record is not None and keys.record.state.ended and keys.record.acts


def heard(call: Call, answer: list[Any]) -> tuple[Any, ...]:
    status, sequence, nonce, epoch, history, base, *rest = answer
    told = status.decode(), sequence, nonce.strip(b"\0 "), epoch, history.decode(), base
    if status == b"KNOWN" or (call.function in {"record", "dispatch"} and status == b"OK"):
        return told  # and the record, which the dump has, too
    if call.function in ENDING:
        return *told, bool(rest)
    if call.function == "heartbeat" and status == b"OK":
        return *told, rest[0] == b"1"
    return *told, *rest


def left(keys: Keys, told: tuple[Told, ...]) -> dict[str, Any]:
    """All that the keys should hold after these steps."""
    record = keys.record
    lives = record.expires - record.ended if record and record.expires and record.ended is not None else None
    lives = lives and lives // COARSE * COARSE  # a record may begin to expire some time after its end
    return {
        "sequence": keys.sequence,
        "lineage": replace(keys.lineage, ring=()),
        "record": record and _forever(record),
        "lives": lives,
        "events_live": None if record and record.settled else lives,
        "brief": record is None or record.settled,
        "lease": record.lease if record and record.under_way else None,
        "due": record.not_before if record and record.state is InvocationState.RETRY_WAIT else None,
        "review": record.review_opened if record and record.under_review else None,
        "owed": sorted(keys.obligations),
        "events": _history(told, keys),
        "audit": [(one.seq, one.kind, dict(one.attributes)) for one in told],
    }


def _forever(record: Record) -> Record:
    """Without what Redis keeps elsewhere: how long the key lives."""
    return Record(**{**{name: getattr(record, name) for name in Record.__slots__}, "expires": None})


def _history(told: tuple[Told, ...], keys: Keys) -> list[tuple[int, str, str, dict[str, str]]]:
    """The events since the present record was claimed, or put back."""
    if keys.record is None:
        return []
    begun = max((number for number, one in enumerate(told, 1) if one.kind in {"DROPPED", "RELEASED", "REPLACED"}), default=0)
    return [(one.place[0], one.place[1], one.kind, dict(one.attributes)) for one in told[begun:] if one.place]


def as_left(dump: dict[str, Any]) -> dict[str, Any]:
    """The same, of what is there."""
    folded = _pairs(dump["record"] or [])
    stored = {name.decode(): value.decode() for name, value in unfold(_encoded(folded)).items()}
    told = [(one.number, one.state, one.kind, one.attributes) for one in events_of(folded.get("rest", "").encode())]
    times = ("lease", "due", "review")
    return {
        "lineage": _lineage(_pairs(dump["lineage"] or [])),
        **{name: dump[name] for name in ("sequence", "brief")},
        **{name: dump[name] or None for name in ("lives", "events_live")},
        **{name: int(dump[name]) if dump.get(name) else None for name in times},
        "record": _record(stored, len(told)) if stored else None,
        "owed": sorted(member.partition(" ")[2] for member in dump["owed"] or []),
        "events": told if "rest" in folded else [_event(_pairs(fields)) for fields in dump["events"] or []],
        "audit": [_audited(_pairs(fields)) for fields in dump["audit"] or []],
    }


def _pairs(flat: list[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _encoded(fields: dict[str, str]) -> dict[bytes, bytes]:
    return {name.encode(): value.encode() for name, value in fields.items()}


def _event(entry: dict[str, str]) -> tuple[int, str, str, dict[str, str]]:
    del entry["time"]
    return int(entry.pop("id").partition("-")[0]), entry.pop("state"), entry.pop("kind"), entry


def _audited(entry: dict[str, str]) -> tuple[int, str, dict[str, str]]:
    return int(entry.pop("seq")), entry.pop("kind"), {k: v for k, v in entry.items() if k not in {"id", "n", "state"}}


def _lineage(stored: dict[str, str]) -> Lineage:
    shown = {name.removeprefix("g:"): int(epoch) for name, epoch in stored.items() if name.startswith("g:")}
    return Lineage(
        primary=stored.get("primary", ""),
        epoch=int(stored.get("epoch", 0)),
        last=int(stored.get("last", 0)),
        start=int(stored.get("start", 0)),
        base=int(stored.get("base", 0)),
        since=int(stored.get("since", 0)),
        open="open" in stored,
        to_be_acknowledged="ack" in stored,
        empty="empty" in stored,
        shown=tuple(sorted(shown.items())),
    )


def _record(stored: dict[str, str], told: int) -> Record:
    """`told`: how many events a settled record has."""
    attempts = tuple(stored[f"a:{number}"] for number in range(1, int(stored.get("att", 0)) + 1))
    owed = frozenset(name.removeprefix("o:") for name in stored if name.startswith("o:"))
    assert len(owed) == int(stored.get("owed", 0)), "what is owed is counted wrongly"
    return Record(
        fingerprint=stored["fp"],
        nonce=stored.get("nonce", ""),
        repeatable=stored["rep"] == "1",
        repeatable_until=int(stored.get("until", 0)),
        acts=stored.get("acts") == "1",
        max_attempts=int(stored["max"]),
        accepted=int(stored["accepted"]),
        deadline=int(stored.get("deadline", 0)),
        state=InvocationState(stored["st"]),
        fence=int(stored["fence"]),
        lease=int(stored.get("lease", 0)),
        span=int(stored.get("span", 0)),
        not_before=int(stored.get("nb", 0)),
        delay=int(stored.get("delay", 0)),
        dispatching=int(stored["df"]) if "df" in stored else None,
        dispatches=int(stored.get("disp", 0)),
        box=stored.get("box", ""),
        barrier=stored.get("barrier", ""),
        cancelled="cx" in stored,
        attempts=attempts,
        outcome=stored.get("outcome"),
        ended=int(stored["ended"]) if "ended" in stored else None,
        keep=int(stored.get("keep", 0)),
        keeps_args="args" in stored,
        review_opened=int(stored["ro"]) if "ro" in stored else None,
        review_author=stored.get("ra", ""),
        review_reason=stored.get("rr", ""),
        decisions=tuple(stored.get("rd", "").split()),
        owed=owed,
        events=int(stored.get("n", told)),
        settled="rest" in stored,
        free="free" in stored,
        dropped=stored.get("free") == "2",
        falling_back="fb" in stored,
        call=stored.get("call", ""),
    )


def fields_of(record: Record) -> dict[str, Any]:
    """The hash of a record, as a gateway has read it."""
    always = {
        "fp": record.fingerprint,
        "nonce": record.nonce,
        "rep": int(record.repeatable),
        "until": record.repeatable_until,
        "acts": int(record.acts),
        "max": record.max_attempts,
        "accepted": record.accepted,
        "deadline": record.deadline,
        "st": record.state,
        "fence": record.fence,
        "lease": record.lease,
        "span": record.span,
        "n": record.events,
    }
    attempts = {f"a:{number}": attempt for number, attempt in enumerate(record.attempts, 1)}
    owed = {f"o:{obligation}": 1 for obligation in sorted(record.owed)}
    where_there_is = {
        "df": record.dispatching,
        "disp": record.dispatches or None,
        "box": record.box or None,
        "barrier": record.barrier or None,
        "att": len(attempts) or None,
        "owed": len(owed) or None,
        "nb": record.not_before or None,
        "delay": record.delay or None,
        "cx": 1 if record.cancelled else None,
        "outcome": record.outcome,
        "ended": record.ended,
        "free": 2 if record.dropped else 1 if record.free else None,
        "fb": 1 if record.falling_back else None,
        "call": record.call or None,
        "args": "{}" if record.keeps_args else None,
        "ro": record.review_opened,
        "ra": record.review_author or None,
        "rr": record.review_reason or None,
        "rd": " ".join(record.decisions) or None,
    }
    return {**always, **attempts, **owed, **{name: value for name, value in where_there_is.items() if value is not None}}
