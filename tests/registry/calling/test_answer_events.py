"""Streamed answers are read as their formats say, however they are cut, and alike by the gateway and by the SDK."""

import pytest

from callgate.answer_events import events_of
from callgate.outcomes import Result, Succeeded, TimedOut
from registry.calling.answer_events import LONGEST, MOST, AnswerEvent, EventReader, read_events
from registry.model.media_types import is_stream

SSE, LINES = "text/event-stream; charset=utf-8", "application/x-ndjson"

#: The content type, the body, and the data, types and ids of its events.
CASES: dict[str, tuple[str, bytes, list[tuple[bytes, str, str]]]] = {
    "one event": (SSE, b"data: a\n\n", [(b"a", "message", "")]),
    "no space": (SSE, b"data:a\n\n", [(b"a", "message", "")]),
    "two spaces": (SSE, b"data:  a\n\n", [(b" a", "message", "")]),
    "a type and an id": (SSE, b"event: delta\nid: 7\ndata: a\n\n", [(b"a", "delta", "7")]),
    "an id stays": (SSE, b"id: 7\ndata: a\n\ndata: b\n\n", [(b"a", "message", "7"), (b"b", "message", "7")]),
    "an id that is none": (SSE, b"id: 7\0\ndata: a\n\n", [(b"a", "message", "")]),
    "a type does not stay": (SSE, b"event: x\ndata: a\n\ndata: b\n\n", [(b"a", "x", ""), (b"b", "message", "")]),
    "several lines": (SSE, b"data: a\ndata: b\ndata\n\n", [(b"a\nb\n", "message", "")]),
    "empty data": (SSE, b"data:\n\n", [(b"", "message", "")]),
    "no data": (SSE, b"event: ping\n\n: comment\nretry: 5\nother: x\n\n", []),
    "lines that end as on other systems": (
        SSE,
        b"data: a\r\n\r\ndata: b\r\rdata: c\n\n",
        [(x, "message", "") for x in (b"a", b"b", b"c")],
    ),
    "a mark": (SSE, b"\xef\xbb\xbfdata: a\n\n", [(b"a", "message", "")]),
    "no end": (SSE, b"data: a\n\ndata: b\n", [(b"a", "message", "")]),
    "lines": (LINES, b'{"a": 1}\n{"a": 2}\n', [(b'{"a": 1}', "", ""), (b'{"a": 2}', "", "")]),
    "a line without an end": (LINES, b"1\n2", [(b"1", "", ""), (b"2", "", "")]),
    "empty lines": (LINES, b"\n1\r\n\r\n \n2\n\n", [(b"1", "", ""), (b"2", "", "")]),
    "a sequence": ("application/json-seq", b"\x1e1\n\x1e2\n", [(b"1", "", ""), (b"2", "", "")]),
    "lines by another name": ("application/jsonl", b"1\n", [(b"1", "", "")]),
    "a long type": (SSE, b"event: " + b"e" * 257 + b"\ndata: a\n\ndata: b\n\n", [(b"a", "e" * 256, ""), (b"b", "message", "")]),
    "a long id": (SSE, b"id: " + b"i" * 257 + b"\ndata: a\n\ndata: b\n\n", [(x, "message", "i" * 256) for x in (b"a", b"b")]),
    "nothing": (SSE, b"", []),
}


def read(content_type: str, body: bytes, step: int) -> list[AnswerEvent]:
    return [event for events in read_events(content_type, body, whole=True, step=step) for event in events]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_answer_is_read_alike_wherever_it_is_cut(case: tuple[str, bytes, list[tuple[bytes, str, str]]]) -> None:
    content_type, body, wanted = case
    assert is_stream(content_type)
    for step in range(1, len(body) + 2):
        found = read(content_type, body, step)
        assert [(event.data, event.type, event.id) for event in found] == wanted, step
        assert [event.number for event in found] == list(range(1, len(found) + 1))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("whole", [True, False])
def test_the_sdk_reads_what_the_gateway_tells(case: tuple[str, bytes, list[tuple[bytes, str, str]]], whole: bool) -> None:
    content_type, body, _ = case
    told = [event for events in read_events(content_type, body, whole=whole) for event in events]
    result = Result(200, content_type, body)
    outcome = Succeeded(result) if whole else TimedOut("", result=result)
    assert [(one.number, one.data, one.type, one.id, one.left_out) for one in events_of(outcome, 1)] == [
        (one.number, one.data, one.type, one.id, one.left_out) for one in told
    ]


LONG = b"x" * (LONGEST + 1)
TOO_LONG = {
    "a line": (LINES, b"1\n" + LONG + b"\n2\n"),
    "an event": (SSE, b"data: 1\n\ndata: " + LONG + b"\n\ndata: 2\n\n"),
    "an event of many lines": (SSE, b"data: 1\n\n" + (b"data: " + b"x" * 1000 + b"\n") * 300 + b"\ndata: 2\n\n"),
}


@pytest.mark.parametrize("case", TOO_LONG.values(), ids=TOO_LONG.keys())
def test_what_is_too_long_is_told_by_its_number(case: tuple[str, bytes]) -> None:
    found = read(*case, step=10_000)
    assert [(event.data, event.left_out) for event in found] == [(b"1", False), (b"", True), (b"2", False)]
    assert [event.left_out for event in events_of(Succeeded(Result(200, *case)), 1)] == [False, True, False]


def test_a_type_or_an_id_that_is_cut_is_marked_for_as_long_as_it_counts() -> None:
    body = b"event: " + b"e" * 257 + b"\ndata: 1\n\ndata: 2\n\n"
    body += b"id: " + b"i" * 257 + b"\ndata: 3\n\ndata: 4\n\nid: 5\ndata: 5\n\n"
    assert [event.left_out for event in read(SSE, body, 100)] == [True, False, True, True, False]


def test_after_so_many_events_no_more_are_read() -> None:
    reader = EventReader(LINES)
    found = reader.feed(b"1\n" * (MOST + 5)) + reader.feed(b"1\n") + reader.end()
    assert (len(found), found[-1]) == (MOST + 1, AnswerEvent(MOST + 1, left_out=True))
    assert len(list(events_of(Succeeded(Result(200, LINES, b"1\n" * (MOST + 5))), 1))) == MOST + 1


def test_memory_is_bounded_whatever_comes() -> None:
    for content_type in (SSE, LINES):
        reader = EventReader(content_type)
        for _ in range(200):
            assert reader.feed(b"data: " + b"x" * 100_000) == []
        assert len(reader._lines._rest) <= LONGEST


@pytest.mark.parametrize(
    ("status", "content_type"), [(400, SSE), (200, "application/json"), (200, "")], ids=["a failure", "no stream", "no type"]
)
def test_the_sdk_reads_events_of_nothing_else(status: int, content_type: str) -> None:
    assert list(events_of(Succeeded(Result(status, content_type, b"data: 1\n\n")), 1)) == []
