"""OpenAPI's schemas become JSON Schema 2020-12 that stands alone."""

from typing import Any

import pytest

from registry.model.import_fault import OperationUnusable
from registry.model.references import References
from registry.model.tool import JsonObject
from registry.schema.schemas import Schemas
from registry.schema.translation import Dialect, Direction
from registry.schema.validators import compile_validator


def _translate(
    schema: Any, *, components: JsonObject | None = None, openapi: str = "3.0", direction: Direction = Direction.INPUT
) -> Any:
    document = {"components": {"schemas": components or {}}}
    schemas = Schemas(References(document), Dialect(openapi == "3.0", direction))
    translated = schemas.translate(schema, "/here")
    result = schemas.close(translated.schema, translated.needs, "/here").schema
    compile_validator(result)
    return result


def _faults(schema: Any) -> list[str]:
    schemas = Schemas(References({}), Dialect(is_30=False, direction=Direction.INPUT))
    translated = schemas.translate(schema, "/here")
    compile_validator({"allOf": [translated.schema]})
    return [fault.pointer for fault in translated.faults]


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
        ({"type": "string", "xml": {}, "externalDocs": {}, "x-y": 1}, {"type": "string"}),
        ({"type": "string", "example": "x", "examples": ["x", "y"]}, {"type": "string", "examples": ["x", "y"]}),
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
    assert _translate(given) == {"properties": {name: {"type": "string", "examples": ["1"]} for name in names}}


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


ID = {"properties": {"id": {"readOnly": True}}}


@pytest.mark.parametrize(
    ("given", "required"),
    [
        ({"required": ["id", "name"], "allOf": [ID]}, ["name"]),
        ({"required": ["id", "name"], "allOf": [{"$ref": "#/components/schemas/Id"}]}, ["name"]),
        ({"required": ["id", "name"], "$ref": "#/components/schemas/Id"}, ["name"]),
        ({"required": ["id", "name"], "oneOf": [ID, {"allOf": [ID]}]}, ["name"]),
        # By one of the alternatives it may be sent.
        ({"required": ["id", "name"], "oneOf": [ID, {"properties": {"id": {}}}]}, ["id", "name"]),
        ({"required": ["id", "name"], "allOf": [{"properties": {"else": {"readOnly": True}}}]}, ["id", "name"]),
        ({"required": ["id", "name"], "allOf": [{"$ref": "#/nowhere"}]}, ["id", "name"]),
    ],
)
def test_what_another_part_hides_is_not_required(given: JsonObject, required: list[str]) -> None:
    assert _translate(given, components={"Id": ID}, openapi="3.1")["required"] == required


def test_what_one_part_requires_and_another_hides_is_not_required() -> None:
    given = {"allOf": [ID, {"required": ["id", "name"]}, {"anyOf": [{"required": ["id"]}]}]}
    translated = _translate(given, openapi="3.1")
    assert compile_validator(translated).is_valid({"name": "x"})
    assert not compile_validator(translated).is_valid({})


def test_a_value_of_very_many_parts_keeps_what_they_require() -> None:
    given = {"required": ["id"], "allOf": [ID, *({"minProperties": 0} for _ in range(600))]}
    assert _translate(given, openapi="3.1")["required"] == ["id"]


def test_recursive_reference_leads_to_the_schema_around_it_that_is_its_anchor() -> None:
    inner = {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"$recursiveRef": "#"}]}}
    tree = {"$recursiveAnchor": True, "type": "object", "required": ["of"], "properties": {"of": inner}}
    validator = compile_validator(_translate({"$ref": "#/components/schemas/Tree"}, components={"Tree": tree}, openapi="3.1"))
    assert validator.is_valid({"of": [1, {"of": [{"of": []}]}]})
    assert not validator.is_valid({"of": [1, {"of": [{"of": ["x"]}]}]})
    # Without an anchor around it, it is not known where it leads.
    assert _translate({"items": {"$recursiveRef": "#"}}, openapi="3.1") == {"items": {}}


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        (None, "/here"), ([], "/here"), ("x", "/here"), ({"properties": []}, "/here/properties"),
        ({"allOf": {}}, "/here/allOf"), ({"allOf": []}, "/here/allOf"), ({"anyOf": [1]}, "/here/anyOf/0"),
        ({"properties": {"a": 1}}, "/here/properties/a"), ({"additionalProperties": "x"}, "/here/additionalProperties"),
        ({"type": "any"}, "/here/type"), ({"enum": []}, "/here/enum"), ({"type": ["string", {}]}, "/here/type"),
        ({"minLength": "5"}, "/here/minLength"), ({"maxItems": -1}, "/here/maxItems"),
        ({"multipleOf": 0}, "/here/multipleOf"), ({"maxLength": 1e300}, "/here/maxLength"),
        ({"pattern": "[a-z"}, "/here/pattern"),
        ({"pattern": 1}, "/here/pattern"), ({"required": "a"}, "/here/required"),
        ({"required": [{}]}, "/here/required"), ({"format": []}, "/here/format"), ({"$ref": "#/nowhere"}, "/here"),
        ({"uniqueItems": "yes"}, "/here/uniqueItems"), ({"minimum": "0"}, "/here/minimum"),
    ],
)  # fmt: skip
def test_malformed_part_is_left_out_and_its_place_is_named(schema: Any, place: str) -> None:
    assert _faults(schema) == [place]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": "String"}, {"type": "string"}),
        ({"minLength": 5.0}, {"minLength": 5}),
        ({"type": ["string", "string"]}, {"type": ["string"]}),
        ({"items": [{"type": "string"}, {}]}, {"prefixItems": [{"type": "string"}, {}]}),
        ({"items": None, "pattern": None, "enum": None}, {}),
        ({"const": None, "default": None}, {"const": None, "default": None}),
        ({"$ref": {"type": "string"}, "maxLength": 1}, {"maxLength": 1}),
    ],
)
def test_what_the_author_must_have_meant_is_corrected_without_a_fault(given: JsonObject, expected: JsonObject) -> None:
    assert _translate(given, openapi="3.1") == expected


@pytest.mark.parametrize(
    ("pattern", "match"),
    [
        (r"^[\uD800\uDC00-\uDBFF\uDFFF]$", "\N{GRINNING FACE}"),
        (r"/^[a-c]+$/i", "abc"),
        (r"^[\w-.]+$", "a-."),
        (r"^(?=.*a)b?a$", "ba"),
    ],
)
def test_pattern_of_javascript_is_read(pattern: str, match: str) -> None:
    schema = _translate({"pattern": pattern}, openapi="3.1")
    assert compile_validator(schema).is_valid(match)
    assert not compile_validator(schema).is_valid("???")


def test_discriminator_names_the_value_by_which_an_alternative_is_chosen() -> None:
    components = {"Cat": {"type": "object"}, "Dog": {"type": "object"}}
    alternatives = {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]}
    mapping = {"cat": "#/components/schemas/Cat", "kitten": "Cat", "dog": "Dog", "wolf": "http://127.0.0.1:1/wolf.json"}
    given = alternatives | {"discriminator": {"propertyName": "kind", "mapping": mapping}}
    validator = compile_validator(_translate(given, components=components))
    assert all(validator.is_valid({"kind": kind}) for kind in ("cat", "kitten", "dog"))
    assert not any(validator.is_valid(value) for value in ({"kind": "wolf"}, {"kind": "Dog"}, {}))
    assert not compile_validator(_translate(alternatives, components=components)).is_valid({"kind": "cat"})


def test_answer_that_leads_through_a_whole_object_model_is_cut_where_it_is_too_large() -> None:
    wide = {"description": "x" * 40_000, "type": "object"}
    components = {f"S{i}": wide | {"properties": {"next": {"$ref": f"#/components/schemas/S{i + 1}"}}} for i in range(9)}
    components["S9"] = {"type": "string"}
    schema = _translate({"$ref": "#/components/schemas/S0"}, components=components, direction=Direction.OUTPUT)
    assert list(schema["$defs"]) == ["S0", "S1", "S2", "S3"]
    assert schema["$defs"]["S3"] is True
    assert compile_validator(schema).is_valid({"next": {"next": {"next": 1}}})
    assert not compile_validator(schema).is_valid({"next": {"next": 1}})
    assert len(_translate({"$ref": "#/components/schemas/S0"}, components=components)["$defs"]) == 10


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
    assert compile_validator(schema).is_valid({"next": {"next": {"value": 1}}})
    assert not compile_validator(schema).is_valid({"next": {"next": {"value": "x"}}})


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


def test_of_a_choice_as_many_are_told_as_there_is_room_for() -> None:
    validator = compile_validator({"enum": ["aws_sigv4", "header_value", "hmac_signature", "http_basic"]})
    (violation,) = validator.violations("hmac")
    assert violation.expected == 'the value is not one of "aws_sigv4", "header_value", "hmac_signature", "http_basic"'
    (violation,) = compile_validator({"enum": [f"choice {number}" for number in range(1000)]}).violations("x")
    assert violation.expected.endswith(" more")
    assert len(violation.expected) < 300
