"""A secret that an upstream has cut in two: no view makes it whole again, and no answer ends with most of it."""

import json
from typing import Any

import pytest

from tests.e2e.house import House
from tests.real_apis.asking import asked, succeeded
from tests.real_apis.conftest import Json, Situate
from tests.real_apis.recipes import Answer, Recipes, answer

from .streaming import LINES, SSE, Streaming, data
from .test_pagination import CURSOR, listed
from .test_views import seen

SECRET = "SEKRIT-0123456789abcdef-api"


def told(value: Any) -> Answer:
    return answer(200, json.dumps(value).encode())


@pytest.mark.parametrize("place", [1, 7, 13, 14, 20, 26])
def test_a_projection_of_two_fields_does_not_join_a_secret(situation: Situate, recipes: Recipes, place: int) -> None:
    halves, joined = told({"a": SECRET[:place], "b": SECRET[place:]}), {"projection": "join('', [a, b])"}
    result = succeeded(seen(situation, recipes, joined, halves, secret=SECRET))
    assert json.loads(result.body) in (f"[REDACTED]{SECRET[place:]}", f"{SECRET[:place]}[REDACTED]")


def test_a_projection_of_two_pages_does_not_join_a_secret(situation: Situate, recipes: Recipes) -> None:
    pages = (told({"data": [SECRET[:14]], "meta": {"next": "2"}}), told({"data": [SECRET[14:]]}))
    view: Json = {"view": {"projection": "join('', data)"}}
    result = succeeded(listed(situation, recipes, CURSOR, *pages, secret=SECRET, settings=view))
    assert json.loads(result.body) == f"[REDACTED]{SECRET[14:]}"


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "text/event-stream"])
def test_an_answer_that_ends_within_a_secret_does_not_show_its_beginning(
    situation: Situate, recipes: Recipes, kind: str
) -> None:
    body = f"data: x{SECRET[:26]}".encode()
    result = succeeded(asked(situation, recipes, answer(200, body, f"Content-Type: {kind}"), secret=SECRET))
    assert result.body == b"data: x[REDACTED]"


def test_no_event_shows_most_of_a_secret(streaming: Streaming, house: House) -> None:
    events = [f"data: {SECRET[:26]}\n\n", f'data: {{"delta": "{SECRET[5:]}"}}\n\n', "data: 3\n\n"]
    made = streaming.told([SSE, *(event.encode() for event in events)], secret=SECRET)
    assert data(list(house.client.stream(made.name("ask")))) == [b"[REDACTED]", b'{"delta": "[REDACTED]"}', b"3"]


def test_a_line_that_ends_within_a_secret_does_not_show_its_beginning(streaming: Streaming, house: House) -> None:
    made = streaming.told([LINES, f"1\n{SECRET[:26]}".encode()], secret=SECRET)
    assert data(list(house.client.stream(made.name("ask")))) == [b"1", b"[REDACTED]"]


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(one):04x}" for one in text)


HALVES = {
    "escaped": f'{{"a": "{escaped(SECRET[:14])}", "b": "{escaped(SECRET[13:])}"}}',
    "escaped in JSON in JSON": json.dumps({"a": f'{{"x": "{escaped(SECRET[:14])}"}}', "b": escaped(SECRET[13:])}),
    "in a URL": json.dumps({"a": f"%53{SECRET[1:14]}", "b": f"{SECRET[13:-1]}%69"}),
    "a letter beside them": json.dumps({"a": f"x{SECRET[:14]}", "b": f"{SECRET[13:]}x"}),
    "a line's end before it": json.dumps({"a": f"\n{SECRET[:14]}", "b": f"{SECRET[13:]}\n"}),
    "dots behind it": json.dumps({"a": f"invalid token {SECRET[:21]}...", "b": f"is {SECRET[13:]}..."}),
}


@pytest.mark.parametrize("body", HALVES.values(), ids=HALVES.keys())
def test_a_projection_joins_no_halves_however_they_are_written(situation: Situate, recipes: Recipes, body: str) -> None:
    joined = {"projection": "join('', [a, b])"}
    result = succeeded(seen(situation, recipes, joined, answer(200, body.encode()), secret=SECRET))
    text = json.loads(result.body)
    assert text.count("[REDACTED]") == 2
    for half in (SECRET[:14], SECRET[13:], escaped(SECRET[:14]), escaped(SECRET[13:]), SECRET[1:14], SECRET[13:-1]):
        assert half not in text


def test_smaller_pieces_are_joined_by_a_projection_as_the_docs_say(situation: Situate, recipes: Recipes) -> None:
    pieces = told({"a": SECRET[:9], "b": SECRET[9:18], "c": SECRET[18:]})
    result = succeeded(seen(situation, recipes, {"projection": "join('', [a, b, c])"}, pieces, secret=SECRET))
    assert json.loads(result.body) == SECRET
