"""What a program of an author's writes, and what its caller gets of it."""

import json

import pytest

from callgate import FaultCode, Succeeded, ToolFailed

from .programs import RunProgram, program_image, run_program, writing

__all__ = ["program_image", "run_program"]

TEXT = {"type": "string"}


def failed(outcome: object) -> ToolFailed:
    assert isinstance(outcome, ToolFailed), outcome
    return outcome


def test_a_failing_programs_json_is_the_failures_result_and_its_words_stand_beside_it(run_program: RunProgram) -> None:
    said = b'{"error": "no such customer"}\n'
    outcome = failed(run_program(writing(said, 1, "looked in vain")).outcome)
    assert outcome.fault is FaultCode.PROGRAM_FAILED
    assert outcome.result is not None
    assert json.loads(outcome.result.body) == {"error": "no such customer"}
    assert outcome.result.content_type == "application/json"
    assert outcome.message == "The program ended with status 1. It said: looked in vain"


def test_a_failing_programs_text_is_the_failures_result(run_program: RunProgram) -> None:
    outcome = failed(run_program(writing("kein Kunde: Ü\n".encode(), 3)).outcome)
    assert outcome.result is not None
    assert (outcome.result.body.decode(), outcome.result.content_type) == ("kein Kunde: Ü\n", "text/plain; charset=utf-8")


@pytest.mark.parametrize("output", [b"", b"\xff\xfe\x00\x01"], ids=["nothing", "no text"])
def test_a_failing_program_without_words_for_a_caller_has_no_result(run_program: RunProgram, output: bytes) -> None:
    outcome = failed(run_program(writing(output, 1, "why")).outcome)
    assert (outcome.result, outcome.fault) == (None, FaultCode.PROGRAM_FAILED)
    assert "why" in outcome.message


def test_of_a_failing_programs_long_words_the_end_is_told_and_no_control_of_a_terminal(run_program: RunProgram) -> None:
    words = "lost " * 2000 + "\x1b[2Jthe last word\x07"
    outcome = failed(run_program(writing(b"{}", 1, words)).outcome)
    assert outcome.message.endswith("the last word")
    assert len(outcome.message) < 2200
    assert not set(outcome.message) & {"\x1b", "\x07"}


def test_not_now_keeps_what_it_said_where_it_is_not_tried_again(run_program: RunProgram) -> None:
    settings = {"limits": {"max_attempts": 1}}
    outcome = failed(run_program(writing(b'{"later": true}', 75), settings=settings).outcome)
    assert outcome.result is not None
    assert json.loads(outcome.result.body) == {"later": True}


def test_a_failures_output_is_not_held_to_the_schema_of_successes(run_program: RunProgram) -> None:
    settings = {"strict_responses": True}
    outcome = failed(run_program(writing(b'{"error": 1}', 1), answer={"type": "array"}, settings=settings).outcome)
    assert outcome.fault is FaultCode.PROGRAM_FAILED


CAUSES = {
    "logs before JSON": (b'INFO loading\nINFO loaded\n{"total": 7}\n', "JSON begins", "line 3"),
    "a log on the same line": (b'loading... {"total": 7}', "JSON begins", "column 12"),
    "words after JSON": (b'{"total": 7}\nDone.\n', "what follows belongs on standard error", "line 2"),
    "a byte order mark": (b'\xef\xbb\xbf{"total": 7}', "byte order mark", "ef bb bf"),
    "UTF-16": ('{"total": 7}'.encode("utf-16"), "UTF-16", "ff fe"),
    "UTF-16 without a mark": ('{"total": 7}'.encode("utf-16-be"), "UTF-16", "00 7b"),
    "Latin-1": ('{"city": "Köln"}'.encode("latin-1"), "Latin-1", "at byte 11"),
    "bytes": (b"\x89PNG\r\n\x1a\n\x00\x00", "no text", "at byte 0"),
    "NaN": (b'{"share": NaN}', "JSON has no NaN", "column 11"),
    "minus infinity": (b"[-Infinity]", "JSON has no -Infinity", "line 1"),
    "JSON lines": (b'{"a": 1}\n{"a": 2}\n', "JSON lines", "one array"),
    "a Python repr": (b"{'a': None, 'b': True}", "Python's repr", "json.dumps"),
    "Python's words in JSON": (b'{"a": None}', "Python's repr", "column 7"),
    "half an object": (b'{"a": [1, 2', "in the midst of a value", "column 12"),
    "a spare comma": (b'{"a": 1,}', "comma", "column 8"),
    "a comment": (b'{"a": 1} // one', "what follows", "column 10"),
    "HTML": (b"<html><body>no</body></html>", "HTML", "<html>"),
    "plain text": (b"all is well\n", "plain text", "type: string"),
    "nothing": (b"", "is empty", "`null`"),
}


@pytest.mark.parametrize(("output", "meant", "place"), CAUSES.values(), ids=CAUSES.keys())
def test_output_that_is_no_json_is_told_by_its_place_and_by_what_was_meant(
    run_program: RunProgram, output: bytes, meant: str, place: str
) -> None:
    outcome = failed(run_program(writing(output)).outcome)
    assert outcome.fault is FaultCode.OUTPUT_INVALID
    assert meant in outcome.message
    assert place in outcome.message


TEXTS = {
    "a word": (b"all is well\n", "all is well"),
    "two lines": (b"one\ntwo\n", "one\ntwo"),
    "a number": (b"01234\n", "01234"),
    "what would be a JSON number": (b"12345\n", "12345"),
    "what would be a JSON object": (b'{"a": 1}', '{"a": 1}'),
    "a JSON string": (b'"all is well"\n', "all is well"),
}


@pytest.mark.parametrize(("output", "text"), TEXTS.values(), ids=TEXTS.keys())
def test_text_is_a_result_where_the_schema_says_string(run_program: RunProgram, output: bytes, text: str) -> None:
    outcome = run_program(writing(output), answer=TEXT).outcome
    assert isinstance(outcome, Succeeded), outcome
    assert (json.loads(outcome.result.body), outcome.result.matches_schema) == (text, True)


def test_text_is_a_result_as_it_is_where_the_document_promises_text(run_program: RunProgram) -> None:
    outcome = run_program(writing(b"a;b\n1;2\n"), answer=TEXT, media_type="text/csv").outcome
    assert isinstance(outcome, Succeeded), outcome
    assert (outcome.result.body, outcome.result.content_type) == (b"a;b\n1;2\n", "text/plain; charset=utf-8")


def test_a_number_is_no_text_where_the_schema_says_number(run_program: RunProgram) -> None:
    outcome = run_program(writing(b"7\n"), answer={"type": "number"}).outcome
    assert isinstance(outcome, Succeeded), outcome
    assert json.loads(outcome.result.body) == 7
