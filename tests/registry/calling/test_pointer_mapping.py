from typing import Any

import pytest

from registry.calling.pointer_mapping import holds, map_arguments
from registry.model.json_pointer import find
from registry.model.tool import Condition

VALUE = {"a": [{"b/c": 1, "~": None}], "": True, "n": 0}


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", [VALUE]),
        ("/a/0/b~1c", [1]),
        ("/a/0/~0", [None]),
        ("/", [True]),
        ("/a/1", []),
        ("/a/-", []),
        ("/a/-1", []),
        ("/a/b", []),
        ("/n/x", []),
        ("/missing", []),
    ],
)
def test_a_pointer_leads_to_one_value_or_to_none(pointer: str, found: list[Any]) -> None:
    assert find(pointer, VALUE) == found


def test_arguments_are_mapped_by_pointers_and_what_is_not_there_is_left_out() -> None:
    mapping = {"id": "/order/id", "missing": "/order/note", "nested": {"who": "/who"}, "limit": 1}
    given = {"order": {"id": "ord_1"}, "who": "ada"}
    assert map_arguments(mapping, given) == {"id": "ord_1", "nested": {"who": "ada"}, "limit": 1}


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        (Condition("/a/0"), True),
        (Condition("/a/1"), False),
        (Condition("/n", 0), True),
        (Condition("/n", False), False),
        (Condition("/", True), True),
        (Condition("/", 1), False),
    ],
)
def test_a_condition_holds_where_its_pointer_leads_to_its_value(condition: Condition, held: bool) -> None:
    assert holds(condition, VALUE) is held
