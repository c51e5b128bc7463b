"""A settled record: one that has ended for good and owes nothing. It is only read any more, and Redis keeps it in few fields.

All that no transition looks at, and the history, are in one field, `rest`: names and values in turn, each as a netstring
(`5:hello,`). `settle` in `ledger.lua` writes it. A hash with a field for each would take twice the memory.
"""

from collections.abc import Iterator, Mapping

from gateway.model.invocation import Event, InvocationState

REST = b"rest"

#: The entry that is the history: a netstring for each event, made of netstrings. A text that was told before is told by its
#: number (`@3,`).
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
    for number, told in enumerate(_texts(dict(_pairs(rest)).get(_EVENTS, b"")), 1):
        later, moved, kind, *attributes = _told(told, seen)
        time, state = time + int(later), moved or state
        told_of = dict(zip(attributes[::2], attributes[1::2], strict=True))
        yield Event(number, time / 1000, InvocationState(state), kind, told_of)


def _told(raw: bytes, seen: list[str]) -> Iterator[str]:
    while raw:
        if raw.startswith(b"@"):
            number, _, raw = raw[1:].partition(b",")
            yield seen[int(number) - 1]
        else:
            text, raw = _first(raw)
            seen.append(text.decode())
            yield seen[-1]


def _pairs(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    texts = _texts(raw)
    return zip(texts, texts, strict=True)


def _texts(raw: bytes) -> Iterator[bytes]:
    while raw:
        text, raw = _first(raw)
        yield text


def _first(raw: bytes) -> tuple[bytes, bytes]:
    """The first netstring's text, and what follows it."""
    length, _, rest = raw.partition(b":")
    end = int(length)
    return rest[:end], rest[end + 1 :]
