"""Which expressions can be a view's projection, and what they find."""

from typing import Any

import pytest

from registry.model.projection import ProjectionFailed, ProjectionInvalid, matches_nothing, project, require_projection


@pytest.mark.parametrize(
    "expression", ["a", "items[].{id: id, t: title}", "sort_by(a, &b)[0]", "merge(a, b, c)", "not_null(a)", "[?a > `1`].b"]
)
def test_an_expression_is_taken(expression: str) -> None:
    require_projection(expression)


@pytest.mark.parametrize(
    "expression", ["a[", "", "a b", "nope(a)", "length()", "length(a, b)", "(" * 1900, "a." * 900, "a[?b(c)]"]
)
def test_what_is_none_is_refused_with_a_cure(expression: str) -> None:
    with pytest.raises(ProjectionInvalid) as refused:
        require_projection(expression)
    assert refused.value.cure


def test_a_function_of_another_type_fails_and_tells_no_value() -> None:
    with pytest.raises(ProjectionFailed) as refused:
        project("length(@)", 77)
    assert "length" in str(refused.value)
    assert "77" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "nothing"),
    [(None, True), ([], False), ({"a": None, "b": [None]}, True), ({"a": 0}, False), ("", False), ([{}], False)],
)
def test_nothing_is_null_all_through(value: Any, nothing: bool) -> None:
    assert matches_nothing(value) is nothing


ROWS = [{"id": 1, "owner": None}, {"id": 2, "owner": {"login": "a"}, "closed": None}]


@pytest.mark.parametrize(
    ("expression", "unmatched"),
    [
        ("[].{id: id, title: titel}", ("titel",)),
        ("[].[idd, ownr.login, ownr.id]", ("idd", "ownr")),
        ("[].{login: owner.login, name: owner.name}", ("name",)),
        ("[?stat == 'open'].id", ("stat",)),
        ("id", ("id",)),
        ("[].closed", ()),
        ("[].{name: name || id, either: not_null(nick, id), open: !done}", ()),
        ("[?id > `5`].nope", ()),
        ("[0].owner.login", ()),
        ("sort_by(@, &id)[].idd", ("idd",)),
    ],
)
def test_a_member_that_is_nowhere_is_named(expression: str, unmatched: tuple[str, ...]) -> None:
    assert project(expression, ROWS).unmatched == unmatched


@pytest.mark.parametrize("expression", ["sum(@)", "avg(@)"])
def test_what_no_number_can_be_fails_and_is_no_null(expression: str) -> None:
    with pytest.raises(ProjectionFailed):
        project(expression, [1e308, 1e308])
