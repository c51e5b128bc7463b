"""OpenAPI's schemas become JSON Schema 2020-12 that stands alone."""

from typing import Any

import pytest

from registry.faults import OperationUnusable
from registry.references import References
from registry.schemas import Direction, Schemas, is_recursive
from registry.tool import JsonObject
from registry.validators import SchemaInvalid, compile_validator


def _translate(
    schema: Any, *, components: JsonObject | None = None, openapi: str = "3.0", direction: Direction = Direction.INPUT
) -> Any:
    document = {"components": {"schemas": components or {}}}
    schemas = Schemas(References(document), dialect_30=openapi == "3.0", direction=direction)
    translated = schemas.translate(schema, "/here")
    definitions = schemas.definitions(translated.needs)
    result = translated.schema | {"$defs": definitions} if definitions else translated.schema
    compile_validator(result)
    return result


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"nullable": True}, {}),
        (
            {"nullable": True, "allOf": [{"type": "string"}]},
            {"anyOf": [{"allOf": [{"type": "string"}]}, {"type": "null"}]},
        ),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
        ({"exclusiveMaximum": True}, {}),
        ({"type": "string", "example": "x", "examples": ["x"], "xml": {}, "externalDocs": {}, "x-y": 1}, {"type": "string"}),
        ({"type": "object", "discriminator": {"propertyName": "kind"}}, {"type": "object"}),
        ({"type": "object", "required": True}, {"type": "object"}),
        ({"required": ["a", "a"]}, {"required": ["a"]}),
        ({"$id": "http://elsewhere/", "$schema": "http://elsewhere/", "$anchor": "a"}, {}),
        ({"items": {"type": "string", "nullable": True}}, {"items": {"type": ["string", "null"]}}),
        ({"additionalProperties": {"exclusiveMinimum": False}}, {"additionalProperties": {}}),
        ({"additionalProperties": False}, {"additionalProperties": False}),
    ],
)  # fmt: skip
def test_keyword_of_openapi_30_is_rewritten_or_dropped(given: JsonObject, expected: JsonObject) -> None:
    assert _translate(given) == expected


def test_property_may_be_named_like_a_keyword() -> None:
    names = ["$ref", "properties", "nullable", "example", "xml", "enum", "default", "required", "readOnly", "x-y"]
    given = {"properties": {name: {"type": "string", "example": 1} for name in names}}
    assert _translate(given) == {"properties": {name: {"type": "string"} for name in names}}


@pytest.mark.parametrize("keyword", ["enum", "const", "default"])
def test_value_that_looks_like_a_schema_is_kept_as_it_is(keyword: str) -> None:
    value = {"$ref": "http://elsewhere/", "nullable": True, "example": 1}
    given = {keyword: [value] if keyword == "enum" else value}
    assert _translate(given, openapi="3.1") == given


def test_read_only_properties_are_left_out_of_inputs_and_write_only_ones_out_of_outputs() -> None:
    given = {
        "properties": {"id": {"readOnly": True}, "secret": {"$ref": "#/components/schemas/Secret"}, "name": {}},
        "required": ["id", "secret", "name"],
    }
    components = {"Secret": {"type": "string", "writeOnly": True}}
    into = _translate(given, components=components)
    out = _translate(given, components=components, direction=Direction.OUTPUT)
    assert (list(into["properties"]), into["required"]) == (["secret", "name"], ["secret", "name"])
    assert (list(out["properties"]), out["required"]) == (["id", "name"], ["id", "name"])


@pytest.mark.parametrize(
    "schema",
    [
        None, [], "x", {"properties": []}, {"allOf": {}}, {"items": [1]}, {"properties": {"a": 1}}, {"$ref": 1},
        {"additionalProperties": "x"},
    ],
)  # fmt: skip
def test_schema_of_a_wrong_shape_is_a_fault(schema: Any) -> None:
    with pytest.raises(OperationUnusable):
        _translate(schema)


@pytest.mark.parametrize("required", [[{}], [["a"]], "a", 1])
def test_malformed_required_is_left_for_the_validator_to_refuse(required: Any) -> None:
    with pytest.raises(SchemaInvalid):
        _translate({"properties": {"a": {"readOnly": True}}, "required": required})


def test_siblings_of_a_reference_are_ignored_in_30_and_kept_in_31() -> None:
    given = {"$ref": "#/components/schemas/A", "maxLength": 3}
    components = {"A": {"type": "string"}}
    assert "maxLength" not in _translate(given, components=components)
    kept = _translate(given, components=components, openapi="3.1")
    assert not compile_validator(kept).is_valid("abcd")


def test_recursion_is_kept_as_definitions() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}, "value": {"type": "integer"}}}
    schema = _translate({"$ref": "#/components/schemas/Node"}, components={"Node": node})
    assert schema["$ref"] == "#/$defs/Node"
    assert is_recursive(schema)
    assert compile_validator(schema).is_valid({"next": {"next": {"value": 1}}})
    assert not compile_validator(schema).is_valid({"next": {"next": {"value": "x"}}})


def test_schema_without_a_cycle_is_not_recursive() -> None:
    components = {"A": {"items": {"$ref": "#/components/schemas/B"}}, "B": {"type": "string"}}
    assert not is_recursive(_translate({"$ref": "#/components/schemas/A"}, components=components))


def test_reference_to_any_place_of_the_document_is_followed() -> None:
    components = {"A": {"properties": {"b/c~d": {"type": "integer"}}}, "Odd Name": {"type": "string"}}
    one = _translate({"$ref": "#/components/schemas/A/properties/b~1c~0d"}, components=components)
    other = _translate({"$ref": "#/components/schemas/Odd%20Name"}, components=components)
    assert not compile_validator(one).is_valid("x")
    assert not compile_validator(other).is_valid(1)


@pytest.mark.parametrize(
    "reference",
    [
        "other.yaml#/a", "./other.yaml", "file:///etc/passwd", "http://127.0.0.1:1/a", "//host/a", "#anchor", "",
        "#/components/schemas/No",
        "#/components/schemas/Loop", "#/components/schemas/All", "#/components/schemas/Far/items",
    ],
)  # fmt: skip
def test_reference_that_leaves_the_document_or_never_ends_is_a_fault(reference: str) -> None:
    components = {
        "Loop": {"$ref": "#/components/schemas/Pool"},
        "Pool": {"$ref": "#/components/schemas/Loop"},
        "All": {"allOf": [{"not": {"$ref": "#/components/schemas/All"}}]},
        "Far": {"items": {"$ref": "https://elsewhere/x"}},
    }
    with pytest.raises(OperationUnusable):
        _translate({"properties": {"x": {"$ref": reference}}}, components=components)


def test_schema_that_doubles_at_each_step_is_a_fault() -> None:
    components: JsonObject = {
        f"S{i}": {"anyOf": [{"$ref": f"#/components/schemas/S{i + 1}"}, {"$ref": f"#/components/schemas/S{i + 1}"}]}
        for i in range(40)
    }
    components["S40"] = {"type": "string"}
    with pytest.raises(OperationUnusable, match="others at once"):
        _translate({"$ref": "#/components/schemas/S0"}, components=components)
