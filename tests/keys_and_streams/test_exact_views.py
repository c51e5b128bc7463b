"""What a view shows is what the upstream said: its numbers keep their digits, and a misspelt name is told."""

import json

import pytest

from callgate import Result
from tests.e2e.house import House
from tests.real_apis.asking import asked, succeeded
from tests.real_apis.conftest import Json, Situate
from tests.real_apis.recipes import Recipes, answer
from tests.real_apis.test_text_answers import ran

from .test_projections_hold import made_with

NUMBERS = [
    "100000000000000000000",
    "12345678901234567890123",
    "-9223372036854775809",
    "0.1000000000000000055511151231257827",
    "1.10",
    "1e5",
    "-0.0",
    "1E400",
]
ROWS = [{"id": 1, "title": "a", "closed": None, "owner": {"login": "x"}}, {"id": 2, "title": "b", "owner": None}]


def seen(situation: Situate, recipes: Recipes, view: Json, body: bytes) -> Result:
    return succeeded(asked(situation, recipes, answer(200, body), manifest={"defaults": {"view": view}}))


@pytest.mark.parametrize(
    ("projection", "shown"),
    [
        ("rows[].n", "[{}]"),
        ("rows[].{n: n}", '[{{"n":{}}}]'),
        ("rows[?n != `7`].n | [0]", "{}"),
        ("max(rows[].n)", "{}"),
    ],
)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_keeps_its_digits(situation: Situate, recipes: Recipes, number: str, projection: str, shown: str) -> None:
    result = seen(situation, recipes, {"projection": projection}, b'{"rows": [{"n": %s}]}' % number.encode())
    assert result.text == shown.format(number)


def test_so_it_does_where_an_answer_is_cut(situation: Situate, recipes: Recipes) -> None:
    rows = ",".join(f'{{"n": 1000000000000000000{row}0.10, "text": "{"x" * 40}"}}' for row in range(100, 200))
    result = seen(situation, recipes, {"bytes": 500}, f"[{rows}]".encode())
    assert '{"n":10000000000000000001000.10,' in result.text


@pytest.mark.parametrize(
    ("projection", "unmatched"),
    [
        ("[].{id: id, title: titel}", ("titel",)),
        ("[].{a: idd, b: owner.logn}", ("idd", "logn")),
        ("[?stat == 'open'].id", ("stat",)),
        ("rows[].id", ("rows",)),
        ("[].{id: id, closed: closed, login: owner.login}", ()),
        ("[].{name: name || title, open: !done, either: not_null(nick, title)}", ()),
    ],
)
def test_a_name_that_is_nowhere_is_told(
    situation: Situate, recipes: Recipes, projection: str, unmatched: tuple[str, ...]
) -> None:
    result = seen(situation, recipes, {"projection": projection}, json.dumps(ROWS).encode())
    assert result.shown is not None
    assert result.shown.unmatched == unmatched
    assert all(f"'{name}'" in result.for_model for name in unmatched)
    assert ("misspell" in result.for_model) is bool(unmatched)


def test_a_list_without_rows_has_no_name_that_is_nowhere(situation: Situate, recipes: Recipes) -> None:
    result = seen(situation, recipes, {"projection": "[].{title: titel}"}, b"[]")
    assert result.shown is not None
    assert (result.text, result.shown.unmatched) == ("[]", ())


def test_the_command_line_and_the_record_tell_it_too(situation: Situate, recipes: Recipes, house: House) -> None:
    made = made_with(situation, recipes, "[].{id: id, title: titel}", answer(200, json.dumps(ROWS).encode()))
    done = ran(house, "call", made.name("ask"))
    assert (done.returncode, b"'titel'" in done.stderr) == (0, True)
    result = succeeded(house.client.invocations.get(made.call("ask").id))
    assert result.shown is not None
    assert result.shown.unmatched == ("titel",)
