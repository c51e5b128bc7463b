"""Tool names are legal, unique and steady."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from registry.compiler.naming import Route, name_all

LEGAL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")
_ids = st.one_of(st.none(), st.text(alphabet="ab./-_1é ", max_size=6), st.text(alphabet="a/", min_size=60, max_size=80))
_operations = st.dictionaries(
    st.tuples(st.sampled_from(["GET", "POST"]), st.text("/a{}1", min_size=1, max_size=5)), _ids, max_size=8
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(_operations)
def test_names_are_legal_and_unique(operations: dict[Route, str | None]) -> None:
    names = name_all(operations)
    assert all(LEGAL.fullmatch(name) for name in names.values())
    assert len(set(names.values())) == len(operations)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(_operations)
def test_order_of_operations_decides_nothing(operations: dict[Route, str | None]) -> None:
    assert name_all(operations) == name_all(dict(reversed(operations.items())))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(_operations)
def test_new_operation_renames_only_one_whose_name_it_claims(operations: dict[Route, str | None]) -> None:
    before = name_all(operations)
    new = ("PUT", "/new")
    after = name_all(operations | {new: "a_b"})
    assert all(after[route] == before[route] or before[route] == "a_b" for route in operations)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(_operations, _operations)
def test_name_that_is_in_use_stays_whatever_comes_beside_it(old: dict[Route, str | None], new: dict[Route, str | None]) -> None:
    before = name_all(old)
    after = name_all(new | old, known=before)
    assert {route: after[route] for route in before} == before
    assert len(set(after.values())) == len(after)
    assert all(LEGAL.fullmatch(name) for name in after.values())


def test_name_in_use_stays_with_its_method_and_path_whatever_operation_id_the_document_gives_them() -> None:
    a, b = ("GET", "/a"), ("GET", "/b")
    assert name_all({a: "new"}, known={a: "old"}) == {a: "old"}
    assert name_all({a: "b", b: "a"}, known={a: "a", b: "b"}) == {a: "a", b: "b"}
    assert name_all({a: "new", b: "old"}, known={a: "old"})[b].startswith("old_")


def test_name_that_two_operations_bear_is_kept_by_the_first() -> None:
    a, b = ("GET", "/a"), ("GET", "/b")
    assert name_all({a: "x", b: "y"}, known={a: "old", b: "old"}) == {a: "old", b: "y"}


def test_legal_operation_id_is_the_name_even_beside_one_that_becomes_the_same() -> None:
    names = name_all({("GET", "/a"): "list_pets", ("GET", "/b"): "list.pets", ("GET", "/c"): "list/pets"})
    assert names["GET", "/a"] == "list_pets"
    assert all(re.fullmatch(r"list_pets_[0-9a-f]{8}", names["GET", path]) for path in ("/b", "/c"))


def test_long_operation_id_is_cut_and_marked() -> None:
    name = name_all({("GET", "/a"): "x" * 65})["GET", "/a"]
    assert re.fullmatch(r"x{55}_[0-9a-f]{8}", name)


def test_operation_without_id_is_named_for_method_and_path() -> None:
    assert name_all({("GET", "/pets/{id}"): None}) == {("GET", "/pets/{id}"): "get_pets_id"}
