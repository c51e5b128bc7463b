"""What a runner reports of its job (HEAD, END and FAULT), read as the words of a stranger.

A box may be in the hands of the upstream that was called. So each field has its one type, its known names and its bound, and a
report with anything else in it is none: ProtocolViolation. What is for people only is cut. The bounds lie above all that our
own runner can say (`runner/exchange.go`, `runner/process.go`, `runner/redact.go`).
"""

import math
import re
from typing import Any, NamedTuple, TypeVar

import orjson

from sandbox.api.fault_code import REPORTED_BY_RUNNER
from sandbox.api.result import STOPS, Completed, CountedNumber, Evidence, Faulted, FetchedPages, Head, Phase, Usage
from sandbox.box.frames import ProtocolViolation

#: The statuses that end an exchange: every number of three digits from 200 on, for upstreams do send such.
FINAL = range(200, 1000)

#: Of one answer. The runner gives up an answer that has more.
MOST_HEADERS = 1024

#: Characters of all names and values together: a head of 256 KB, of which a redaction lengthens parts.
LONGEST_HEADERS = 640 * 1024

#: The parts of a job that a runner times, each once.
PHASES = frozenset({"secret", "connect", "permission", "exchange", "program"})

#: Seconds. A client gives no call more time.
LONGEST_PHASE = 366 * 24 * 3600

#: Seconds for which a token endpoint is believed that it does not want to be asked again (`runner/token_later.go`).
LONGEST_PAUSE = 24 * 3600

#: Characters of a text for people; the rest is cut off.
LONGEST_TEXT = 8192

#: What a process can end with.
EXITS = range(256)

#: Pages of one job, items of all of them (each takes a byte at least), and the characters of what leads to the next one: 8 KB,
#: of which a redaction lengthens parts.
MOST_PAGES, MOST_ITEMS, LONGEST_NEXT = 50, 100 << 20, 32 * 1024

#: Numbers of a job that are counted.
MOST_COUNTS = 64

#: Different calls of the kernel that were refused, and the characters of one's name.
MOST_REFUSED, LONGEST_REFUSED = 16, 64

#: A HEAD as our runner writes it. A parser would make half a million lists of two megabytes of brackets, and hold up the
#: gateway for half a second; this looks at each byte once.
_TEXT = rb'"(?:[^"\\]++|\\.)*+"'
_HEADERS = rb'"headers": ?\[(?:\[%b, ?%b\](?:, ?)?){0,%d}+\]' % (_TEXT, _TEXT, MOST_HEADERS)
_HEAD = re.compile(rb'\{"status": ?[0-9]{3}, ?%b(?:, ?"url": ?%b)?+(?:, ?"unfollowed": ?%b)?+\}' % (_HEADERS, _TEXT, _TEXT))
_NAME = re.compile(r"[ !#$%&'*+\-.^_`|~0-9a-z]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")

#: What a runner may say of what has left. A HEAD says that a request was answered; that it was not done, the gateway judges.
_EVIDENCE = {"NOT_SENT": Evidence.NOT_SENT, "SENT": Evidence.SENT}
_FAULTS = {str(fault): fault for fault in REPORTED_BY_RUNNER}

_T = TypeVar("_T")


def read_head(payload: bytes) -> Head:
    """Read a HEAD frame. Raises ProtocolViolation."""
    if not _HEAD.fullmatch(payload):
        raise ProtocolViolation("a malformed HEAD")
    document = _object(payload, "HEAD")
    status, headers = document["status"], document["headers"]
    if status not in FINAL:
        raise ProtocolViolation("a HEAD with a status that no answer has")
    read = tuple(_header(header) for header in headers)
    url, unfollowed = (_text(document.get(name, "")) for name in ("url", "unfollowed"))
    if sum(len(name) + len(value) for name, value in read) > LONGEST_HEADERS:
        raise ProtocolViolation("a HEAD that is too long")
    return Head(status, read, url, unfollowed)


def read_fault(payload: bytes) -> Faulted:
    """Read a FAULT frame. Raises ProtocolViolation."""
    document = _object(payload, "FAULT")
    fault, evidence = _named(document, "fault", _FAULTS), _named(document, "evidence", _EVIDENCE)
    usage, retry_after = Usage(phases=_phases(document)), document.get("retry_after")
    return Faulted(fault, evidence, _text(document.get("message")), usage, _pause(retry_after))


def _pause(value: object) -> float | None:
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= LONGEST_PAUSE:
        raise ProtocolViolation("a FAULT with a pause that no runner asks for")
    return float(value)


class ReadEnd(NamedTuple):
    """How an exchange has ended: what it used, of which pages its answer was made, and what was counted in it."""

    usage: Usage
    pages: FetchedPages | None
    counts: tuple[CountedNumber, ...]


def read_end(payload: bytes) -> ReadEnd:
    """Read the END of an exchange. Raises ProtocolViolation."""
    document = _object(payload, "END")
    pages, counts = document.get("pages"), _bounded_list(document.get("counts", []), MOST_COUNTS, "counts")
    return ReadEnd(
        Usage(phases=_phases(document)), None if pages is None else _pages(pages), tuple(_counted(one) for one in counts)
    )


def _counted(value: object) -> CountedNumber:
    match value:
        case {"sum": int(found) | float(found), "had": int(had), "lacked": int(lacked)}:
            if math.isfinite(found) and found >= 0 and had >= 0 and lacked >= 0 and had + lacked <= MOST_PAGES + 1:
                return CountedNumber(float(found), had, lacked)
    raise ProtocolViolation("a number that no runner has counted")


def _pages(value: object) -> FetchedPages:
    match value:
        case {
            "fetched": int(fetched), "items": int(items), "next": str(next), "stopped": str(stopped), "why": str(why),
            "hidden": bool(hidden),
        }:  # fmt: skip
            if (
                0 <= fetched <= MOST_PAGES
                and 0 <= items <= MOST_ITEMS
                and stopped in ("", *STOPS)
                and len(next) <= LONGEST_NEXT
            ):
                return FetchedPages(fetched, items, next, stopped, why[:LONGEST_TEXT], hidden)
    raise ProtocolViolation("pages that no runner has fetched")


def read_completion(output: bytes, payload: bytes) -> Completed:
    """Read the END of a program that has written `output`. Raises ProtocolViolation."""
    document = _object(payload, "END")
    status, refused = document.get("exit"), _bounded_list(document.get("refused"), MOST_REFUSED, "refused calls")
    if type(status) is not int or status not in EXITS:
        raise ProtocolViolation("an END with a status that no program ends with")
    calls = tuple(_text(call)[:LONGEST_REFUSED] for call in refused)
    return Completed(status, output, _text(document.get("errors")), Usage(phases=_phases(document), refused=calls))


def _object(payload: bytes, what: str) -> dict[str, Any]:
    try:
        document = orjson.loads(payload)
    except ValueError:
        raise ProtocolViolation(f"a malformed {what}") from None
    if not isinstance(document, dict):
        raise ProtocolViolation(f"a malformed {what}")
    return document


def _bounded_list(value: object, most: int, what: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise ProtocolViolation(f"more {what} than a runner sends, or none that are a list")
    return value


def _header(value: object) -> tuple[str, str]:
    match value:
        case [str(name), str(content)] if _NAME.fullmatch(name) and _VALUE.fullmatch(content):
            return name, content
    raise ProtocolViolation("a header that no answer has")


def _named(document: dict[str, Any], field: str, names: dict[str, _T]) -> _T:
    value = document.get(field)
    if not isinstance(value, str) or value not in names:
        raise ProtocolViolation(f"a FAULT with a word for its {field} that no runner reports")
    return names[value]


def _phases(document: dict[str, Any]) -> tuple[Phase, ...]:
    phases = tuple(_phase(phase) for phase in _bounded_list(document.get("phases"), len(PHASES), "phases"))
    if len({phase.name for phase in phases}) < len(phases):
        raise ProtocolViolation("one phase twice")
    return phases


def _phase(value: object) -> Phase:
    match value:
        case {"name": str(name), "offset_us": offset, "duration_us": duration} if name in PHASES:
            return Phase(name, _seconds(offset), _seconds(duration))
    raise ProtocolViolation("malformed phases")


def _seconds(microseconds: object) -> float:
    """No time that no job can have taken: the record could store such a number, but not show it."""
    if type(microseconds) is not int or not 0 <= microseconds <= LONGEST_PHASE * 1_000_000:
        raise ProtocolViolation("a phase beyond all time")
    return microseconds / 1e6


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ProtocolViolation("something else where a text belongs")
    return value[:LONGEST_TEXT]
