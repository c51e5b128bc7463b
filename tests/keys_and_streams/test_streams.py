"""Streamed answers reach their watchers while they come, and their caller as a result in the end."""

import asyncio

import pytest

from callgate import AnswerEvent, AsyncClient, Invocation, LimitExceeded, Succeeded, TimedOut, ToolFailed
from registry.model.media_types import is_stream
from tests.e2e.house import House
from tests.real_apis.asking import SECRET
from tests.real_apis.conftest import Json
from tests.real_apis.recipes import HANG, Recipes, answer, head

from .paced import Paced
from .streaming import LINES, SHORT, SSE, SSE_PARTS, Streaming, data, ended

FORMS = {
    "server-sent events": (
        SSE,
        [b"event: delta\ndata: 1\n\n", b"data: 2\r\n\r\n", b"id: x\ndata: a\ndata: b\n\n"],
        [b"1", b"2", b"a\nb"],
    ),
    "lines": (LINES, [b'{"n": 1}\n', b'{"n": 2}\n', b'{"n": 3}'], [b'{"n": 1}', b'{"n": 2}', b'{"n": 3}']),
    "lines by another name": (
        head(200, "Content-Type: application/jsonl; charset=utf-8"),
        [b"1\n", b"2\n", b"3\n"],
        [b"1", b"2", b"3"],
    ),
}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_an_event_is_there_before_the_next_one_was_sent(
    streaming: Streaming, house: House, method: str, form: tuple[bytes, list[bytes], list[bytes]]
) -> None:
    begin, parts, wanted = form
    told = Paced(begin + parts[0], *parts[1:])
    made, seen = streaming.told(told, method=method), list[AnswerEvent]()
    stream = house.client.stream(made.name("ask"))
    for event in stream:
        seen.append(event)
        told.go_on()  # what follows is sent for no other reason
    assert data(seen) == wanted
    assert [(event.attempt, event.number) for event in seen] == [(1, 1), (1, 2), (1, 3)]
    outcome = ended(stream).outcome
    assert isinstance(outcome, Succeeded)
    assert outcome.result.body == b"".join(parts)


NAMES = ("ndjson", "x-ndjson", "jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "json-lines", "json-seq", "stream+json")


@pytest.mark.parametrize("kind", [f"application/{name}" for name in NAMES])
def test_every_kind_of_stream_is_told_while_it_comes(streaming: Streaming, house: House, kind: str) -> None:
    told = Paced(head(200, f"Content-Type: {kind}") + b"1\n", b"2\n")
    assert is_stream(kind)
    events = house.client.stream(streaming.told(told).name("ask")).events()
    assert next(events).data == b"1"
    told.go_on()
    assert [event.data for event in events] == [b"2"]


def test_an_asynchronous_client_has_the_same(streaming: Streaming, house: House) -> None:
    made = streaming.told([SSE, b"data: 1\n\n", b"data: 2\n\n"])

    async def read() -> tuple[list[bytes], Invocation]:
        async with AsyncClient(house.address, token=house.state.token.read_text()) as client:
            stream = client.stream(made.name("ask"))
            return [event.data async for event in stream], ended(stream)

    seen, invocation = asyncio.run(read())
    assert (seen, invocation.outcome.result.body) == ([b"1", b"2"], b"data: 1\n\ndata: 2\n\n")  # type: ignore[union-attr]


#: What must be held to its schema is never an artifact.
NO_ARTIFACT: Json = {"defaults": {"strict_responses": True}}

BROKEN = {
    "its time is over": ([*SSE_PARTS, HANG], SHORT, TimedOut),
    "it is too large": ([*SSE_PARTS, b"data: " + bytes(3 << 20)], NO_ARTIFACT, LimitExceeded),
    "it breaks off": (
        [head(200, "Content-Type: text/event-stream", "Content-Length: 100"), *SSE_PARTS[1:]],
        {},
        ToolFailed,
    ),
}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN.keys())
def test_a_stream_without_an_end_leaves_its_events_a_result_and_a_typed_end(
    streaming: Streaming, recipes: Recipes, house: House, method: str, case: tuple[list[bytes], Json, type]
) -> None:
    parts, manifest, kind = case
    stream = house.client.stream(streaming.told(parts, method=method, manifest=manifest).name("ask"))
    assert data([event for event in stream if not event.left_out]) == [b"1", b"2"]
    outcome = ended(stream).outcome
    assert isinstance(outcome, kind)
    assert isinstance(outcome, TimedOut | LimitExceeded | ToolFailed)
    assert outcome.result is not None
    assert outcome.result.body.startswith(b"data: 1\n\ndata: 2\n\n")
    assert len(recipes.received(method.upper(), "/ask")) == 1, "no event is made twice"


def test_a_line_of_a_hundred_megabytes_is_bounded(streaming: Streaming, house: House) -> None:
    made = streaming.told([LINES, b'{"n": 1}\n', *[b"x" * (1 << 20)] * 100, b"\n"], manifest=NO_ARTIFACT)
    stream = house.client.stream(made.name("ask"))
    assert [(event.data, event.left_out) for event in stream] == [(b'{"n": 1}', False), (b"", True)]
    outcome = ended(stream).outcome
    assert isinstance(outcome, LimitExceeded)
    assert outcome.result is not None
    assert len(outcome.result.body) <= 1 << 20


def test_an_event_that_is_too_long_is_told_by_its_number_and_is_in_the_result(streaming: Streaming, house: House) -> None:
    long = b"x" * (300 << 10)
    stream = house.client.stream(streaming.told([LINES, b"1\n" + long + b"\n2\n"]).name("ask"))
    events = list(stream)
    assert data(events) == [b"1", b"", b"2"]
    assert [event.left_out for event in events] == [False, True, False]
    outcome = ended(stream).outcome
    assert isinstance(outcome, Succeeded)
    assert long in outcome.result.body


def test_after_ten_thousand_events_the_rest_is_in_the_result(streaming: Streaming, house: House) -> None:
    stream = house.client.stream(streaming.told([LINES, b"1\n" * 12_000]).name("ask"))
    events = list(stream)
    assert len(events) == 10_001
    assert [event.left_out for event in events[-2:]] == [False, True]


def test_no_secret_is_in_an_event_wherever_it_was_cut(streaming: Streaming, house: House) -> None:
    text = f"data: <{SECRET}>\n\n".encode()
    told = Paced(SSE, *(text[at : at + 1] for at in range(len(text))), b"data: 2\n\n")
    told.go_on(len(told))
    stream = house.client.stream(streaming.told(told, secret=SECRET).name("ask"))
    assert data(list(stream)) == [b"<[REDACTED]>", b"2"]


def test_an_effect_is_not_repeated_once_an_event_was_told_and_a_busy_upstream_is_asked_again(
    streaming: Streaming, recipes: Recipes, house: House
) -> None:
    busy = head(503, "Content-Type: text/event-stream", "Retry-After: 0", "Content-Length: 9") + b"data: x\n\n"
    broken = head(200, "Content-Type: text/event-stream", "Content-Length: 100") + b"data: 1\n\n"
    stream = house.client.stream(streaming.told([busy], [broken], [broken], method="put").name("ask"))
    events = list(stream)
    assert [(event.attempt, event.number, event.data) for event in events] == [(2, 1, b"1")]
    assert len(recipes.received("PUT", "/ask")) == 2


def test_an_answer_that_is_no_stream_has_no_events(streaming: Streaming, house: House) -> None:
    stream = house.client.stream(streaming.told(answer(200, b'{"a": 1}')).name("ask"))
    assert list(stream) == []
    assert ended(stream).json() == {"a": 1}
