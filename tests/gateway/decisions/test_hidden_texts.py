"""What the arguments of a call hide is in no kept answer, wherever that repeats it."""

import json
from dataclasses import replace

import pytest

from gateway.decisions.hidden_texts import MOST_SEARCHED, NOT_KEPT, TOO_MANY, without
from gateway.model.invocation import Answer, AnswerPages, Outcome, Verdict
from tests.processor_time import at_most

HIDDEN = 'hunter2 "größer"&/'


def kept(body: bytes, *hidden: str) -> Answer:
    answer = without(Outcome(Verdict.SUCCEEDED, Answer(200, "text/plain", body)), hidden).answer
    assert answer is not None
    return answer


FORMS = [
    HIDDEN,
    'hunter2 \\"größer\\"&/',
    'hunter2 \\"gr\\u00f6\\u00dfer\\"&/',
    'hunter2 \\\\\\"größer\\\\\\"&/',
    "hunter2 &quot;größer&quot;&amp;/",
    "hunter2%20%22gr%C3%B6%C3%9Fer%22%26/",
    "hunter2+%22gr%C3%B6%C3%9Fer%22%26%2F",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_text_is_found_as_it_is_written(form: str) -> None:
    assert kept(f"<{form}>".encode(), HIDDEN).body == b"<[redacted]>"


def in_escapes(text: str) -> str:
    units = text.encode("utf-16-be").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


JSON_BODIES = [
    '{"num_secret":12345,"n":1}',
    "[12345]",
    '{"a":-12345.5e3,"b":"id 12345","c":"\\"12345"}',
    'data: {"n":12345}\n\ndata: 12345\n\n',
    f'{{"a":"{in_escapes(HIDDEN)}"}}',
    f'{{"a":"<{in_escapes(HIDDEN)[:12]}{json.dumps(HIDDEN)[3:-1]}>"}}',
    json.dumps({"a": f'{{"b":"{in_escapes(HIDDEN)}"}}'}),
    json.dumps({"a": json.dumps({"b": f'["{in_escapes(HIDDEN)}"]'})}),
]


@pytest.mark.parametrize("body", JSON_BODIES)
def test_what_json_writes_in_another_way_is_taken_out_and_leaves_json(body: str) -> None:
    kind = "text/event-stream" if body.startswith("data") else "application/json"
    outcome = without(Outcome(Verdict.SUCCEEDED, Answer(200, kind, body.encode())), ["12345", HIDDEN])
    assert outcome.answer is not None
    found = outcome.answer.body.decode()
    for line in found.replace("data: ", "").split("\n\n"):
        assert not line or "[redacted]" in str(json.loads(line))
    while "\\" in found:
        found = found.encode().decode("unicode_escape")
    assert "12345" not in found
    assert "hunter2" not in found


def test_a_number_in_what_is_no_json_gets_no_quotes() -> None:
    assert kept(b"<td>12345</td>", "12345").body == b"<td>[redacted]</td>"


def test_it_is_taken_out_of_all_that_an_answer_has() -> None:
    answer = Answer(
        200,
        "text/plain",
        b"",
        links=(("next", "https://h/?a=canary-1"),),
        headers=(("location", "/canary-1"),),
        pages=AnswerPages(1, 1, more=True, next_arguments='{"a":"canary-1"}'),
    )
    found = without(Outcome(Verdict.TOOL_FAILED, answer, message="no canary-1"), ["canary-1"])
    assert "canary" not in repr(found)


def test_arguments_that_a_text_was_taken_out_of_are_not_offered() -> None:
    pages = AnswerPages(1, 1, more=True, next_arguments='{"a":"canary-1"}', message="page 2: canary-1")
    found = without(Outcome(Verdict.SUCCEEDED, Answer(200, "text/plain", b"", pages=pages)), ["canary-1"])
    assert found.answer is not None
    assert found.answer.pages == replace(pages, next_arguments="", message=f"page 2: [redacted]; {NOT_KEPT}")


@pytest.mark.parametrize("hidden", [(), ("", "abc")])
def test_what_is_too_short_to_be_a_secret_stays(hidden: tuple[str, ...]) -> None:
    assert kept(b"abc", *hidden).body == b"abc"


def test_the_longer_of_two_is_taken_out_as_a_whole() -> None:
    assert kept(b"hunter2-canary hunter2", "hunter2", "hunter2-canary").body == b"[redacted] [redacted]"


def test_an_answer_that_takes_too_long_to_search_is_left_out() -> None:
    body, texts = b"x" * (1 << 20), [f"text {number}" for number in range(2 * MOST_SEARCHED >> 20)]
    with at_most(2):
        answer = kept(body, *texts)
    assert answer.shown is not None
    assert (answer.body, answer.shown.message, answer.shown.bytes_left_out) == (b"", TOO_MANY, len(body))
