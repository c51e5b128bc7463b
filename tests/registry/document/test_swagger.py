"""Swagger 2.0 is read as the OpenAPI 3.0 document that says the same."""

from typing import Any

import pytest

from registry.calling.request import build
from registry.compiler.compiler import Compiled, compile_document
from registry.document.loading import check
from registry.document.swagger import source_pointer
from registry.manifest.toolset import CredentialSource, ToolsetHeader
from registry.model.tool import JsonObject, ToolVersion
from registry.model.versions import first

PET = {"type": "object", "properties": {"name": {"type": "string", "x-nullable": True}}, "discriminator": "name"}


def _document(paths: JsonObject, **more: Any) -> JsonObject:
    outline = {"swagger": "2.0", "info": {"title": "t", "version": "1"}, "host": "api.example.com", "basePath": "/v1"}
    return check(outline | {"paths": paths, "definitions": {"Pet": PET}} | more)


def _compile(paths: JsonObject, *, header: ToolsetHeader | None = None, **more: Any) -> Compiled:
    return compile_document(_document(paths, **more), header or ToolsetHeader("things"))


def _tool(operation: JsonObject, *, path: str = "/pets", item: JsonObject | None = None, **more: Any) -> ToolVersion:
    compiled = _compile({path: {"post": operation} | (item or {})}, **more)
    assert len(compiled.drafts) == 1, compiled.faults
    return first(compiled.drafts[0])


def _array(collection: str | None) -> JsonObject:
    format_ = {"collectionFormat": collection} if collection else {}
    return {"in": "query", "name": "tag", "type": "array", "items": {"type": "string"}} | format_


def test_host_and_base_path_are_the_server_https_first() -> None:
    assert _tool({}, schemes=["http", "https"]).endpoint == "https://api.example.com/v1/pets"
    assert _tool({"schemes": ["http"]}, schemes=["https"]).endpoint == "http://api.example.com/v1/pets"
    assert _tool({}).endpoint == "https://api.example.com/v1/pets"


def test_document_without_a_host_needs_a_server_from_the_operator() -> None:
    compiled = _compile({"/pets": {"get": {}}}, host=None)
    assert compiled.drafts == ()
    assert "--server" in compiled.faults[0].cure


@pytest.mark.parametrize(("collection", "query"), [(None, "tag=a,b"), ("csv", "tag=a,b"), ("multi", "tag=a&tag=b")])
def test_collection_format_decides_how_a_list_is_sent(collection: str | None, query: str) -> None:
    tool = _tool({"parameters": [_array(collection)]})
    assert build(tool, {"tag": ["a", "b"]}).url.partition("?")[2] == query


def test_body_parameter_is_the_request_body_and_keeps_its_bounds() -> None:
    parameter = {"in": "body", "name": "pet", "required": True, "schema": {"$ref": "#/definitions/Pet"}}
    schema = _tool({"parameters": [parameter]}).draft.input_schema
    assert schema["properties"]["body"] == {"$ref": "#/$defs/Pet"}
    assert schema["required"] == ["body"]
    assert schema["$defs"]["Pet"]["properties"]["name"] == {"type": ["string", "null"]}


def test_body_parameter_may_be_shared_by_reference_and_by_path_item() -> None:
    shared = {"pet": {"in": "body", "name": "pet", "schema": {"$ref": "#/definitions/Pet"}}}
    by_reference = _tool({"parameters": [{"$ref": "#/parameters/pet"}]}, parameters=shared)
    by_item = _tool({}, item={"parameters": [{"$ref": "#/parameters/pet"}]}, parameters=shared)
    assert by_reference.draft.input_schema == by_item.draft.input_schema
    assert by_item.draft.operation.body is not None


def test_form_fields_make_one_object() -> None:
    text = {"in": "formData", "type": "string", "maxLength": 3}
    fields = [text | {"name": "a", "required": True}, text | {"name": "b"}]
    tool = _tool({"parameters": fields, "consumes": ["application/x-www-form-urlencoded"]})
    body = tool.draft.input_schema["properties"]["body"]
    assert body["required"] == ["a"]
    assert body["properties"]["b"] == {"type": "string", "maxLength": 3}
    assert build(tool, {"body": {"a": "x y", "b": "z"}}).body == b"a=x%20y&b=z"


def test_parameter_keeps_the_bounds_that_stand_beside_its_name() -> None:
    parameter = {"in": "query", "name": "limit", "type": "integer", "minimum": 1, "maximum": 9, "exclusiveMaximum": True}
    schema = _tool({"parameters": [parameter]}).draft.input_schema
    assert schema["properties"]["limit"] == {"type": "integer", "minimum": 1, "exclusiveMaximum": 9}


def test_answer_has_the_schema_and_the_media_types_that_it_produces() -> None:
    answer = {"200": {"description": "ok", "schema": {"$ref": "#/definitions/Pet"}}}
    assert _tool({"responses": answer, "produces": ["application/hal+json"]}).draft.operation.accept == (
        "application/hal+json",
    )
    assert _tool({"responses": answer}).draft.output_schema is not None


def test_shared_answer_is_followed() -> None:
    shared = {"Found": {"description": "ok", "schema": {"$ref": "#/definitions/Pet"}}}
    tool = _tool({"responses": {"200": {"$ref": "#/responses/Found"}}}, responses=shared)
    assert tool.draft.output_schema is not None


@pytest.mark.parametrize(
    ("scheme", "prefix"),
    [({"type": "basic"}, "Basic "), ({"type": "oauth2", "flow": "accessCode", "scopes": {}}, "Bearer ")],
)
def test_security_definition_takes_a_credential(scheme: JsonObject, prefix: str) -> None:
    header = ToolsetHeader("things", credentials=(CredentialSource("own", "secret/data/x", "token"),))
    paths: JsonObject = {"/pets": {"get": {"security": [{"own": []}]}}}
    draft = _compile(paths, header=header, securityDefinitions={"own": scheme}).drafts[0]
    assert draft.credential is not None
    assert draft.credential.kind_parameters["prefix"] == prefix


def test_faults_name_places_of_the_source() -> None:
    parameter = {"in": "body", "name": "pet", "schema": {"$ref": "other.json"}}
    compiled = _compile({"/pets": {"post": {"parameters": [parameter]}}})
    assert [fault.pointer for fault in compiled.faults] == ["/paths/~1pets/post/parameters"]


@pytest.mark.parametrize(
    ("pointer", "source"),
    [
        ("/components/securitySchemes/a", "/securityDefinitions/a"),
        ("/paths/~1x/get/responses/200/content/application~1json/schema/items", "/paths/~1x/get/responses/200/schema/items"),
        ("/responses/Ok/content/text~1plain/schema", "/responses/Ok/schema"),
        ("/definitions/Pet/properties/a", "/definitions/Pet/properties/a"),
    ],
)
def test_places_lead_back_to_the_source(pointer: str, source: str) -> None:
    assert source_pointer(pointer) == source
