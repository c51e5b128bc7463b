"""A schema of some hundred short patterns over all letters took the gateway seconds to compile: each alone was in bounds."""

from time import thread_time

import pytest

from registry.checking.check import Check
from registry.checking.quick_schemas import is_quick
from registry.model.tool import JsonObject

MANY = 300


def schema(pattern: str, number: int) -> JsonObject:
    return {
        "type": "object",
        "properties": {f"p{one}": {"type": "string", "pattern": f"{pattern}{one}"} for one in range(number)},
    }


@pytest.mark.parametrize("pattern", [r"\p{L}{30}", r"\S{900}", ".{900}", "[^a]{900}", r"(?i)\p{L}{20}", r"[\p{L}\p{N}]{9}"])
def test_many_patterns_that_are_each_some_work_are_left_to_a_process(pattern: str) -> None:
    assert not is_quick(schema(pattern, MANY))
    number = next(one for one in range(MANY, 0, -1) if is_quick(schema(pattern, one)))
    began = thread_time()
    Check(schema(pattern, number))
    assert thread_time() - began < 0.1


def test_patterns_as_they_are_usual_are_compiled_at_once() -> None:
    usual = ["^[A-Za-z0-9_-]{1,63}$", r"^\d{4}-\d{2}-\d{2}$", "^(?:[a-z0-9]+-)*[a-z0-9]+$", r"^\p{L}[\p{L} .'-]*$"]
    assert all(is_quick(schema(pattern, 20)) for pattern in usual)
