"""What measures the house, and what shows that its rules bite, can tell right from wrong."""

import ast
from pathlib import Path

import pytest

from scripts import house, seeded_violations

SMALL = "def f():\n    '''One\n    two.'''\n    return 1\n"


def test_every_figure_of_the_house_holds() -> None:
    assert [figure for figure in house.measure() if not figure.holds] == []


def test_a_docstring_is_no_line_of_a_function() -> None:
    (function,) = [node for node in ast.walk(ast.parse(SMALL)) if isinstance(node, ast.FunctionDef)]
    assert house.length(function) == 2


@pytest.mark.parametrize(
    ("arrows", "knots"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"a"}, "c": {"a"}}, [{"a", "b"}]),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"e"}, "e": {"d"}}, [{"a", "b", "c"}, {"d", "e"}]),
    ],
)
def test_rooms_that_reach_each_other_are_a_cycle(arrows: dict[str, set[str]], knots: list[set[str]]) -> None:
    assert sorted(map(sorted, house.cycles(arrows))) == sorted(map(sorted, knots))


def test_the_arrows_of_the_rooms_are_those_of_their_imports() -> None:
    arrows = house.room_arrows()
    assert "gateway.records.ledger" in arrows["gateway.records.redis"]
    assert "gateway.pipeline" in arrows["gateway.edge.grpc"]
    assert not arrows["registry.model"]


@pytest.mark.parametrize("word", ["some" + "body", "No" + " one", "who" + "ever", "any" + "one's", "every" + "body"])
def test_the_dialect_is_found(word: str) -> None:
    assert house.DIALECT.search(f"as {word} may see")


@pytest.mark.parametrize("text", ["one of them", "any one of these", "whoso", "nobodyx", "how"])
def test_plain_words_are_no_dialect(text: str) -> None:
    assert not house.DIALECT.search(text)


def test_a_handler_of_every_exception_is_broad() -> None:
    broad = "try:\n    f()\nexcept (OSError, Exception):\n    pass\n"
    bare = "try:\n    f()\nexcept:\n    pass\n"
    narrow = "try:\n    f()\nexcept OSError:\n    pass\n"
    handlers = [
        node for text in (broad, bare, narrow) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ExceptHandler)
    ]
    assert [house.is_broad(handler) for handler in handlers] == [True, True, False]


def test_a_violation_that_the_rules_allow_is_no_refusal(tmp_path: Path) -> None:
    """The linter is asked, not trusted: an import that no rule forbids must be told from the seeded ones."""
    seeded_violations.copy_tree(tmp_path)
    allowed = seeded_violations.Violation("gateway.pipeline", "gateway.decisions.policy")
    assert not seeded_violations.is_refused(tmp_path, allowed)
    assert seeded_violations.is_refused(tmp_path, seeded_violations.VIOLATIONS[0])
