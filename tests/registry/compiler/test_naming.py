"""Tool names are legal, unique and steady."""

# ruff: noqa: RUF001 - names of other scripts look like those of ours
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.compiler.naming import Route, name_all, prefixed

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
    assert name_all({a: "new", b: "old"}, known={a: "old"})[b] == "get_b"


def test_name_that_two_operations_bear_is_kept_by_the_first() -> None:
    a, b = ("GET", "/a"), ("GET", "/b")
    assert name_all({a: "x", b: "y"}, known={a: "old", b: "old"}) == {a: "old", b: "y"}


def test_legal_operation_id_is_the_name_even_beside_one_that_becomes_the_same() -> None:
    names = name_all({("GET", "/a"): "list_pets", ("GET", "/b"): "list.pets", ("GET", "/c"): "list/pets"})
    assert names == {("GET", "/a"): "list_pets", ("GET", "/b"): "get_b", ("GET", "/c"): "get_c"}


@pytest.mark.parametrize(
    ("given", "path", "name"),
    [
        ("createOrUpdateSubscriptionOfUserForOrganizationAndWorkspaceByAdminOfBoth", "/a",
         "createOrUpdateSubscriptionOfUserForOrganizationAndWorkspaceBy"),
        ("x" * 65, "/a", "get_a"),
        ("x" * 65, "/" + "y" * 60 + "/{" + "z" * 40 + "}", "get_" + "y" * 60),
        (None, "/first" + "/of-many-words" * 6, "get_first" + "_of-many-words" * 3 + "_of-many"),
    ],
)  # fmt: skip
def test_a_name_that_is_too_long_ends_between_two_words(given: str | None, path: str, name: str) -> None:
    assert name_all({("GET", path): given}) == {("GET", path): name}


def test_words_of_method_and_path_tell_apart_what_one_id_does_not() -> None:
    routes = [("GET", "/users/{id}"), ("PUT", "/users/{id}"), ("GET", "/orders/{id}")]
    assert list(name_all(dict.fromkeys(routes, "handle")).values()) == ["get_users_id", "put_users_id", "get_orders_id"]


def test_long_paths_that_begin_alike_are_told_apart_by_their_ends() -> None:
    begin = "/v2/kubernetes/clusters/{cluster_id}/destroy_with_associated_resources"
    names = name_all({("DELETE", f"{begin}/selective"): None, ("DELETE", f"{begin}/dangerous"): None})
    assert list(names.values()) == [
        f"delete_cluster_id_destroy_with_associated_resources_{end}" for end in ("selective", "dangerous")
    ]


def test_where_no_words_tell_two_operations_apart_both_are_marked() -> None:
    names = name_all({("GET", "/a/b"): None, ("GET", "/a_b"): None})
    assert all(re.fullmatch(r"get_a_b_[0-9a-f]{8}", name) for name in names.values())


@pytest.mark.parametrize(
    ("given", "path", "name"),
    [
        ("получитьПользователя", "/u", "poluchitPolzovatelya"),
        ("Διαγραφή", "/u", "Diagrafi"),
        ("supprimerÉlève", "/u", "supprimerEleve"),
        ("größe_abfragen", "/u", "grosse_abfragen"),
        ("ユーザーリスト", "/u", "yuzarisuto"),
        ("きょうのてんき", "/u", "kyounotenki"),
        ("チェック", "/u", "chekku"),
        ("사용자목록", "/u", "sayongjamogrog"),
        ("ｇｅｔＵｓｅｒ", "/u", "getUser"),
        ("健康診断", "/checkups/{id}", "get_checkups_id"),
        ("المستخدمون", "/users", "get_users"),
        ("取得", "/用户/{id}", "get_id"),
        (None, "/пользователи/{id}", "get_polzovateli_id"),
        ("🎉", "/party", "get_party"),
    ],
)  # fmt: skip
def test_an_id_of_another_script_is_spelt_in_latin_letters_where_that_is_plain(given: str | None, path: str, name: str) -> None:
    assert name_all({("GET", path): given}) == {("GET", path): name}


def test_two_ids_of_another_script_never_come_to_the_same() -> None:
    names = name_all({("GET", "/a"): "取得", ("GET", "/b"): "削除", ("GET", "/用户"): "用户", ("GET", "/订单"): "订单"})
    assert (names["GET", "/a"], names["GET", "/b"]) == ("get_a", "get_b")
    assert len(set(names.values())) == 4


def test_a_prefix_begins_a_name_and_a_name_that_gets_too_long_is_marked() -> None:
    route = ("GET", "/a")
    assert prefixed("eu_", "list", route) == "eu_list"
    assert re.fullmatch(r"eu_x{52}_[0-9a-f]{8}", prefixed("eu_", "x" * 63, route))


def test_operation_without_id_is_named_for_method_and_path() -> None:
    assert name_all({("GET", "/pets/{id}"): None}) == {("GET", "/pets/{id}"): "get_pets_id"}
