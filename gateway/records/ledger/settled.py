"""A settled record: one that has ended for good and owes nothing. It is only read any more, and Redis keeps it in few fields.

All that no transition looks at, and the history, are in one field, `rest`: names and values in turn, each as a netstring
(`5:hello,`). `settle` in `ledger.lua` writes it. A hash with a field for each would take twice the memory.
"""

from collections.abc import Iterator, Mapping

import orjson

from gateway.model.invocation import Event, InvocationState

REST = b"rest"

#: The entry that is the history, as JSON: of each event the time since the one before, the state where it is another one, the
#: kind, and the attributes, names and values in turn. A number in a text's place: it is the text that was told as that one.
_EVENTS = b"events"


def unfold(stored: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """The fields of a record, also those that are folded into one."""
    if REST not in stored:
        return dict(stored)
    rest = dict(_pairs(stored[REST]))
    attempts = sum(name.startswith(b"a:") for name in rest)
    return {**rest, **stored, b"att": b"%d" % attempts}


def events(rest: bytes) -> Iterator[Event]:
    """The history of a settled record, from the first event on."""
    time, state, seen = 0, "", list[str]()
    told = orjson.loads(dict(_pairs(rest)).get(_EVENTS, b"[]"))
    for number, (later, moved, *texts) in enumerate(told, 1):
        time, state = time + later, moved or state
        kind, *attributes = (_text(text, seen) for text in texts)
        told_of = dict(zip(attributes[::2], attributes[1::2], strict=True))
        yield Event(number, time / 1000, InvocationState(state), kind, told_of)


def _text(told: str | int, seen: list[str]) -> str:
    if isinstance(told, str):
        seen.append(told)
        return told
    return seen[told - 1]


def _pairs(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    texts = _texts(raw)
    return zip(texts, texts, strict=True)


def _texts(raw: bytes) -> Iterator[bytes]:
    while raw:
        length, _, rest = raw.partition(b":")
        yield rest[: int(length)]
        raw = rest[int(length) + 1 :]
