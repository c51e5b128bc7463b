"""Every operation of a document is a tool or a fault that names it. What allows nothing is read as it must be meant."""

from typing import Any

import pytest

from registry.compiler.compiler import Compiled, ToolsetHeader, compile_document
from registry.document.loading import check
from registry.model.import_fault import ImportFault, gathered
from registry.model.tool import JsonObject
from registry.schema.impossible_inputs import ACCEPTS_NOTHING
from registry.schema.validators import compile_validator
from tests.registry.conftest import SERVER, Compile

OK: JsonObject = {"responses": {"200": {"description": "ok"}}}
BODY: JsonObject = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "integer"}}}}}
OUT = "resources/create.yml"


def _accounted(result: Compiled) -> set[str]:
    return {draft.operation.route for draft in result.drafts} | {one for fault in result.faults for one in fault.operations}


def _posting(schema: JsonObject, **more: Any) -> JsonObject:
    content = {"application/json": {"schema": schema}}
    return {"/a": {"post": {**OK, "requestBody": {"required": True, "content": content}, **more}}}


# References on operations and path items


def test_operation_by_reference_inside_the_document_is_whole(compiled: Compile) -> None:
    components = {"x-ops": {"make": OK | BODY | {"operationId": "make"}}}
    result = compiled({"/a": {"post": {"$ref": "#/components/x-ops/make"}}}, components=components)
    assert result.faults == ()
    assert result.drafts[0].name == "make"
    assert result.drafts[0].input_schema["required"] == ["body"]


def test_what_stands_beside_the_reference_comes_first(compiled: Compile) -> None:
    operation = {"$ref": "#/components/x-ops/make", "operationId": "mine"}
    result = compiled({"/a": {"post": operation}}, components={"x-ops": {"make": OK | BODY | {"operationId": "make"}}})
    assert [draft.name for draft in result.drafts] == ["mine"]
    assert result.drafts[0].operation.body is not None


@pytest.mark.parametrize(
    ("paths", "named", "cure"),
    [
        ({"/a": {"post": {"$ref": OUT}}}, "POST /a", "bundle"),
        ({"/a": {"$ref": OUT}}, "* /a", "bundle"),
        ({"/a": {"post": {"$ref": "#/gone"}}}, "POST /a", "Correct"),
        ({"/a": {"post": {"$ref": "#/paths/~1a/post"}}}, "POST /a", "Correct"),
        ({"/a": {"post": "nonsense"}}, "POST /a", "Correct"),
        ({"/a": None}, "* /a", "Correct"),
        ({"/a": {"POST": OK}}, "POST /a", "`post`"),
        ({"/a/../b": {"get": OK}}, "GET /a/../b", "Correct"),
        ({"/a": {"post": OK | {"parameters": [{"$ref": OUT}]}}}, "POST /a", "bundle"),
        (_posting({"$ref": OUT}), "POST /a", "bundle"),
        (_posting({"$ref": "#/components/schemas/Loop"}), "POST /a", "Correct"),
    ],
)
def test_an_operation_that_is_lost_is_named(compiled: Compile, paths: JsonObject, named: str, cure: str) -> None:
    loop = {"schemas": {"Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}]}}}
    result = compiled(paths | {"/kept": {"get": OK}}, components=loop)
    assert _accounted(result) == {named, "GET /kept"}
    assert any(cure in fault.cure for fault in result.faults if named in fault.operations)


def test_operations_beside_a_reference_that_leads_out_are_kept(compiled: Compile) -> None:
    result = compiled({"/a": {"$ref": OUT, "get": OK}})
    assert _accounted(result) == {"GET /a", "* /a"}


def test_operations_of_a_path_item_come_from_both_sides_of_its_reference(compiled: Compile) -> None:
    shared = {"get": OK | {"operationId": "far"}, "put": OK, "parameters": [{"name": "q", "in": "query", "schema": {}}]}
    item = {"$ref": "#/components/pathItems/A", "get": OK | {"operationId": "near"}}
    result = compiled({"/a": item}, components={"pathItems": {"A": shared}})
    assert {draft.operation.method for draft in result.drafts} == {"GET", "PUT"}
    assert "near" in {draft.name for draft in result.drafts}
    assert all("q" in draft.input_schema["properties"] for draft in result.drafts)


def test_an_operation_of_swagger_by_reference_has_its_body() -> None:
    make = {"parameters": [{"in": "body", "name": "b", "required": True, "schema": {"type": "integer"}}], **OK}
    paths = {"/a": {"post": {"$ref": "#/x-ops/make"}}}
    document = check({"swagger": "2.0", "info": {"title": "t", "version": "1"}, "paths": paths, "x-ops": {"make": make}})
    (draft,) = compile_document(document, ToolsetHeader("things", server=SERVER)).drafts
    assert draft.input_schema["required"] == ["body"]


def test_a_fault_that_many_operations_have_is_told_once_with_all_of_them() -> None:
    faults = [ImportFault("/servers", "none", "Name one.", (f"GET /{name}",)) for name in "abc"]
    assert gathered([*faults, ImportFault("/x", "else", "")]) == (
        ImportFault("/servers", "none", "Name one.", ("GET /a", "GET /b", "GET /c")),
        ImportFault("/x", "else", ""),
    )


# Closed objects that exclude what they require


CLOSED: JsonObject = {"type": "object", "additionalProperties": False}
URL = CLOSED | {"required": ["url"], "properties": {"url": {"type": "string"}}}
LANG = CLOSED | {"properties": {"lang": {"type": "string"}}}
SHUT: JsonObject = {"type": "object", "unevaluatedProperties": False}
SHUT_URL = SHUT | {"required": ["url"], "properties": {"url": {"type": "string"}}}
SHUT_LANG = SHUT | {"properties": {"lang": {"type": "string"}}}


@pytest.mark.parametrize(
    ("schema", "fits", "does_not"),
    [
        ({"allOf": [URL, LANG]}, {"url": "u", "lang": "de"}, {"url": "u", "x": 1}),
        ({"allOf": [{"$ref": "#/components/schemas/Url"}, LANG]}, {"url": "u", "lang": "de"}, {"lang": "de"}),
        ({"allOf": [{"allOf": [URL]}, {"properties": {"n": {"type": "integer"}}}, LANG]}, {"url": "u", "n": 1}, {"n": 1}),
        ({"allOf": [SHUT_URL, SHUT_LANG]}, {"url": "u", "lang": "de"}, {"url": "u", "x": 1}),
        ({"allOf": [URL, SHUT_LANG]} | SHUT, {"url": "u", "lang": "de"}, {"url": "u", "x": 1}),
        (SHUT_LANG | {"required": ["language"]}, {"lang": "de"}, {"x": 1}),
        (LANG | {"required": ["language"]}, {"lang": "de"}, {"x": 1}),
        (LANG | {"required": ["language"]}, {"language": "de"}, {"x": 1}),
        ({"type": "array", "items": {"type": "string"}, "enum": ["a", "b"]}, ["a"], ["c"]),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Word"}, "enum": ["a", "b"]}, ["a", "b"], "a"),
        ({"type": "array", "enum": ["a", "b"]}, ["b"], ["c"]),
    ],
)  # fmt: skip
def test_what_allows_nothing_is_read_as_it_must_be_meant(
    compiled: Compile, schema: JsonObject, fits: Any, does_not: Any
) -> None:
    result = compiled(_posting(schema), components={"schemas": {"Url": URL, "Word": {"type": "string"}}})
    (draft,) = result.drafts
    validator = compile_validator(draft.input_schema)
    assert validator.is_valid({"body": fits})
    assert not validator.is_valid({"body": does_not})
    assert result.mended == {draft.name}
    assert any("nothing fits" in fault.message for fault in result.faults)
    assert ACCEPTS_NOTHING not in [fault.message for fault in result.faults]


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [URL, {"type": "object", "description": "words"}]},  # one part, and words about it
        {"allOf": [LANG, {"properties": {"n": {}}}]},  # closed, but something fits
        {"type": "array", "items": {}, "enum": [["a"], ["b"]]},
        URL,
        {"allOf": [URL, CLOSED | {"patternProperties": {"^u": {}}}]},
        {"allOf": [SHUT_URL, {"type": "object", "description": "words"}]},
        {"allOf": [SHUT_URL | {"required": []}, SHUT_LANG]},
        SHUT | {"allOf": [{"required": ["url"], "properties": {"url": {}}}, {"properties": {"n": {}}}]},  # sees both
        SHUT | {"required": ["url"], "anyOf": [{"properties": {"url": {}}}]},
    ],
)
def test_what_allows_something_is_let_be(compiled: Compile, schema: JsonObject) -> None:
    result = compiled(_posting(schema))
    assert (result.mended, result.faults) == (frozenset(), ())


def test_a_required_property_that_is_read_only_is_nothing_to_mend(compiled: Compile) -> None:
    parts = [CLOSED | {"required": ["id"], "properties": {"id": {"readOnly": True}}}, LANG]
    assert compiled(_posting({"allOf": parts})).mended == frozenset()


@pytest.mark.parametrize("depth", [3, 40])
def test_parts_that_double_are_not_looked_at_for_ever(compiled: Compile, depth: int) -> None:
    schemas: JsonObject = {f"S{i}": {"allOf": [{"$ref": f"#/components/schemas/S{i + 1}"}] * 2} for i in range(depth)}
    schemas[f"S{depth}"] = LANG
    assert _accounted(compiled(_posting({"$ref": "#/components/schemas/S0"}), components={"schemas": schemas}))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 3, "maxLength": 2},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "object", "required": ["a"], "properties": {"a": {"not": {}}}},
        {"not": {}},
    ],
)
def test_a_tool_that_accepts_nothing_is_told(compiled: Compile, schema: JsonObject) -> None:
    result = compiled(_posting(schema))
    assert [(fault.message, fault.operations) for fault in result.faults] == [(ACCEPTS_NOTHING, ("POST /a",))]
    assert result.faults[0].cure


@pytest.mark.parametrize("place", ["header", "cookie"])
def test_a_parameter_whose_name_cannot_be_sent_costs_the_operation_only_where_it_is_required(
    compiled: Compile, place: str
) -> None:
    parameter = {"name": "注文", "in": place, "schema": {"type": "string"}}
    result = compiled({"/a": {"get": OK | {"parameters": [parameter]}}})
    assert [list(draft.input_schema["properties"]) for draft in result.drafts] == [[]]
    (fault,) = result.faults
    assert (fault.pointer, "left out" in fault.message) == ("/paths/~1a/get/parameters/0", True)
    lost = compiled({"/a": {"get": OK | {"parameters": [parameter | {"required": True}]}}})
    assert (lost.drafts, lost.faults[0].operations) == ((), ("GET /a",))
