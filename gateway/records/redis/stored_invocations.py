"""What the Functions keep of an invocation → the invocation, and its events."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from gateway.model.invocation import Attempt, Event, Invocation, InvocationState, Review
from gateway.records.ledger.codec import decode_attempt, decode_outcome, decode_principal, decode_request
from gateway.records.ledger.settled import unfold


def _review(stored: dict[bytes, bytes]) -> Review | None:
    if b"ro" not in stored:
        return None
    return Review(int(stored[b"ro"]) / 1000, stored.get(b"ra", b"").decode(), stored.get(b"rr", b"").decode())


def invocation_of(id: str, record: Mapping[bytes, bytes], known: Mapping[bytes, Any] = MappingProxyType({})) -> Invocation:
    """`known`: what some of the encoded values mean, which need not be decoded."""
    stored = unfold(record)
    encoded = [stored[b"a:%d" % number] for number in range(1, int(stored.get(b"att", 0)) + 1)]
    attempts = [known.get(one) or decode_attempt(one) for one in encoded]
    outcome = stored.get(b"outcome")
    return Invocation(
        id=id,
        principal=decode_principal(stored[b"principal"]),
        request=decode_request(stored),
        state=InvocationState(stored[b"st"].decode()),
        outcome=(known.get(outcome) or decode_outcome(outcome)) if outcome else None,
        attempts=tuple(_numbered(attempt, number) for number, attempt in enumerate(attempts, 1)),
        accepted=int(stored[b"accepted"]) / 1000,
        deadline=int(stored.get(b"deadline", 0)) / 1000,
        ended=int(stored[b"ended"]) / 1000 if b"ended" in stored else None,
        max_attempts=int(stored[b"max"]),
        review=_review(stored),
        fingerprint=stored[b"fp"].decode(),
        life=stored.get(b"nonce", b"").decode(),
        cancel_requested=b"cx" in stored,
    )


def _numbered(attempt: Attempt, number: int) -> Attempt:
    return attempt if attempt.number == number else replace(attempt, number=number)


def event_of(number: int, entry: dict[str, str]) -> Event:
    attributes = {name: value for name, value in entry.items() if name not in {"time", "state", "kind"}}
    return Event(number, int(entry["time"]) / 1000, InvocationState(entry["state"]), entry["kind"], attributes)
