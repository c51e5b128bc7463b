"""A stream that breaks off, is late or is too large has all in its result that came of it, also of a call that has a secret."""

import pytest

from callgate import LimitExceeded, TimedOut, ToolFailed
from tests.e2e.house import House
from tests.real_apis.conftest import Json
from tests.real_apis.recipes import HANG

from .streaming import LINES, SHORT, SSE, Streaming, ended
from .test_halves_of_secrets import SECRET

Ended = type[ToolFailed] | type[TimedOut] | type[LimitExceeded]

#: What must be held to its schema is never an artifact.
BOUNDED: Json = {"defaults": {"strict_responses": True, "limits": {"response_bytes": 2048}}}
CUT = SSE.replace(b"\r\n\r\n", b"\r\nContent-Length: 99999\r\n\r\n")
TAIL = b"data: 1\n\ndata: " + b"Q" * 60

ENDS: dict[str, tuple[list[bytes], Json, Ended]] = {
    "cut": ([CUT, TAIL], {}, ToolFailed),
    "its time is over": ([SSE, TAIL, HANG], SHORT, TimedOut),
    "too large": ([SSE, TAIL, b" " * 4096], BOUNDED, LimitExceeded),
}


@pytest.mark.parametrize("size", [44, 60 << 10])
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_the_tail_of_a_stream_is_there_however_that_ends(
    streaming: Streaming, house: House, end: tuple[list[bytes], Json, Ended], size: int
) -> None:
    told, manifest, outcome = end
    secret = (SECRET * (size // len(SECRET) + 1))[:size]
    made = streaming.told(told, secret=secret, manifest=manifest)
    stream = house.client.stream(made.name("ask"))
    list(stream)
    found = ended(stream).outcome
    assert isinstance(found, outcome), found
    assert found.result is not None
    assert found.result.body.startswith(TAIL)


@pytest.mark.parametrize(("told", "manifest", "outcome"), ENDS.values(), ids=ENDS.keys())
def test_a_tail_that_is_most_of_a_secret_is_not(
    streaming: Streaming, house: House, told: list[bytes], manifest: Json, outcome: Ended
) -> None:
    begun = [part.replace(TAIL, b"data: 1\n\ndata: " + SECRET[:20].encode()) for part in told]
    stream = house.client.stream(streaming.told(begun, secret=SECRET, manifest=manifest).name("ask"))
    list(stream)
    found = ended(stream).outcome
    assert isinstance(found, outcome), found
    assert found.result is not None
    assert found.result.body.startswith(b"data: 1\n\ndata: [REDACTED]")


def test_a_long_line_of_a_call_with_a_long_secret_is_there_when_its_time_is_over(streaming: Streaming, house: House) -> None:
    line = b"1\n" + b"Q" * 100_000
    stream = house.client.stream(streaming.told([LINES, line, HANG], secret=SECRET * 2000, manifest=SHORT).name("ask"))
    list(stream)
    found = ended(stream).outcome
    assert isinstance(found, TimedOut), found
    assert found.result is not None
    assert found.result.body == line
