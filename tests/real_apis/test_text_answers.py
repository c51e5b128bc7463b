"""Texts in other charsets, streams without end, and answers that are no text."""

import codecs
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from callgate import FaultCode, LimitExceeded, TimedOut
from tests.e2e.house import House

from .asking import SECRET, asked, failed, operation, succeeded
from .conftest import Situate
from .recipes import HANG, Recipes, answer, head

NAME = '{"name": "Jürgen 日本"}'
LATIN = '{"name": "Jürgen"}'

CHARSETS = {
    "ISO-8859-1": ("application/json; charset=ISO-8859-1", LATIN.encode("latin-1"), LATIN),
    "Shift_JIS": ("application/json; charset=Shift_JIS", '{"name": "日本"}'.encode("cp932"), '{"name": "日本"}'),
    "UTF-8 with a mark": ("application/json", codecs.BOM_UTF8 + NAME.encode(), NAME),
    "UTF-16 with a mark": ("application/json", NAME.encode("utf-16"), NAME),
    "UTF-16 as declared": ("application/json; charset=utf-16le", NAME.encode("utf-16-le"), NAME),
    "UTF-16 the other way round": ("application/json; charset=UTF-16", codecs.BOM_UTF16_BE + NAME.encode("utf-16-be"), NAME),
    "UTF-32": ("application/json; charset=utf-32", NAME.encode("utf-32"), NAME),
    "nothing declared": ("application/json", NAME.encode(), NAME),
}


@pytest.mark.parametrize(("declared", "body", "text"), CHARSETS.values(), ids=CHARSETS.keys())
def test_a_text_reaches_its_caller_in_utf_8(
    situation: Situate, recipes: Recipes, declared: str, body: bytes, text: str
) -> None:
    schema = {"type": "object", "required": ["name"]}
    said = {"responses": {"200": {"description": "It.", "content": {"application/json": {"schema": schema}}}}}
    result = succeeded(asked(situation, recipes, answer(200, body, media_type=declared), said=said))
    assert (result.text, result.matches_schema) == (text, True)
    assert "charset" not in result.content_type or "utf-8" in result.content_type.lower()


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_secret_in_wide_letters_is_found(situation: Situate, recipes: Recipes, charset: str) -> None:
    told = answer(
        200,
        f"<{SECRET}>".encode(charset),
        media_type=f"text/plain; charset={charset.replace('-le', 'le').replace('-be', 'be')}",
    )
    assert succeeded(asked(situation, recipes, told, secret=SECRET)).text == "<[REDACTED]>"


def test_a_charset_that_hides_a_secret_is_refused(situation: Situate, recipes: Recipes) -> None:
    told = answer(200, SECRET.encode("utf-7"), media_type="text/plain; charset=utf-7")
    assert failed(asked(situation, recipes, told, secret=SECRET)).fault is FaultCode.ANSWER_UNDECODABLE


STREAMS = {
    "events": ("text/event-stream", [b"data: 1\n\n", b"data: 2\n\n"]),
    "lines": ("application/x-ndjson", [b'{"n": 1}\n', b'{"n": 2}\n']),
}
SHORT = {"defaults": {"limits": {"attempt_timeout": 1.0, "timeout": 8.0}}}


@pytest.mark.parametrize(("kind", "parts"), STREAMS.values(), ids=STREAMS.keys())
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_came_of_a_stream_before_the_deadline_is_kept(
    situation: Situate, recipes: Recipes, kind: str, parts: list[bytes], method: str
) -> None:
    told = [head(200, f"Content-Type: {kind}", "X-Request-Id: 1"), *parts, HANG]
    called = asked(situation, recipes, told, method=method, manifest=SHORT)
    outcome = called.outcome
    assert isinstance(outcome, TimedOut), outcome
    assert outcome.result is not None
    assert (outcome.result.body, outcome.result.content_type) == (b"".join(parts), kind)
    assert outcome.result.headers["x-request-id"] == "1"
    assert (outcome.http_status, outcome.effect_possible, len(called.attempts)) == (200, method == "post", 1)


def test_a_stream_that_breaks_off_leaves_what_came(situation: Situate, recipes: Recipes) -> None:
    lines = ("Content-Type: text/event-stream", "Transfer-Encoding: chunked")
    outcome = failed(asked(situation, recipes, [head(200, *lines), b"9\r\ndata: 1\n\n\r\n"]))
    assert (outcome.fault, outcome.result and outcome.result.body) == (FaultCode.UPSTREAM_BROKE, b"data: 1\n\n")


def test_a_stream_has_no_secret_in_what_came_of_it(situation: Situate, recipes: Recipes) -> None:
    told = [head(200, "Content-Type: text/event-stream"), f"data: {SECRET}\n\ndata: {SECRET[:-1]}".encode(), HANG]
    outcome = asked(situation, recipes, told, secret=SECRET, manifest=SHORT).outcome
    assert isinstance(outcome, TimedOut)
    assert outcome.result is not None
    assert outcome.result.body == b"data: [REDACTED]\n\ndata: [REDACTED]"


def test_a_stream_that_ends_by_itself_is_an_answer(situation: Situate, recipes: Recipes) -> None:
    told = [head(200, "Content-Type: text/event-stream"), b"data: 1\n\n"]
    assert succeeded(asked(situation, recipes, told)).body == b"data: 1\n\n"


ENDS = {
    "the transfer coding that is none": ("Transfer-Encoding: identity",),
    "the same in capitals": ("TRANSFER-ENCODING: Identity", "Content-Length: 8"),
    "chunks in capitals": ("Transfer-Encoding: Chunked",),
    "nothing": (),
}


@pytest.mark.parametrize("lines", ENDS.values(), ids=ENDS.keys())
def test_an_answer_ends_where_its_head_says(situation: Situate, recipes: Recipes, lines: tuple[str, ...]) -> None:
    body = b'8\r\n{"a": 1}\r\n0\r\n\r\n' if "Chunked" in str(lines) else b'{"a": 1}'
    assert asked(situation, recipes, [head(200, "Content-Type: application/json", *lines), body], method="post").json() == {
        "a": 1
    }


CHUNK = b"%x\r\n%b\r\n" % (1 << 20, bytes(1 << 20))
TOO_LARGE = {
    "with its length": answer(200, bytes(20_000_000)),
    "in chunks": [head(200, "Transfer-Encoding: chunked"), *[CHUNK] * 20],
    "without a length": [head(200), *[bytes(1 << 20)] * 20],
    "with a length beyond all numbers of files": [head(200, f"Content-Length: {1 << 60}"), bytes(100)],
}


@pytest.mark.parametrize("told", TOO_LARGE.values(), ids=TOO_LARGE.keys())
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_answer_over_the_bound_is_known_as_that(
    situation: Situate, recipes: Recipes, told: list[bytes], method: str
) -> None:
    # What is held to its schema is no artifact.
    called = asked(situation, recipes, told, method=method, manifest={"defaults": {"strict_responses": True}})
    assert isinstance(called.outcome, LimitExceeded), called.outcome
    assert (called.outcome.limit, called.outcome.http_status) == ("response_bytes", 200)
    assert (called.outcome.effect_possible, called.outcome.not_done, called.under_review) == (method == "post", False, False)


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 5


def ran(house: House, *words: str) -> subprocess.CompletedProcess[bytes]:
    """`callgate` with a pipe for its stdout."""
    environment = {**os.environ, "CALLGATE_ADDRESS": house.address, "CALLGATE_TOKEN": house.state.token.read_text()}
    return subprocess.run(
        [sys.executable, "-P", "-c", "from gateway.cli import main; main()", *words],
        env=environment,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [("image/png", PNG), ("application/pdf", b"%PDF-1.7 \n"), ("", PNG)],
    ids=["picture", "document", "no type"],
)
def test_a_pipe_gets_the_bytes_of_what_is_no_text(
    situation: Situate, recipes: Recipes, house: House, kind: str, body: bytes
) -> None:
    recipes.tell("GET", "/ask", answer(200, body, media_type=kind))
    done = ran(house, "call", situation({"/ask": operation()}).name("ask"))
    assert (done.returncode, done.stdout) == (0, body), done.stderr


def test_a_file_gets_the_bytes_of_any_answer(situation: Situate, recipes: Recipes, house: House, tmp_path: Path) -> None:
    recipes.tell("GET", "/ask", answer(200, PNG, media_type="image/png"))
    file = tmp_path / "out.png"
    done = ran(house, "call", situation({"/ask": operation()}).name("ask"), "--output", str(file))
    assert (done.returncode, done.stdout, file.read_bytes()) == (0, b"", PNG), done.stderr


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_sent(
    situation: Situate, recipes: Recipes, house: House, tmp_path: Path
) -> None:
    made = situation({"/ask": operation("post")})
    done = ran(house, "call", made.name("ask"), "--output", str(tmp_path / "nowhere" / "out"))
    assert (done.returncode, recipes.requests) == (2, [])
    assert b"nothing was sent" in done.stderr


def test_an_answer_as_data_has_its_headers(situation: Situate, recipes: Recipes, house: House) -> None:
    recipes.tell("GET", "/ask", answer(200, b"{}", "X-Total-Count: 120"))
    done = ran(house, "call", situation({"/ask": operation()}).name("ask"), "-o", "json")
    assert json.loads(done.stdout)["outcome"]["result"]["headers"]["x-total-count"] == "120"
