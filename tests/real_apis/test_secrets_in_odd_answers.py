"""A secret that an upstream sends back where two disguises meet, or where no one says what the bytes are."""

import base64
import codecs
import gzip
import json
import zlib
from typing import Any

import pytest

from callgate import Invocation, TimedOut
from tests.e2e.leaks import leaks

from .asking import SECRET, asked, failed, operation, succeeded
from .conftest import Json, Situate
from .recipes import HANG, Answer, Recipes, answer, head

ECHO = f'{{"seen": "{SECRET}"}}'
ESCAPED = ECHO.replace("/", "\\/").replace("+", "\\u002b")
CLEAN = '{"seen": "[REDACTED]"}'
GZIP = "Content-Encoding: gzip"

#: The media type, the body, further lines; the answer is then CLEAN.
TWICE: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "gzip of UTF-16": ("application/json; charset=utf-16", gzip.compress(ECHO.encode("utf-16")), (GZIP,)),
    "gzip of UTF-16 with escapes": ("application/json; charset=utf-16le", gzip.compress(ESCAPED.encode("utf-16-le")), (GZIP,)),
    "gzip of UTF-8 with a mark": ("application/json", gzip.compress(codecs.BOM_UTF8 + ECHO.encode()), (GZIP,)),
    "deflate of UTF-32": (
        "application/json; charset=utf-32be",
        zlib.compress(ECHO.encode("utf-32-be")),
        ("Content-Encoding: deflate",),
    ),
    "gzip in two lines": ("application/json", gzip.compress(gzip.compress(ECHO.encode())), (GZIP, GZIP)),
    "gzip of two members": ("application/json", gzip.compress(ECHO[:15].encode()) + gzip.compress(ECHO[15:].encode()), (GZIP,)),
    "gzip beside identity": ("application/json", gzip.compress(ECHO.encode()), ("Content-Encoding: identity, gzip",)),
}


@pytest.mark.parametrize(("kind", "body", "lines"), TWICE.values(), ids=TWICE.keys())
def test_two_disguises_are_undone_one_after_the_other(
    situation: Situate, recipes: Recipes, kind: str, body: bytes, lines: tuple[str, ...]
) -> None:
    called = asked(situation, recipes, answer(200, body, *lines, media_type=kind), secret=SECRET)
    assert succeeded(called).text == CLEAN


WIDE: dict[str, tuple[str, bytes]] = {
    f"{kind or 'no type'}, {charset}": (kind, f"<{SECRET}>".encode(charset))
    for charset in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
    for kind in (
        "",
        "text/plain",
        "application/json",
        "application/octet-stream",
        "text/plain; charset=utf-8",
        "text/plain; charset='utf-16le'",
        "text/plain; charset=utf16",
        "text/plain; charset=utf-16le; charset=utf-16le",
        "text/csv; charset=iso-8859-1",
    )
}


def test_wide_letters_are_found_whatever_their_head_says(situation: Situate, recipes: Recipes) -> None:
    """One situation for each, through one tool."""
    made = situation({"/ask": operation()}, secret=SECRET)
    recipes.tell("GET", "/ask", *(answer(200, body, media_type=kind) for kind, body in WIDE.values()))
    leaking = [name for name in WIDE if leaks([SECRET], {"a": succeeded(made.call("ask")).body.replace(b"\0", b"")})]
    assert leaking == []


def test_zeros_around_and_in_other_bytes_stay(situation: Situate, recipes: Recipes) -> None:
    other = bytes(5) + b"s\0\x003cr\0" + bytes(200_000) + SECRET[:-1].encode("utf-16-le") + b"!" + bytes(3)
    called = asked(situation, recipes, answer(200, other, media_type="application/octet-stream"), secret=SECRET)
    assert succeeded(called).body == other


def gzipped_in_steps(*parts: str) -> list[bytes]:
    made = zlib.compressobj(wbits=31)
    return [made.compress(part.encode()) + made.flush(zlib.Z_SYNC_FLUSH) for part in parts]


SHORT: Json = {"defaults": {"limits": {"attempt_timeout": 1.5, "timeout": 8.0}}}


def test_a_coded_stream_leaves_what_came_of_it_without_the_secret(situation: Situate, recipes: Recipes) -> None:
    parts = gzipped_in_steps("data: 1\n\n", f"data: {SECRET}\n\n", f"data: {SECRET[:9]}")
    told: Answer = [head(200, "Content-Type: text/event-stream", GZIP), *parts, HANG]
    outcome = asked(situation, recipes, told, secret=SECRET, manifest=SHORT).outcome
    assert isinstance(outcome, TimedOut), outcome
    assert outcome.result is not None
    assert outcome.result.body == b"data: 1\n\ndata: [REDACTED]\n\ndata: [REDACTED]"


def test_a_short_stream_is_not_kept_back(situation: Situate, recipes: Recipes) -> None:
    outcome = asked(situation, recipes, [head(200, "Content-Type: text/event-stream"), b":\n\n", HANG], manifest=SHORT).outcome
    assert isinstance(outcome, TimedOut), outcome
    assert outcome.result is not None
    assert outcome.result.body == b":\n\n"


ERRORS = [401, 403, 404, 409, 422, 500, 503]


@pytest.mark.parametrize("status", ERRORS)
def test_a_failure_s_coded_body_is_read_and_has_no_secret(situation: Situate, recipes: Recipes, status: int) -> None:
    manifest = {"defaults": {"limits": {"max_attempts": 1}}}
    called = asked(situation, recipes, answer(status, gzip.compress(ECHO.encode()), GZIP), secret=SECRET, manifest=manifest)
    outcome = failed(called)
    assert outcome.result is not None
    assert (outcome.http_status, outcome.result.text) == (status, CLEAN)


HEADERS: dict[str, tuple[str, ...]] = {
    "a file's name": (f"Content-Disposition: attachment; filename*=UTF-8''{SECRET.replace('/', '%2F').replace('+', '%2B')}",),
    "base64": ("X-Debug: " + base64.b64encode(f"token={SECRET};".encode()).decode(),),
    "JSON": (f'X-Debug: {{"a": "{ESCAPED}"}}',),
    "a link": (f'Link: <https://api.example/?key={SECRET.replace("+", "%2b")}>; rel="next"',),
    "where it lies": (f"Location: https://api.example/{SECRET}",),
    "where it goes on": (f"Operation-Location: /{SECRET.replace('/', '%252F')}",),
    "a challenge": (f'WWW-Authenticate: Bearer realm="{SECRET}", error="invalid_token"',),
    "an entity's tag": (f'ETag: W/"{SECRET.encode().hex()}"',),
    "folded": (f"X-Debug: a\r\n {SECRET}",),
    "hop by hop": (f"Connection: X-Debug\r\nX-Debug: {SECRET}",),
    "a media type": (),
    "retry": (f"Retry-After: {SECRET}",),
}


@pytest.mark.parametrize("status", [201, 302, 401])
def test_no_header_brings_it(situation: Situate, recipes: Recipes, status: int) -> None:
    made = situation({"/ask": operation("post")}, secret=SECRET)
    kinds = [f"text/plain; note={SECRET}" if name == "a media type" else "application/json" for name in HEADERS]
    recipes.tell(
        "POST",
        "/ask",
        *(answer(status, b"{}", *lines, media_type=kind) for lines, kind in zip(HEADERS.values(), kinds, strict=True)),
    )
    called = {name: made.call("ask") for name in HEADERS}
    told = {name: _all_of(one).encode() for name, one in called.items()}
    assert leaks([SECRET, SECRET.replace("+", "%2b"), SECRET.replace("/", "%252F")], told) == []
    assert SECRET not in made.house.log.read_text()


def _all_of(called: Invocation) -> str:
    result: Any = getattr(called.outcome, "result", None)
    more = [dict(result.headers), dict(result.links), result.content_type] if result else []
    return json.dumps([repr(called), *more])


SEVERAL: Json = {
    "short": {"type": "apiKey", "in": "header", "name": "X-Short"},
    "long": {"type": "apiKey", "in": "header", "name": "X-Long"},
    "basic": {"type": "http", "scheme": "basic"},
}


def test_of_secrets_that_begin_alike_and_hold_each_other_none_is_left(situation: Situate, recipes: Recipes) -> None:
    path, values = "secret/data/alike", {"short": "sk_live", "long": "sk_live_0123456789", "basic": "sk_live:pä ss-wörd"}
    echo = "sk_live_0123456789 sk_live sk_livesk_live_0123456789 pä ss-wörd p%C3%A4+ss-w%c3%b6rd p\\u00e4 ss-w\\u00F6rd"
    bodies = [
        (echo.encode(), "text/plain"),
        (gzip.compress(echo.encode()), "text/plain"),
        (echo.encode("latin-1"), "text/plain; charset=iso-8859-1"),
    ]
    recipes.tell(
        "GET",
        "/ask",
        *(answer(200, body, *([GZIP] if body[:2] == b"\x1f\x8b" else []), media_type=kind) for body, kind in bodies),
    )
    made = situation(
        {"/ask": operation()},
        components={"securitySchemes": SEVERAL},
        security=[dict.fromkeys(SEVERAL, ())],
        manifest={"credentials": {name: {"path": path, "field": name} for name in SEVERAL}},
    )
    made.house.store(made.report, {path: values})
    for _ in bodies:
        assert succeeded(made.call("ask")).text.replace("[REDACTED]", "*") == "* * ** * * *"
