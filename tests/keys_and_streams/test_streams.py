"""Streamed answers reach their watchers while they come, and their caller as a result in the end."""

import asyncio

import pytest

from callgate import AnswerEvent, AsyncClient, Invocation, Succeeded
from tests.e2e.house import House
from tests.real_apis.asking import operation
from tests.real_apis.conftest import Json, Situate, Situation
from tests.real_apis.recipes import Answer, Recipes, head

from .paced import Paced

SSE = head(200, "Content-Type: text/event-stream")
LINES = head(200, "Content-Type: application/x-ndjson")
SHORT: Json = {"defaults": {"limits": {"attempt_timeout": 2.0, "timeout": 8.0}}}


@pytest.fixture
def streaming(situation: Situate, recipes: Recipes) -> "Streaming":
    return Streaming(situation, recipes)


class Streaming:
    """One operation whose answers a test tells."""

    def __init__(self, situate: Situate, recipes: Recipes) -> None:
        self._situate, self._recipes = situate, recipes

    def told(self, *answers: Answer, method: str = "post", **options: object) -> Situation:
        self._recipes.tell(method.upper(), "/ask", *answers)
        return self._situate({"/ask": operation(method)}, **options)  # type: ignore[arg-type]


def data(events: list[AnswerEvent]) -> list[bytes]:
    return [event.data for event in events]


def ended(stream: object) -> Invocation:
    invocation = getattr(stream, "invocation", None)
    assert isinstance(invocation, Invocation)
    return invocation


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


def test_an_asynchronous_client_has_the_same(streaming: Streaming, house: House) -> None:
    made = streaming.told([SSE, b"data: 1\n\n", b"data: 2\n\n"])

    async def read() -> tuple[list[bytes], Invocation]:
        async with AsyncClient(house.address, token=house.state.token.read_text()) as client:
            stream = client.stream(made.name("ask"))
            return [event.data async for event in stream], ended(stream)

    seen, invocation = asyncio.run(read())
    assert (seen, invocation.outcome.result.body) == ([b"1", b"2"], b"data: 1\n\ndata: 2\n\n")  # type: ignore[union-attr]
