"""A document with anything anywhere ends in tools, faults or a typed error: never in another exception."""

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from registry.compiler.compiler import compile_document
from registry.document.loading import check
from registry.manifest.toolset import ToolsetHeader
from registry.model.errors import RegistryError
from registry.model.tool import JsonObject

MUTATIONS = 400
VALUES: list[Any] = [
    None, [], {}, "", 0, -1, 1.5, 1e300, 10**18, True, "x", [None], [[]], ["x"],
    {"$ref": "#"}, {"$ref": None}, {"$ref": "#/paths"}, {"$ref": "other.yaml"}, {"$ref": "#/no"}, {"type": "object"},
    {"a": {"b": 1}}, "\N{LATIN SMALL LETTER E WITH ACUTE}\0",
]  # fmt: skip
SCHEMA: JsonObject = {
    "type": "object", "required": ["a"], "discriminator": {"propertyName": "a", "mapping": {"x": "#/components/schemas/B"}},
    "properties": {"a": {"type": "string", "minLength": 1, "maxLength": 5.0, "pattern": "^a", "enum": ["a"], "nullable": True}},
    "additionalProperties": {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "multipleOf": 2},
    "oneOf": [{"$ref": "#/components/schemas/B"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
}  # fmt: skip
MODERN: JsonObject = {
    "openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "security": [{"key": []}], "webhooks": {"w": {}},
    "servers": [{"url": "https://{a}.example.com", "variables": {"a": {"default": "b"}}}], "tags": [{"name": "t"}],
    "paths": {"/a/{b}": {
        "parameters": [{"name": "b", "in": "path", "required": True, "style": "matrix", "schema": {"type": "string"}}],
        "post": {
            "operationId": "do/it", "summary": "s", "tags": ["t"], "callbacks": {"c": {}}, "servers": [{"url": "/x"}],
            "parameters": [
                {"name": "q", "in": "query", "explode": False, "schema": {"type": "array", "items": {"type": "string"}}},
                {"name": "h", "in": "header", "content": {"application/json": {"schema": {"type": "object"}}}},
                {"$ref": "#/components/parameters/P"},
            ],
            "requestBody": {"required": True, "content": {
                "multipart/form-data": {"schema": SCHEMA, "encoding": {"a": {"contentType": "text/plain"}}},
                "application/xml": {"schema": {"type": "object", "xml": {"name": "x"}}},
            }},
            "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": SCHEMA}}}, "default": {}},
        },
    }},
    "components": {
        "schemas": {"B": {"allOf": [{"type": "object", "readOnly": True}]}},
        "parameters": {"P": {"name": "p", "in": "cookie", "schema": {"type": "integer"}}},
        "securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "key"}},
    },
}  # fmt: skip
SWAGGER: JsonObject = {
    "swagger": "2.0", "info": {"title": "t", "version": "1"}, "host": "h.example", "basePath": "/v1", "schemes": ["https"],
    "consumes": ["application/json"], "produces": ["application/json"], "definitions": {"B": SCHEMA},
    "parameters": {"P": {"name": "p", "in": "query", "type": "array", "items": {}, "collectionFormat": "multi"}},
    "securityDefinitions": {"o": {"type": "oauth2", "flow": "implicit", "authorizationUrl": "https://h.example", "scopes": {}}},
    "paths": {"/a": {"parameters": [{"$ref": "#/parameters/P"}], "post": {
        "parameters": [{"name": "b", "in": "body", "schema": {"$ref": "#/definitions/B"}}],
        "responses": {"200": {"description": "ok", "schema": {"$ref": "#/definitions/B"}}},
    }, "put": {
        "consumes": ["multipart/form-data"], "schemes": ["http"],
        "parameters": [{"name": "f", "in": "formData", "type": "file"}, {"name": "g", "in": "formData", "type": "integer"}],
    }}},
}  # fmt: skip


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key, member in (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else ()
    ):
        yield value, key
        yield from _places(member)


@pytest.mark.parametrize("whole", [MODERN, SWAGGER], ids=["OpenAPI 3.0", "Swagger 2.0"])
def test_anything_anywhere_is_tools_faults_or_a_typed_error(whole: JsonObject) -> None:
    chance = random.Random(7)
    survived = 0
    for _ in range(MUTATIONS):
        document = copy.deepcopy(whole)
        for holder, key in chance.sample(list(_places(document)), 3):
            holder[key] = copy.deepcopy(chance.choice(VALUES))
        try:
            compiled = compile_document(
                check(document), ToolsetHeader("things", chance.choice([None, "https://api.example.com"]))
            )
        except RegistryError:
            continue
        survived += 1
        assert compiled.drafts or compiled.faults or not document["paths"]
    assert survived > MUTATIONS / 2
