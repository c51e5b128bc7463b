"""Values of `invocation` to packed JSON and back, for the store. What is written once is read back equal.

An answer's body stands beside its JSON as it is: a kept call takes little more than its answer.
"""

import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from gateway.model.artifact import Artifact
from gateway.model.invocation import (
    NO_STEP,
    Answer,
    AnswerPages,
    Attempt,
    Cost,
    Outcome,
    Request,
    RunStep,
    ShownPart,
    Verdict,
)
from gateway.model.principal import Principal
from gateway.records.ledger.packing import is_packed, pack, unpack, unpack_first
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Connection, Evidence, Phase

#: The length of an outcome's packed JSON, which stands before it; the answer's body follows.
_HEAD = struct.Struct(">I")

#: Fields of an answer that a gateway of an older release does not know: they are packed behind the others, where it does not
#: look. Where the others are too long to be packed, they are left out.
_NEWER = ("headers", "headers_left_out", "shown", "pages", "artifact")
_PARTS = (("shown", ShownPart), ("pages", AnswerPages), ("artifact", Artifact))


def encode_outcome(outcome: Outcome) -> bytes:
    plain, body, newer = _fields(outcome), b"", dict[str, Any]()
    if outcome.cost is None:  # a gateway of an older release does not know the field, nor a tool that has it
        del plain["cost"]
    if outcome.answer is not None:
        plain["answer"] = _fields(outcome.answer)
        body = plain["answer"].pop("body")
        newer = {name: found for name in _NEWER if (found := plain["answer"].pop(name))}
    head = pack(orjson.dumps(plain))
    if newer:
        head += pack(orjson.dumps(newer)) if is_packed(head) else b""
    return _HEAD.pack(len(head)) + head + body


def decode_outcome(raw: bytes) -> Outcome:
    end = _HEAD.size + _HEAD.unpack_from(raw)[0]
    head, newer = unpack_first(raw[_HEAD.size : end])
    plain = orjson.loads(head)
    answer = plain.pop("answer")
    if answer is not None:
        answer |= orjson.loads(unpack(newer)) if newer else {}
        pairs = {name: tuple((one, two) for one, two in answer.get(name, ())) for name in ("links", "headers")}
        parts = {name: _part(kind, answer[name]) for name, kind in _PARTS if answer.get(name)}
        answer = Answer(**{**answer, **pairs, **parts, "body": raw[end:]})
    plain |= {"verdict": Verdict(plain["verdict"]), "answer": answer, "fault": _fault(plain["fault"])}
    return Outcome(**plain | {"cost": _cost(plain["cost"])} if "cost" in plain else plain)


def _part(kind: type[Any], stored: dict[str, Any]) -> Any:
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()})


def _cost(stored: dict[str, Any]) -> Cost:
    return Cost(stored["amount"], tuple((name, count) for name, count in stored["counts"]), tuple(stored["missing"]))


def encode_attempt(attempt: Attempt) -> bytes:
    plain = _fields(attempt)
    if not attempt.last:  # a gateway of an older release does not know the field
        del plain["last"]
    return pack(orjson.dumps(plain))


def decode_attempt(raw: bytes) -> Attempt:
    plain: dict[str, Any] = orjson.loads(unpack(raw))
    plain["evidence"], plain["fault"] = Evidence(plain["evidence"]), _fault(plain["fault"])
    plain["connections"] = tuple(Connection(**connection) for connection in plain["connections"])
    plain["phases"] = tuple(Phase(**phase) for phase in plain["phases"])
    return Attempt(**plain)


def encode_request(request: Request) -> dict[str, bytes]:
    """The arguments apart, since they are dropped as soon as no attempt can follow; and the milliseconds that it is kept.
    What a gateway of an older release does not know is a field of its own, too: that one leaves it unread."""
    plain = _fields(request)
    args_json, retention = plain.pop("args_json"), plain.pop("retention")
    may_call, place = plain.pop("may_call"), plain.pop("place")
    newer = {"may_call": orjson.dumps(may_call)} if may_call else {}
    newer |= {"step": orjson.dumps([place.step, place.occurrence])} if place != NO_STEP else {}
    return {"request": pack(orjson.dumps(plain)), "args": args_json, "keep": b"%d" % (retention * 1000), **newer}


def decode_request(stored: Mapping[bytes, bytes]) -> Request:
    """The request of a record, by the names of its fields there."""
    plain = orjson.loads(unpack(stored[b"request"]))
    plain["effect"], plain["args_json"] = Effect(plain["effect"]), stored.get(b"args", b"")
    if b"keep" in stored:
        plain["retention"] = int(stored[b"keep"]) / 1000
    if b"may_call" in stored:
        plain["may_call"] = tuple(orjson.loads(stored[b"may_call"]))
    if b"step" in stored:
        plain["place"] = RunStep(*orjson.loads(stored[b"step"]))
    return Request(**plain)


@lru_cache(maxsize=1024)  # many records, few callers
def encode_principal(principal: Principal) -> bytes:
    return pack(orjson.dumps(principal))


@lru_cache(maxsize=1024)
def decode_principal(raw: bytes) -> Principal:
    return Principal(**orjson.loads(unpack(raw)))


def _fault(written: str | None) -> FaultCode | None:
    """A code that this release does not know makes no record unreadable."""
    if not written:
        return None
    return FaultCode(written) if written in FaultCode.__members__ else FaultCode.UNRECOGNIZED


def _fields(value: Answer | Attempt | Outcome | Request) -> dict[str, Any]:
    """Not a copy of what is in them, as `asdict` makes it: orjson reads that as it is."""
    return {field: getattr(value, field) for field in value.__slots__}
