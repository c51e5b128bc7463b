"""What is left of an answer that is too large."""

from typing import Any

import orjson
import pytest

from registry.calling.shortening import shorten_json, shorten_text

ROWS = [{"n": n} for n in range(100)]


@pytest.mark.parametrize(
    ("value", "most", "kept", "left_out"),
    [
        ([1, 2, 3], 100, [1, 2, 3], 0),
        ([1, 2, 3], 6, [1, 2], 1),
        ({"long": "x" * 90, "a": 1}, 40, {"long": "x" * 22, "a": 1}, 0),
        ({"rows": ROWS, "next": "c"}, 50, {"rows": ROWS[:3], "next": "c"}, 97),
        ([["a" * 50, 2], 3], 20, [["a" * 14]], 2),
        ("x" * 50, 12, "x" * 10, 0),
        (12345678, 3, None, 0),
    ],
)
def test_what_is_kept_is_whole_values_and_the_rest_is_counted(value: Any, most: int, kept: Any, left_out: int) -> None:
    found = shorten_json(value, most)
    assert (orjson.loads(found.body), found.left_out) == (kept, left_out)


@pytest.mark.parametrize("value", [ROWS, {"a": {"b": ROWS}, "c": "ä\n" * 400}, ["\x01" * 500], {"k" * 600: 1}, [[[[ROWS]]]]])
@pytest.mark.parametrize("most", [2, 3, 10, 64, 256, 400])
def test_it_is_never_larger_than_it_may_be(value: Any, most: int) -> None:
    assert len(shorten_json(value, most).body) <= max(most, 4)


@pytest.mark.parametrize(
    ("body", "most", "kept"),
    [(b"short", 9, b"short"), (b"one\ntwo\n", 6, b"one\n"), ("ää".encode(), 3, "ä".encode()), (b"\xff\xfe" * 9, 4, b"")],
)
def test_a_text_is_cut_between_lines_and_characters(body: bytes, most: int, kept: bytes) -> None:
    assert shorten_text(body, most) == kept
