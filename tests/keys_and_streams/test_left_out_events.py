"""Events that are left out of a stream: it says so, and where the whole answer is."""

import pytest

from callgate import AnswerEvent, AsyncClient
from callgate.answer_events import MOST
from tests.e2e.house import House
from tests.real_apis.asking import succeeded
from tests.real_apis.conftest import Json

from .streaming import LINES, SSE, Streaming, data, ended
from .test_streams import NO_ARTIFACT

MARK = MOST + 1
LARGE = [b"data: %d %s\n\n" % (n, b"x" * 60_000) for n in range(42)]

FLOODS = {
    "many events": ([SSE, *LARGE], 5),
    "an id and a type of 3 MB": ([SSE, b"id: " + b"i" * 3_000_000 + b"\nevent: " + b"e" * 3_000_000 + b"\ndata: x\n\n"], 0),
    "one event of 3 MB": ([SSE, b"data: 1\n\n", b"data: " + b"x" * 3_000_000 + b"\n\n", b"data: 3\n\n"], 1),
    "a line of 10 MB": ([LINES, b"1\n", *[b"x" * (1 << 20)] * 10, b"\n"], 1),
}
SPILLING: Json = {"defaults": {"limits": {"response_bytes": 200_000}}}


@pytest.mark.parametrize("case", FLOODS.values(), ids=FLOODS.keys())
def test_what_is_too_large_to_be_told_is_marked_and_the_mark_names_the_artifact(
    streaming: Streaming, house: House, case: tuple[list[bytes], int]
) -> None:
    parts, least = case
    stream = house.client.stream(streaming.told(parts, manifest=SPILLING).name("ask"))
    *events, mark = list(stream)
    result = succeeded(ended(stream))
    assert result.artifact is not None
    assert (mark.number, mark.data, mark.left_out, mark.artifact) == (MARK, b"", True, result.artifact.id)
    assert len(events) >= least
    assert not any(event.left_out for event in events)
    assert b"".join(house.client.artifacts.read(result.artifact)) == b"".join(parts[1:])


def test_who_comes_after_the_end_is_told_the_beginning_and_the_mark_once(streaming: Streaming, house: House) -> None:
    invocation = house.client.call(streaming.told([SSE, b"data: 0\n\n", *LARGE], manifest=SPILLING).name("ask"))
    handle = house.client.invocations.handle(invocation.id)
    events = list(handle.answer_events())
    assert [(event.number, event.left_out) for event in events] == [(1, False), (MARK, True)]
    assert list(handle.answer_events(after=events[0])) == events[1:]
    assert list(handle.answer_events(after=events[1])) == []


def test_the_same_key_has_the_mark_again(streaming: Streaming, house: House) -> None:
    made = streaming.told([SSE, b"data: 0\n\n", *LARGE], manifest=SPILLING)
    for _ in range(2):
        stream = house.client.stream(made.name("ask"), key=f"a marked stream {made.toolset}")
        marks = [event for event in stream if event.left_out]
        assert [mark.number for mark in marks] == [MARK]
        assert marks[0].artifact.startswith("art_")


def test_a_stream_that_is_over_its_bound_is_marked_where_there_is_no_artifact(streaming: Streaming, house: House) -> None:
    made = streaming.told([LINES, b'{"n": 1}\n', *[b"x" * (1 << 20)] * 100, b"\n"], manifest=NO_ARTIFACT)
    *events, mark = list(house.client.stream(made.name("ask")))
    assert (data(events), mark.number, mark.left_out, mark.artifact) == ([b'{"n": 1}'], MARK, True, "")


def test_a_view_that_cuts_a_stream_marks_it(streaming: Streaming, house: House) -> None:
    made = streaming.told([LINES, b"1234567\n" * 100], manifest={"defaults": {"view": {"bytes": 256}}})
    *events, mark = list(house.client.stream(made.name("ask")))
    assert (set(data(events)), mark.number, mark.left_out) == ({b"1234567"}, MARK, True)


def test_an_id_or_a_type_that_is_cut_is_marked_and_its_data_is_there(streaming: Streaming, house: House) -> None:
    parts = [SSE, b"event: " + b"e" * 300 + b"\ndata: 1\n\n", b"data: 2\n\n", b"id: " + b"i" * 300 + b"\ndata: 3\n\n"]
    events = list(house.client.stream(streaming.told(parts).name("ask")))
    assert [(event.data, event.left_out) for event in events] == [(b"1", True), (b"2", False), (b"3", True)]
    assert (events[0].type, events[2].id) == ("e" * 256, "i" * 256)


async def test_nothing_is_marked_where_all_is_told(streaming: Streaming, house: House) -> None:
    """More than is kept for those who watch: the rest is in the result, and told from it."""
    made = streaming.told([SSE, *LARGE], manifest={"defaults": {"limits": {"response_bytes": 8 << 20}}})
    async with AsyncClient(house.address, token=house.state.token.read_text()) as client:
        events: list[AnswerEvent] = [event async for event in client.stream(made.name("ask"))]
    assert [event.number for event in events] == list(range(1, 43))
    assert not any(event.left_out for event in events)
