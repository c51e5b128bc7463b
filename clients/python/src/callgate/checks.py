"""What each kind of argument must be: the one place where the verbs check theirs, before anything is sent.

Arguments come from agents and from models. What gRPC and protobuf would answer with a TypeError, a UnicodeEncodeError or an
OverflowError is a RequestInvalid here, which names the part and says what it must be. No message repeats the argument, which
may be secret, or long.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from numbers import Real
from typing import Any, TypeVar

from callgate.errors import RequestInvalid

Name = TypeVar("Name", bound=StrEnum)
Value = TypeVar("Value")

#: Seconds: a year.
LONGEST = 366 * 86_400
#: The gateway refuses longer ones.
RUN_ID_LENGTH = 255
#: Up to here a number of JSON is exact.
LARGEST_COUNT = (1 << 53) - 1
#: A number of a turn may be a UUID's, or a hash. Python writes out no integer that is much longer than this.
STEP_BITS = 4096


def invalid(message: str, cure: str) -> RequestInvalid:
    return RequestInvalid(message, cure=cure, reason="REQUEST_INVALID")


def is_utf8(given: str) -> bool:
    """Whether UTF-8 can carry the text. What was no UTF-8 when Python read it holds lone surrogates, and it cannot."""
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


def text(part: str, given: Any) -> str:
    """Any text that UTF-8 can carry, the empty one, too. Raises RequestInvalid, as all functions here."""
    if not isinstance(given, str):
        raise invalid(f"the {part} must be a text (str), not {_kind(given)}", f"Give the {part} as a text.")
    if not is_utf8(given):
        raise invalid(f"the {part} has characters that UTF-8 cannot carry", "Leave out lone surrogates.")
    return given


def required(part: str, given: Any) -> str:
    """A text that is not empty."""
    if given == "":
        raise invalid(f"the {part} must be a text that is not empty", f"Give the {part}.")
    return text(part, given)


def optional(part: str, given: Any) -> str:
    """A text; none is an empty one."""
    return "" if given is None else text(part, given)


def texts(part: str, given: Any) -> list[str]:
    return [text(f"{part}'s every member", one) for one in sequence(part, given)]


def hashed(part: str, given: Any) -> str:
    """A text that is not empty. It is not sent but hashed, so it need not be UTF-8."""
    if not isinstance(given, str) or not given:
        raise invalid(f"the {part} must be a text that is not empty", f"Give the {part}.")
    return given


def run_id(given: Any) -> str:
    """The name of a run, as the gateway takes it."""
    if not isinstance(given, str) or not is_run_id(given):
        told = f"a run's id must be a text of 1 to {RUN_ID_LENGTH} printable characters, without a space at its ends"
        raise invalid(told, "Give another name to the run, such as the hash of a longer one: always the same.")
    return given


def is_run_id(given: str) -> bool:
    """Two names that differ by a space at an end look the same in every list."""
    return 0 < len(given) <= RUN_ID_LENGTH and given.isprintable() and given == given.strip()


def optional_run_id(given: Any) -> str:
    return "" if given is None or given == "" else run_id(given)


def step(given: Any) -> str:
    """The text of a turn's name or number. Nothing else may pass for one: two turns would share a key, and act only once."""
    if isinstance(given, int) and not isinstance(given, bool) and given.bit_length() <= STEP_BITS:
        return str(given)
    if not isinstance(given, str) or not given:
        told = "the step must be an integer, or a text that is not empty"
        raise invalid(told, "Give the turn by a name or number that a resume finds again.")
    return str(given)


def count(part: str, given: Any) -> int:
    """A whole number from 0."""
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= LARGEST_COUNT:
        raise invalid(f"the {part} must be an integer (int) from 0 to {LARGEST_COUNT:,}", "Count from 0.")
    return given


def flag(part: str, given: Any) -> bool:
    if not isinstance(given, bool):
        raise invalid(f"{part} must be True or False, not {_kind(given)}", "Give a bool.")
    return given


def seconds(part: str, given: Any) -> float:
    """A number from 0 to a year."""
    found = _number(given)
    if not 0 <= found <= LONGEST:
        raise invalid(f"the {part} must be a number of seconds from 0 to a year", "Give seconds, or leave it out.")
    return found


def _number(given: Any) -> float:
    """NaN for what is no number, and for one beyond every double."""
    try:
        return float(given) if isinstance(given, Real) and not isinstance(given, bool) else math.nan
    except OverflowError:
        return math.nan


def optional_seconds(part: str, given: Any) -> float | None:
    return None if given is None else seconds(part, given)


def endless_seconds(part: str, given: Any) -> float | None:
    """None, and infinity, too: as long as it takes."""
    return None if _number(given) == math.inf else optional_seconds(part, given)


def timeout(given: Any) -> float | None:
    """Of a call, which cannot be made in no time."""
    found = optional_seconds("timeout", given)
    if found == 0:
        raise invalid("the timeout of a call must be longer than 0 s", "Give seconds, or leave it out.")
    return found


def optional_moment(part: str, given: Any) -> datetime | None:
    """A moment, which is an aware datetime: without a time zone it would be another one on each machine."""
    found = None if given is None else instance(datetime, part, given)
    if found is None:
        return None
    if found.utcoffset() is None:
        raise invalid(f"{part} has no time zone", "Give an aware datetime, such as datetime.now(UTC).")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise invalid(f"{part} is before the year 1 or after 9999 in UTC", "Give another moment, or leave it out.") from None


def content(part: str, given: Any) -> bytes:
    if not isinstance(given, bytes | bytearray | memoryview):
        cure = "Encode the text: `.encode()`." if isinstance(given, str) else "Give bytes, such as those of a file (mode 'rb')."
        raise invalid(f"the {part} must be bytes, not {_kind(given)}", cure)
    return bytes(given)


def callable_or_none(part: str, given: Value) -> Value:
    if given is not None and not callable(given):
        raise invalid(f"{part} must be a function, not {_kind(given)}", "Give a function, or leave it out.")
    return given


def sequence(part: str, given: Any) -> Sequence[Any]:
    """A list or its like. A text is none: its characters would be taken for members."""
    if not isinstance(given, Sequence) or isinstance(given, str | bytes | bytearray | memoryview):
        raise invalid(f"the {part} must be a list, not {_kind(given)}", f"Give the {part} as a list.")
    return given


def members(part: str, given: Any) -> Iterator[Any]:
    try:
        return iter(given)
    except TypeError:
        raise invalid(f"the {part} must be a list, not {_kind(given)}", f"Give the {part} as a list.") from None


def member(kind: type[Name], part: str, given: Any) -> Name:
    """A member of an enum, or its name."""
    try:
        return kind(given)
    except ValueError:
        raise invalid(f"the {part} must be one of {', '.join(kind)}", f"Give a {kind.__name__}.") from None


def instance(kind: type[Value], part: str, given: Any) -> Value:
    if not isinstance(given, kind):
        raise invalid(f"the {part} must be of {kind.__name__}, not {_kind(given)}", f"Give a {kind.__name__}.")
    return given


def _kind(given: Any) -> str:
    return type(given).__name__
