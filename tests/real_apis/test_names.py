"""What tools are called, in any script and beside other toolsets; and what a clash of names says."""

import itertools
import json
from urllib.parse import quote

import pytest

from callgate import ImportReport, Succeeded
from callgate.errors import CallgateError
from tests.e2e.house import House

from .conftest import ANSWERED, Json
from .recipes import Recipes, answer

_numbers = itertools.count(1)


def _document(paths: Json) -> bytes:
    full = {path: {verb: {"responses": ANSWERED, **one} for verb, one in item.items()} for path, item in paths.items()}
    return json.dumps({"openapi": "3.1.0", "info": {"title": "Names", "version": "1"}, "paths": full}).encode()


def _import(house: House, recipes: Recipes, paths: Json, **manifest: object) -> ImportReport:
    toolset = str(manifest.pop("toolset", f"names{next(_numbers)}"))
    text = json.dumps({"toolset": toolset, **manifest}).encode()
    return house.client.toolsets.import_openapi(_document(paths), toolset, server=recipes.url, manifest=text)


@pytest.mark.parametrize(
    ("path", "given", "name"),
    [
        ("/n1", "получитьЗаказ", "poluchitZakaz"),
        ("/n2", "Λίστα_χρηστών", "Lista_christon"),
        ("/n3", "ユーザーリスト", "yuzarisuto"),
        ("/n4", "사용자", "sayongja"),
        ("/n5", "créerÉlève", "creerEleve"),
        ("/健康診断/n6", "健康診断", "get_n6"),
        ("/n7", "取得", "get_n7"),
        ("/n8", "削除", "get_n8"),
        ("/пути/n9", None, "get_puti_n9"),
        ("/n10", "a" * 30 + "WordsOfMany" * 4, "a" * 30 + "WordsOfManyWordsOfManyWordsOfMany"),
        ("/n11", "no.dots allowed/here", "no_dots_allowed_here"),
        ("/n12", "7days", "_7days"),
    ],
)
def test_a_tool_has_a_name_that_can_be_said_and_is_called_by_it(
    house: House, recipes: Recipes, path: str, given: str | None, name: str
) -> None:
    report = _import(house, recipes, {path: {"get": {"operationId": given} if given else {}}})
    assert [tool.name for tool in report.tools] == [name]
    recipes.tell("GET", quote(path), answer(200))
    assert isinstance(house.client.call(name, {}).outcome, Succeeded)


def test_one_id_of_many_operations_is_told_apart_by_words(house: House, recipes: Recipes) -> None:
    paths = {f"/same/{one}": {verb: {"operationId": "handle"} for verb in ("get", "put")} for one in ("a", "b")}
    names = {tool.name for tool in _import(house, recipes, paths).tools}
    assert names == {"get_same_a", "put_same_a", "get_same_b", "put_same_b"}


def test_parameters_of_another_script_are_sent_under_their_own_names(house: House, recipes: Recipes) -> None:
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("страница", "ページ")]
    (tool,) = _import(house, recipes, {"/script": {"get": {"operationId": "script", "parameters": parameters}}}).tools
    assert set(house.client.tools.get(tool.name).input_schema["properties"]) == {"stranitsa", "peji"}
    recipes.tell("GET", "/script", answer(200))
    house.client.call("script", {"stranitsa": "1", "peji": "2"})
    (request,) = recipes.received("GET", "/script")
    assert request.path == ("/script?%D1%81%D1%82%D1%80%D0%B0%D0%BD%D0%B8%D1%86%D0%B0=1&%E3%83%9A%E3%83%BC%E3%82%B8=2")


SHARED = {"/clash/health": {"get": {"operationId": "clash_health"}}, "/clash/ready": {"get": {"operationId": "clash_ready"}}}


@pytest.fixture(scope="module")
def production(house: House) -> ImportReport:
    """A toolset whose names another one would have, too."""
    with Recipes() as recipes:
        return _import(house, recipes, SHARED, toolset="clash-production")


@pytest.mark.usefixtures("production")
def test_a_clash_of_names_is_told_once_with_all_names_and_the_word_that_mends_it(house: House, recipes: Recipes) -> None:
    with pytest.raises(CallgateError) as refused:
        _import(house, recipes, SHARED, toolset="clash-staging")
    assert {one.pointer for one in refused.value.violations} == {"/tools/clash_health", "/tools/clash_ready"}
    assert "2 tool names" in refused.value.message
    assert "'clash-production'" in refused.value.message
    assert "`prefix: clash_staging_`" in refused.value.cure


@pytest.mark.usefixtures("production")
def test_a_plan_tells_every_clash_as_a_fault_that_refuses(house: House, recipes: Recipes) -> None:
    manifest = json.dumps({"toolset": "clash-staging"}).encode()
    report = house.client.toolsets.plan(_document(SHARED), "clash-staging", server=recipes.url, manifest=manifest)
    assert [(fault.pointer, fault.refuses) for fault in report.faults] == [
        ("/tools/clash_health", True),
        ("/tools/clash_ready", True),
    ]
    assert all("`prefix: clash_staging_`" in fault.cure for fault in report.faults)


@pytest.mark.usefixtures("production")
def test_with_the_prefix_both_are_there_and_each_reaches_its_own_server(house: House, recipes: Recipes) -> None:
    named = {"clash_ready": {"name": "ready_of_stg"}}
    report = _import(house, recipes, SHARED, toolset="clash-staging2", prefix="stg_", operations=named)
    assert {tool.name for tool in report.tools} == {"stg_clash_health", "ready_of_stg"}
    recipes.tell("GET", "/clash/health", answer(200))
    assert isinstance(house.client.call("stg_clash_health", {}).outcome, Succeeded)
    assert house.client.tools.get("clash_health").toolset == "clash-production"


def test_approval_is_asked_for_by_the_name_with_the_prefix_and_without(house: House, recipes: Recipes) -> None:
    paths = {f"/guard/{one}": {"get": {"operationId": f"guard_{one}"}} for one in ("a", "b", "c")}
    manifest = json.dumps({"toolset": "guards", "prefix": "p_"}).encode()
    report = house.client.toolsets.import_openapi(
        _document(paths), "guards", server=recipes.url, manifest=manifest, require_approval=["p_guard_a", "guard_b"]
    )
    assert {tool.name: tool.requires_approval for tool in report.tools} == {
        "p_guard_a": True, "p_guard_b": True, "p_guard_c": False,
    }  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "1_", "a b", "x" * 33, "é_", 7])
def test_a_prefix_that_no_name_can_begin_with_is_refused(house: House, recipes: Recipes, prefix: object) -> None:
    with pytest.raises(CallgateError) as refused:
        _import(house, recipes, SHARED, prefix=prefix)
    assert refused.value.reason == "MANIFEST_INVALID"
    assert "/prefix" in refused.value.message
