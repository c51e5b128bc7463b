"""A streamed answer → its events, while it comes: server-sent events (WHATWG HTML, 9.2), and JSON values line by line.

Bounded in memory and in number, whatever the upstream sends. What is left out as an event is in the answer all the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from registry.model.media_types import essence

#: Bytes of one event's data, and events of one answer.
LONGEST, MOST = 256 << 10, 10_000

#: Characters of an event's type, and of its id. More is cut off.
LONGEST_NAME = 256

_ENDS = re.compile(rb"\r\n|\r|\n")
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class AnswerEvent:
    """One event. `number` counts from 1 in its answer.

    `type` and `id` are a server-sent event's; a line of JSON has none. `left_out`: its data is longer than LONGEST, or its type
    or id than LONGEST_NAME; or, of number MOST + 1, that no more are told. `artifact`: the id of that which has them all.
    """

    number: int
    data: bytes = field(default=b"", repr=False)
    type: str = ""
    id: str = ""
    left_out: bool = False
    artifact: str = ""


class EventReader:
    """Reads one answer of this content type, piece by piece. `most`: events that are read."""

    def __init__(self, content_type: str, most: float = MOST) -> None:
        self._most = most
        self._lines = _Lines()
        self._kind = _ServerSent() if essence(content_type) == "text/event-stream" else _JsonLines()
        self._count = 0

    def feed(self, piece: bytes) -> list[AnswerEvent]:
        """The events that this piece completes."""
        return self._numbered(self._lines.feed(piece))

    def end(self) -> list[AnswerEvent]:
        """The last one of an answer that has come to its end: a line of JSON needs no end of its own."""
        return self._numbered(self._lines.rest()) if isinstance(self._kind, _JsonLines) else []

    def _numbered(self, lines: list[bytes | None]) -> list[AnswerEvent]:
        events = []
        for line in lines:
            if self._count > self._most:
                break
            if (read := self._kind.take(line)) is not None:
                self._count += 1
                over = self._count > self._most
                events.append(AnswerEvent(self._count, left_out=True) if over else AnswerEvent(self._count, *read))
        return events


class _Lines:
    """Lines, whole; None in the place of one that is too long."""

    def __init__(self) -> None:
        self._rest = b""
        self._long = False
        self._after_return = False
        self._begun = False

    def feed(self, piece: bytes) -> list[bytes | None]:
        if not piece:
            return []
        if self._after_return and piece.startswith(b"\n"):
            piece = piece[1:]
        self._after_return = piece.endswith(b"\r")
        first, *others = _ENDS.split(piece)
        self._grow(first)
        if not others:
            return []
        lines: list[bytes | None] = [self._take()]
        lines += (line if len(line) <= LONGEST else None for line in others[:-1])
        self._grow(others[-1])
        return lines

    def rest(self) -> list[bytes | None]:
        return [self._take()]

    def _grow(self, more: bytes) -> None:
        self._long = self._long or len(self._rest) + len(more) > LONGEST
        self._rest = b"" if self._long else self._rest + more

    def _take(self) -> bytes | None:
        line, long = self._rest, self._long
        self._rest, self._long = b"", False
        if not self._begun:
            self._begun, line = True, line.removeprefix(_MARK)
        return None if long else line


#: The data, the type, the id, and whether a part of them is left out.
_Read = tuple[bytes, str, str, bool]


class _JsonLines:
    """One value a line, also where each begins with a record separator (RFC 7464). Empty lines are none."""

    def take(self, line: bytes | None) -> _Read | None:
        if line is None:
            return b"", "", "", True
        data = line.strip(b"\x1e \t")
        return (data, "", "", False) if data else None


class _ServerSent:
    """Fields up to an empty line. An event without data is none."""

    def __init__(self) -> None:
        self._id, self._id_cut = "", False
        self._clear()

    def _clear(self) -> None:
        self._data: list[bytes] = []
        self._size = 0
        self._type, self._type_cut = "", False
        self._left_out = False

    def take(self, line: bytes | None) -> _Read | None:
        if line is None:
            self._left_out = True
        elif line:
            self._field(line)
        else:
            return self._dispatched()
        return None

    def _dispatched(self) -> _Read | None:
        data, kind, left_out = b"\n".join(self._data), self._type or "message", self._left_out
        told, cut = bool(self._data) or left_out, self._type_cut or self._id_cut
        self._clear()
        return (b"" if left_out else data, kind, self._id, left_out or cut) if told else None

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._size += len(value) + 1
            self._left_out = self._left_out or self._size > LONGEST + 1
            self._data.append(value)
            if self._left_out:
                self._data.clear()
        elif name == b"event":
            self._type, self._type_cut = _text(value)
        elif name == b"id" and b"\0" not in value:
            self._id, self._id_cut = _text(value)


def _text(value: bytes) -> tuple[str, bool]:
    """And whether it is cut."""
    text = value[: 4 * LONGEST_NAME].decode("utf-8", "replace")
    return text[:LONGEST_NAME], len(text) > LONGEST_NAME or len(value) > 4 * LONGEST_NAME


def read_events(
    content_type: str, body: bytes, *, whole: bool, step: int = 16 << 10, most: float = MOST
) -> Iterator[list[AnswerEvent]]:
    """The events of an answer that is there, step by step: each takes milliseconds. `whole`: it has come to its end; `most` as
    the reader's."""
    reader = EventReader(content_type, most)
    for start in range(0, len(body), step):
        yield reader.feed(body[start : start + step])
    if whole:
        yield reader.end()
