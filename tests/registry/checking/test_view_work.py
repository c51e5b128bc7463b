"""What a view makes of an answer, and why it makes none."""

import json
from typing import Any

import pytest

from registry.checking.view_work import see

ROWS = b'{"rows": [{"n": 1.10, "t": "' + b"x" * 90 + b'"}, {"n": 2}]}'


@pytest.mark.parametrize(
    ("projection", "most", "body", "head"),
    [
        ("rows[].n", 0, b"[1.10,2]", {"matched_nothing": False, "unmatched": ()}),
        ("rows[].m", 0, b"[]", {"matched_nothing": False, "unmatched": ("m",)}),
        ("row", 0, b"null", {"matched_nothing": True, "unmatched": ("row",)}),
        ("", 40, b'{"rows":[{"n":1.10,"t":"xxxxxxxxxx"}]}', {"matched_nothing": False, "unmatched": (), "left_out": 1}),
        ("", 500, ROWS, {"matched_nothing": False, "unmatched": ()}),
    ],
)
def test_what_is_shown(projection: str, most: int, body: bytes, head: dict[str, Any]) -> None:
    seen = see(projection, most, ROWS)
    assert (seen.body, seen.head) == (body, head)


@pytest.mark.parametrize("projection", ["", "a"])
@pytest.mark.parametrize("answer", [b"[1,]", b"[NaN]", b"[1][2]", b'"\xff"', b"", b"[" * 3000 + b"]" * 3000, b"<html>"])
def test_what_is_no_json_is_not_seen(answer: bytes, projection: str) -> None:
    seen = see(projection, 100, answer)
    assert (list(seen.head), seen.body, seen.whole) == (["unread"], b"", b"")
    assert seen.head["unread"]


@pytest.mark.parametrize(
    ("projection", "answer"),
    [
        ("length(@)", b"1"),
        ("sum(@)", b"[1e308, 1e308]"),
        ("[0]", rb'["\ud83d"]'),
        ("@", b"[" * 600 + b"]" * 600),
    ],
)
def test_what_no_view_can_be_made_of_fails_and_tells_nothing_of_it(projection: str, answer: bytes) -> None:
    seen = see(projection, 0, answer)
    assert (list(seen.head), seen.body, seen.whole) == (["failed"], b"", b"")
    assert json.dumps(seen.head["failed"])
