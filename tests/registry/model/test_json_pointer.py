"""JSON Pointers by RFC 6901, and the references of a schema to its own definitions."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.model.json_pointer import definition_name, definition_reference, find, joined, tokens

VALUE = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "~1": 9, " ": 7, "0": "key"}


@pytest.mark.parametrize(
    ("pointer", "wanted"),
    [("", VALUE), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/m~0n", 8), ("/~01", 9), ("/ ", 7)],
)
def test_pointer_leads_where_rfc_6901_says(pointer: str, wanted: Any) -> None:
    assert find(pointer, VALUE) == [wanted]


@pytest.mark.parametrize("index", ["2", "-", "-1", "00", "01", "+1", "1.0", "\u0661", "9" * 5_000, ""])
def test_index_of_a_list_is_digits_without_a_zero_before_them(index: str) -> None:
    assert find(f"/foo/{index}", VALUE) == []


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.text(max_size=4)))
def test_tokens_are_those_that_were_joined(path: list[str]) -> None:
    assert tokens(joined(path)) == path


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=6))
def test_reference_to_a_definition_names_it(name: str) -> None:
    assert definition_name(definition_reference(name)) == name
