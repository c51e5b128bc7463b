"""Who may come when to the events of a streamed answer, and what those cost that do not read."""

import threading
import time

import pytest

from callgate import AnswerEvent, Cancelled, Client, Mode, Recording, RetryPolicy, State, Succeeded
from callgate.errors import InvocationNotFound
from tests.e2e.house import House, eventually, within
from tests.real_apis.recipes import HANG, Recipes, answer

from .paced import Paced
from .streaming import LINES, SSE, SSE_PARTS, Streaming, data, ended


def test_who_comes_later_gets_what_has_come_and_who_comes_after_the_end_gets_all(streaming: Streaming, house: House) -> None:
    told = Paced(SSE + b"data: 1\n\n", b"data: 2\n\n")
    made = streaming.told(told)
    first = house.client.stream(made.name("ask"))
    events = first.events()
    assert next(events).data == b"1"
    assert first.invocation is not None
    handle = house.client.invocations.handle(first.invocation.id)
    late = handle.answer_events()
    assert next(late).data == b"1"
    told.go_on()
    assert data(list(events)) == data(list(late)) == [b"2"]
    assert data(list(handle.answer_events())) == [b"1", b"2"]


def test_who_comes_again_goes_on_after_the_last_event_that_was_seen(streaming: Streaming, house: House) -> None:
    told = Paced(SSE + b"data: 1\n\ndata: 2\n\n", b"data: 3\n\n")
    invocation = house.client.call(streaming.told(told).name("ask"), wait=0)
    handle = house.client.invocations.handle(invocation.id)
    events = handle.answer_events()
    next(events)
    seen = next(events)
    again = handle.answer_events(after=seen)
    told.go_on()
    assert data(list(again)) == [b"3"]
    assert data(list(handle.answer_events(after=seen))) == [b"3"]
    assert data(list(handle.answer_events(after=AnswerEvent(1, 3, b"3")))) == []


def test_a_watch_of_before_is_told_no_events_of_answers(streaming: Streaming, house: House) -> None:
    invocation = house.client.call(streaming.told(SSE_PARTS).name("ask"))
    kinds = [event.kind for event in house.client.invocations.handle(invocation.id).watch()]
    assert kinds[0] == "CLAIMED"
    assert kinds[-1] == "RECORDED"


def test_the_same_key_gives_the_events_again_and_asks_nothing(streaming: Streaming, recipes: Recipes, house: House) -> None:
    made = streaming.told(SSE_PARTS)
    for _ in range(2):
        stream = house.client.stream(made.name("ask"), key="a key of one stream")
        assert data(list(stream)) == [b"1", b"2"]
    assert ended(stream).from_record
    assert len(recipes.received("POST", "/ask")) == 1


def test_a_cached_stream_has_its_events(streaming: Streaming, recipes: Recipes, house: House) -> None:
    made = streaming.told(SSE_PARTS, method="get", manifest={"defaults": {"cache_seconds": 60}})
    streams = [house.client.stream(made.name("ask")) for _ in range(2)]
    assert [data(list(stream)) for stream in streams] == [[b"1", b"2"]] * 2
    assert ended(streams[1]).outcome_source == "cache"
    assert len(recipes.received("GET", "/ask")) == 1


def test_a_recorded_stream_is_replayed_with_its_events(streaming: Streaming, recipes: Recipes, house: House) -> None:
    made, token = streaming.told(SSE_PARTS), house.state.token.read_text()
    for mode in (Mode.RECORD, Mode.REPLAY_STRICT):
        with Client(house.address, token=token, recording=Recording(f"stream {made.toolset}", mode)) as client:
            stream = client.stream(made.name("ask"))
            assert data(list(stream)) == [b"1", b"2"]
    assert ended(stream).outcome_source == f"recording:stream {made.toolset}"
    assert len(recipes.received("POST", "/ask")) == 1


def test_a_cancelled_stream_has_told_what_came(streaming: Streaming, house: House) -> None:
    stream = house.client.stream(streaming.told([*SSE_PARTS, HANG], method="get").name("ask"))
    events = stream.events()
    assert [next(events).data, next(events).data] == [b"1", b"2"]
    assert stream.invocation is not None
    with within(10):
        house.client.invocations.handle(stream.invocation.id).cancel()
        assert list(events) == []
    assert isinstance(ended(stream).outcome, Cancelled)


def test_one_that_does_not_read_holds_up_neither_the_call_nor_the_calls_of_others(
    streaming: Streaming, recipes: Recipes, house: House
) -> None:
    line = b"x" * 4_000 + b"\n"
    stream = house.client.stream(streaming.told([LINES, line * 250]).name("ask"))
    events = stream.events()
    next(events)
    assert stream.invocation is not None
    with within(10):
        ended_ = house.client.invocations.handle(stream.invocation.id).wait()
    assert isinstance(ended_.outcome, Succeeded)
    assert len(list(events)) == 249, "what it had not read is kept for it"


def test_a_flood_of_empty_lines_holds_up_no_other_call(streaming: Streaming, recipes: Recipes, house: House) -> None:
    recipes.tell("GET", "/other", answer(200, b"{}"))
    flooded = streaming.told([LINES, b"\n" * (1 << 20)])
    stream = house.client.stream(flooded.name("ask"))
    reading = threading.Thread(target=lambda: list(stream))
    reading.start()
    longest = 0.0
    while reading.is_alive():
        begun = time.monotonic()
        with pytest.raises(InvocationNotFound):
            house.hasty.invocations.get("inv_" + "0" * 32)
        longest = max(longest, time.monotonic() - begun)
    reading.join()
    assert isinstance(ended(stream).outcome, Succeeded)
    assert longest < 0.5, "of which the machine may take most"


def test_a_client_that_goes_away_leaves_the_call(streaming: Streaming, house: House) -> None:
    told = Paced(SSE + b"data: 1\n\n", b"data: 2\n\n")
    made = streaming.told(told)
    with house.connect(RetryPolicy()) as client:
        events = client.stream(made.name("ask"), key="left behind in the middle").events()
        next(events)
    told.go_on()
    found = house.client.invocations.find("left behind in the middle")
    assert found is not None
    eventually(lambda: house.client.invocations.get(found.id).state is State.SUCCEEDED)
    assert data(list(house.client.invocations.handle(found.id).answer_events())) == [b"1", b"2"]
