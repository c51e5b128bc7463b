"""A page token of four megabytes, a pattern of half a million characters that show nothing, and names of such in what a person
reviews took up to a second, in which no other caller was answered."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from time import thread_time
from typing import Any

import orjson
import pytest

from gateway.edge.grpc.paging import place_of
from gateway.model.errors import RequestInvalid
from registry.calling.redaction import redact
from registry.model.clean_json import LOOKED_THROUGH, shown_json
from registry.model.clean_text import is_suspect
from registry.model.errors import DocumentTooCostly
from registry.reader.frames import read_frame


def seconds(act: Callable[[], object]) -> float:
    """The least of three: in a process of tests, a collection of garbage may take longer than what is measured."""
    times = []
    for _ in range(3):
        began = thread_time()
        act()
        times.append(thread_time() - began)
    return min(times)


def test_a_page_token_of_megabytes_is_refused_at_once() -> None:
    token = urlsafe_b64encode(b"[" + b"[]," * 900_000 + b"1]").decode()
    began = thread_time()
    with pytest.raises(RequestInvalid):
        place_of("tools", token)
    assert thread_time() - began < 0.05


HIDDEN = "\u200b\x1b\U000e0041\x7f\x85\b\r"


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": HIDDEN * 90_000},
        {"enum": [[]] * 190_000, "pattern": "\u200b"},
        {"enum": ["a"] * 190_000, "pattern": "\u200b"},
    ],
    ids=["a pattern", "lists", "texts"],
)
def test_a_schema_with_something_hidden_is_shown_in_no_time(schema: Any) -> None:
    assert seconds(lambda: shown_json(schema)) < 0.15  # half of that on a machine that does nothing else
    assert not any(map(is_suspect, texts_of(orjson.loads(shown_json(schema)))))


@pytest.mark.parametrize("pattern", [HIDDEN, "\\", "\\\u200b", '\\\\"\u200b', r"\u200b", r"\\b\r", "a\tb\n", "\x00\x01\\\x00"])
def test_a_long_schema_shows_its_patterns_as_a_short_one_does(pattern: str) -> None:
    short = orjson.loads(shown_json({"pattern": pattern + "\u200b"}))
    long = orjson.loads(shown_json({"pattern": pattern + "\u200b", "description": "x" * LOOKED_THROUGH}))
    assert long["pattern"] == short["pattern"]


def texts_of(value: Any) -> list[str]:
    return [one for one in value.values() if isinstance(one, str)]


@pytest.mark.parametrize(
    "arguments",
    [{"\u200b" * 300 + str(n): 1 for n in range(1_100)}, {"\u200b" * 330_000: 1}, {"a": [{}] * 45_000}],
    ids=["names", "a name", "values"],
)
def test_arguments_are_shown_to_a_reviewer_in_no_time(arguments: Any) -> None:
    ways = {"anyOf": [{"$ref": f"#/$defs/d{n}"} for n in range(20)]}
    schema = {"properties": {"a": {"items": ways}}, "$defs": {f"d{n}": {} for n in range(20)}}
    assert seconds(lambda: redact(arguments, schema)) < 0.1


def test_a_tool_of_millions_of_values_is_not_read_by_the_gateway() -> None:
    """The answer of the process that reads documents was read as a whole, and so was the tool for each call of it."""
    began = thread_time()
    with pytest.raises(DocumentTooCostly):
        read_frame(b'{"draft": [' + b"[]," * 1_300_000 + b"1]}")
    assert thread_time() - began < 0.1
