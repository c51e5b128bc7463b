"""JSON whose numbers stay as they were written."""

import orjson
import pytest

from registry.model.exact_json import NotExact, read_exact, write_exact
from registry.model.projection import project

NUMBERS = [
    "0", "-0", "1.0", "1.10", "1e5", "1E+20", "-0.0", "100000000000000000001", "-9223372036854775809", "18446744073709551616",
    "0.1000000000000000055511151231257827021181583404541015625", "1e400", "9" * 5000, "9223372036854775807",
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_written_as_it_was_read(number: str) -> None:
    assert write_exact(read_exact(f'{{"a":[{number}]}}'.encode())) == f'{{"a":[{number}]}}'.encode()


@pytest.mark.parametrize("expression", ["max(@)", "sort(@)[-1]", "[?@ > `2`] | [0]", "[?type(@) == 'number' && @ > `2`] | [0]"])
def test_an_expression_takes_them_for_numbers(expression: str) -> None:
    found = project(expression, read_exact(b"[1.10, 100000000000000000001]")).value
    assert write_exact(found) == b"100000000000000000001"


def test_large_integers_are_told_apart() -> None:
    value = read_exact(b"[100000000000000000001, 100000000000000000002]")
    assert write_exact(project("[?@ == `100000000000000000002`]", value).value) == b"[100000000000000000002]"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[1,]", "no JSON"),
        (b'{"a": 1} {"b": 2}', "no JSON"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b'["\xff"]', "UTF-8"),
        (b"[" * 5000 + b"]" * 5000, "too deep"),
        (b"", "no JSON"),
        (b"<html>", "no JSON"),
    ],
)
def test_what_is_no_json_is_refused_with_its_reason(text: bytes, why: str) -> None:
    with pytest.raises(NotExact, match=why):
        read_exact(text)


def test_half_a_character_cannot_be_written() -> None:
    with pytest.raises(orjson.JSONEncodeError):
        write_exact(read_exact(rb'["\ud83d"]'))
