"""The events of a streamed answer: server-sent events (WHATWG HTML, 9.2), or JSON values line by line."""

import json
import re
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, field
from itertools import count
from typing import Any

from callgate.outcomes import LimitExceeded, Outcome, Result, Succeeded

#: Bytes of one event's data, and events of one answer: as a gateway has them.
LONGEST, MOST = 256 << 10, 10_000

#: Characters of an event's type, and of its id.
LONGEST_NAME = 256

_ENDS = re.compile(rb"\r\n|\r|\n")
_SUBTYPES = {"ndjson", "jsonl", "jsonlines", "json-lines", "json-seq", "stream+json"}
_SERVER_SENT = "text/event-stream"


@dataclass(frozen=True, slots=True)
class AnswerEvent:
    """One event of a streamed answer. `number` counts from 1 in its attempt; after a greater `attempt`, those before count no
    more.

    `data` is a server-sent event's, or one line. `type` ("message" where it names none) and `id` are a server-sent event's.
    `left_out`: the data is longer than a gateway tells (256 KiB), and is in the result alone; or its type or id is cut after
    256 characters. Of number 10,001, which comes last: more has come that is told by no event. The result's artifact has it,
    of this id (`artifact`), where there is one, and else the result has what there is.
    """

    attempt: int
    number: int
    data: bytes = field(repr=False)
    type: str = ""
    id: str = ""
    left_out: bool = False
    _: KW_ONLY
    artifact: str = ""

    @property
    def text(self) -> str:
        """The data as text; what is no UTF-8 becomes U+FFFD."""
        return self.data.decode("utf-8", "replace")

    def json(self) -> Any:
        """The decoded data. Raises ValueError where it is not JSON, such as the `[DONE]` that ends some streams."""
        return json.loads(self.data)


def events_of(outcome: Outcome | None, attempt: int) -> Iterator[AnswerEvent]:
    """Those of an answer that is there, as a gateway tells them while it comes. None of one that is no stream."""
    result: Result | None = getattr(outcome, "result", None)
    if result is None or not 200 <= result.http_status < 300:  # noqa: PLR2004 - the class of success
        return
    media_type = result.content_type.partition(";")[0].strip().lower()
    if media_type == _SERVER_SENT:
        read = _server_sent(result.body)
    elif media_type.rpartition("/")[2].removeprefix("x-") in _SUBTYPES:
        whole = isinstance(outcome, Succeeded) and result.artifact is None and result.shown is None
        read = _lines(result.body, whole=whole)
    else:
        return
    numbers = count(1)
    for data, kind, id in read:
        number = next(numbers)
        if number > MOST:
            yield _beyond(attempt, result)
            return
        left_out, cut = len(data) > LONGEST, max(len(kind), len(id)) > LONGEST_NAME
        names = kind[:LONGEST_NAME], id[:LONGEST_NAME]
        yield AnswerEvent(attempt, number, b"" if left_out else data, *names, left_out or cut)
    cut_by_view = result.shown is not None and result.shown.bytes_left_out > 0
    if isinstance(outcome, LimitExceeded) or result.artifact is not None or cut_by_view:
        yield _beyond(attempt, result)


def _beyond(attempt: int, result: Result) -> AnswerEvent:
    artifact = result.artifact.id if result.artifact else ""
    return AnswerEvent(attempt, MOST + 1, b"", left_out=True, artifact=artifact)


def _lines(body: bytes, *, whole: bool) -> Iterator[tuple[bytes, str, str]]:
    """The last line of a stream that broke off, or was cut, may be a part of one."""
    lines = _ENDS.split(body.removeprefix(b"\xef\xbb\xbf"))
    for line in lines if whole else lines[:-1]:
        if data := line.strip(b"\x1e \t"):
            yield data, "", ""


def _server_sent(body: bytes) -> Iterator[tuple[bytes, str, str]]:
    data, kind, id = list[bytes](), "", ""
    for line in _ENDS.split(body.removeprefix(b"\xef\xbb\xbf"))[:-1]:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line and data:
            yield b"\n".join(data), kind or "message", id
        if not line:
            data, kind = [], ""
        elif name == b"data":
            data.append(value)
        elif name == b"event":
            kind = value.decode("utf-8", "replace")
        elif name == b"id" and b"\0" not in value:
            id = value.decode("utf-8", "replace")
