"""Overlays change a document before it is read, within bounds."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from registry.document.loading import load, read
from registry.document.overlays import apply_overlays
from registry.manifest.toolset import ToolsetHeader
from registry.model.errors import DocumentInvalid, DocumentTooCostly, DocumentTooLarge, ManifestInvalid
from registry.model.tool import JsonObject
from registry.reader.read_in_subprocess import Bounds, compile_toolset

GET: JsonObject = {"operationId": "get_a", "tags": ["x"], "parameters": [{"name": "q", "in": "query"}], "responses": {}}
DOCUMENT: JsonObject = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": "https://api.example.com"}],
    "paths": {"/a": {"get": GET}, "/b": {"get": GET | {"operationId": "get_b"}, "post": {"responses": {}}}},
}


def _overlay(*actions: JsonObject, version: str = "1.0.0") -> JsonObject:
    return {"overlay": version, "info": {"title": "o", "version": "1"}, "actions": list(actions)}


def _applied(*actions: JsonObject, version: str = "1.1.0") -> Any:
    changed, faults = apply_overlays(DOCUMENT, [_overlay(*actions, version=version)])
    assert faults == ()
    return changed


@pytest.mark.parametrize(
    ("action", "changed"),
    [
        ({"target": "$.info", "update": {"title": "new"}}, lambda d: d["info"] == {"title": "new", "version": "1"}),
        ({"target": "$", "update": {"x-y": {"z": 1}}}, lambda d: d["x-y"] == {"z": 1}),
        ({"target": "$.paths['/b'].post", "remove": True}, lambda d: list(d["paths"]["/b"]) == ["get"]),
        ({"target": "$.paths.*.get", "update": {"summary": "s"}}, lambda d: d["paths"]["/b"]["get"]["summary"] == "s"),
        ({"target": "$.paths['/a'].get.tags", "update": "y"}, lambda d: d["paths"]["/a"]["get"]["tags"] == ["x", "y"]),
        ({"target": "$.paths['/a'].get.tags", "update": ["y"]}, lambda d: d["paths"]["/a"]["get"]["tags"] == ["x", "y"]),
        ({"target": "$.paths['/a'].get", "update": {"tags": ["y"]}}, lambda d: d["paths"]["/a"]["get"]["tags"] == ["x", "y"]),
        (
            {"target": "$.paths.*.get.parameters[?@.name == 'q']", "remove": True},
            lambda d: all(item["get"]["parameters"] == [] for item in d["paths"].values()),
        ),
        (
            {"target": "$.paths.*.get[?@.x]", "update": {}, "remove": False},
            None,
        ),
        ({"target": "$.info.title", "update": "new"}, lambda d: d["info"]["title"] == "new"),
        (
            {"target": "$.paths['/a']", "copy": "$.paths['/b']"},
            lambda d: d["paths"]["/a"]["post"] == {"responses": {}},
        ),
        ({"target": "$..parameters", "remove": True}, lambda d: "parameters" not in d["paths"]["/a"]["get"]),
        ({"target": "$.servers[0, 0]", "remove": True}, lambda d: d["servers"] == []),
    ],
)  # fmt: skip
def test_an_action_changes_what_it_selects(action: JsonObject, changed: Callable[[Any], bool] | None) -> None:
    result, faults = apply_overlays(DOCUMENT, [_overlay(action, version="1.1.0")])
    if changed is None:
        assert (result, len(faults)) == (DOCUMENT, 1)
    else:
        assert faults == ()
        assert changed(result)


def test_actions_follow_each_other_and_nothing_is_shared_between_the_places_of_one() -> None:
    changed = _applied(
        {"target": "$.paths.*.get", "update": {"x": {"list": []}}},
        {"target": "$.paths['/a'].get.x.list", "update": 1},
    )
    assert changed["paths"]["/a"]["get"]["x"] == {"list": [1]}
    assert changed["paths"]["/b"]["get"]["x"] == {"list": []}
    assert "x" not in DOCUMENT["paths"]["/a"]["get"]


def test_several_items_of_a_list_are_removed_by_what_their_indexes_meant() -> None:
    changed = _applied(
        {"target": "$", "update": {"x-list": [0, 1, 2, 3]}},
        {"target": "$['x-list'][0, 2, 1]", "remove": True},
    )
    assert changed["x-list"] == [3]


def test_what_lies_in_another_target_is_changed_before_that_one_takes_its_place() -> None:
    document = {"x": {"b": 1, "a": {"k": {"b": 1}}}}
    changed, _ = apply_overlays(document, [_overlay({"target": "$..[?@.b]", "update": {"a": "s"}})])
    assert changed == {"x": {"b": 1, "a": "s"}}


def test_a_copy_is_what_was_there_before_any_target_changed() -> None:
    document: JsonObject = {"paths": {f"/{number}": {"get": {}} for number in range(100)}}
    changed, _ = apply_overlays(document, [_overlay({"target": "$.paths.*", "copy": "$.paths"})])
    assert changed["paths"] == {path: {"get": {}} | document["paths"] for path in document["paths"]}


@pytest.mark.parametrize("words", [{}, {"remove": False}, {"description": "what it was for"}])
def test_an_action_that_changes_nothing_is_told(words: JsonObject) -> None:
    changed, faults = apply_overlays(DOCUMENT, [_overlay({"target": "$.info"} | words)])
    assert changed == DOCUMENT
    assert [(fault.pointer, "changes nothing" in fault.message) for fault in faults] == [("overlays:/0/actions/0", True)]


def test_a_reusable_action_has_the_target_of_the_one_that_refers_to_it() -> None:
    overlay = _overlay({"$ref": "#/components/actions/mark", "target": "$.info"}, version="1.2.0")
    overlay["components"] = {"actions": {"mark": {"fields": {"update": {"x-m": 1}}}}}
    assert apply_overlays(DOCUMENT, [overlay])[0]["info"]["x-m"] == 1


def test_an_action_that_selects_nothing_is_told() -> None:
    _, (fault,) = apply_overlays(DOCUMENT, [_overlay({"target": "$.paths['/gone']", "remove": True})])
    assert fault.pointer == "overlays:/0/actions/0/target"
    assert "/gone" in fault.message


@pytest.mark.parametrize(
    "overlay",
    [
        [], {}, {"overlay": "2.0.0", "actions": [{"target": "$"}]}, {"overlay": "1.0.0"}, {"overlay": "1.0.0", "actions": []},
        _overlay({"update": {}}), _overlay({"target": 5}), _overlay({"target": "paths"}), _overlay({"target": "$["}),
        _overlay({"target": "$.paths", "update": 5}), _overlay({"target": "$.info.title", "update": {"a": 1}}),
        _overlay({"target": "$", "remove": True}), _overlay({"target": "$.info", "copy": "$.paths.*"}),
        _overlay({"target": "$" + ".a" * 2_000, "update": {}}), _overlay({"$ref": "#/components/actions/gone", "target": "$"}),
        _overlay({"target": "$.a | $.b", "update": {}}), _overlay(5),  # type: ignore[arg-type]
        _overlay({"target": "", "update": {}}), _overlay({"target": "$.info", "remove": "yes"}),
        _overlay({"target": "$[?" + "(" * 900 + "@" + ")" * 900 + "]", "update": {}}),
    ],
)  # fmt: skip
def test_a_wrong_overlay_is_a_typed_error_with_its_place(overlay: Any) -> None:
    with pytest.raises(ManifestInvalid, match="overlays:/0"):
        apply_overlays(DOCUMENT, [overlay])


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ({"target": "$..*", "remove": True}, DocumentInvalid),
        ({"target": "$..*", "update": {"x": 1}}, ManifestInvalid),
        ({"target": "$..*..*..*..*..*..*", "remove": True}, ManifestInvalid),
        ({"target": "$..[?search(@, '^(a|aa)+$')]", "remove": True}, DocumentTooCostly),
        ({"target": "$.paths[*].*", "update": {"x": [0] * 900_000}}, DocumentTooLarge),
        ({"target": "$", "update": json.loads('{"a":' * 190 + "1" + "}" * 190)}, None),
        ({"target": "$.paths", "update": json.loads('{"a":' * 199 + "1" + "}" * 199)}, DocumentTooLarge),
    ],
)
async def test_an_overlay_that_selects_everything_is_bounded_and_typed(
    action: JsonObject, error: type[Exception] | None
) -> None:
    slow = {"x-slow": "a" * 40 + "b", "x-deep": json.loads("[" * 60 + "]" * 60)}
    header = ToolsetHeader("things", overlays=(json.dumps(_overlay(action, version="1.1.0")),))
    compiling = compile_toolset(json.dumps(DOCUMENT | slow).encode(), header, bounds=Bounds(2.0, 512 << 20, 60.0))
    if error is None:
        assert len((await compiling).drafts) == 3
    else:
        with pytest.raises(error):
            await compiling


async def test_the_digest_is_over_the_result() -> None:
    async def digest(title: str, *actions: JsonObject) -> str:
        raw = json.dumps(DOCUMENT | {"info": {"title": title, "version": "1"}}).encode()
        overlays = (json.dumps(_overlay(*actions)),) if actions else ()
        return (await compile_toolset(raw, replace(ToolsetHeader("things"), overlays=overlays))).document

    named = {"target": "$.info", "update": {"title": "same"}}
    assert await digest("a", named) == await digest("b", named) != await digest("b", {"target": "$.info", "update": {}})
    assert await digest("a") == ""


def test_yaml_overlays_change_yaml_documents_and_what_they_share_stays_apart() -> None:
    text = b"openapi: 3.1.0\npaths:\n  /a: &a {get: {responses: {}}}\n  /b: *a\n"
    overlay = "overlay: 1.0.0\nactions:\n- target: $.paths['/a'].get\n  update: {summary: mine}\n"
    document = read(text, [overlay]).document
    assert document["paths"]["/a"]["get"]["summary"] == "mine"
    assert "summary" not in document["paths"]["/b"]["get"]
    assert load(text)["paths"]["/a"] == {"get": {"responses": {}}}


def test_what_an_overlay_hides_is_taken_out_and_told() -> None:
    overlay = json.dumps(_overlay({"target": "$.paths['/a'].get", "update": {"summary": "a\u202eb"}}))
    reading = read(json.dumps(DOCUMENT).encode(), [overlay])
    assert reading.document["paths"]["/a"]["get"]["summary"] == "ab"
    assert [fault.pointer for fault in reading.faults] == ["/paths/~1a/get/summary"]


@pytest.mark.parametrize("text", ["", "{", "<html>", "- [", "\u0000"])
def test_an_overlay_that_cannot_be_read_is_told_as_one(text: str) -> None:
    with pytest.raises(ManifestInvalid, match="overlays:/0"):
        read(json.dumps(DOCUMENT).encode(), [text])
