"""Many documents become one, of what the operator allows and nothing else."""

from collections.abc import Callable

import pytest

from registry.compiler.compiler import Compiled, compile_document
from registry.document.bundling import Bundle, NotAllowed, bundle
from registry.document.loading import check
from registry.manifest.toolset import ToolsetHeader
from registry.model.errors import DocumentInvalid, DocumentTooLarge
from registry.schema.validators import compile_validator

ENTRY = "/api/openapi.yaml"
FILES = {
    ENTRY: b"""
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /pets: {$ref: 'paths/pets.yaml'}
  /local: {get: {parameters: [{$ref: '#/components/parameters/limit'}]}}
components:
  parameters: {limit: {name: limit, in: query, schema: {$ref: 'schemas/common.json#/limits/small'}}}
  schemas: {Id: {type: integer, example: {$ref: 'no/such/file'}}}
""",
    "/api/paths/pets.yaml": b"""
post:
  requestBody: {required: true, content: {application/json: {schema: {$ref: '../schemas/pet.yaml'}}}}
  responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '../schemas/pet.yaml'}}}}}
""",
    "/api/schemas/pet.yaml": b"""
type: object
required: [id]
properties:
  id: {$ref: '../openapi.yaml#/components/schemas/Id'}
  parent: {$ref: '#'}
  $ref: {type: string}
""",
    "/api/schemas/common.json": b'{"limits": {"small": {"type": "integer", "maximum": 9}}}',
}


def _reader(files: dict[str, bytes], asked: list[str] | None = None) -> Callable[[str], bytes]:
    def read(location: str) -> bytes:
        if asked is not None:
            asked.append(location)
        if location not in files:
            raise NotAllowed(location)
        return files[location]

    return read


def _compile(made: Bundle) -> Compiled:
    return compile_document(check(made.document), ToolsetHeader("things", "https://api.example.com"))


def test_references_lead_to_the_same_as_before() -> None:
    asked: list[str] = []
    compiled = _compile(bundle(ENTRY, _reader(FILES, asked)))
    assert compiled.faults == ()
    pets, local = (next(one for one in compiled.drafts if one.operation.path == path) for path in ("/pets", "/local"))
    validator = compile_validator(pets.input_schema)
    assert validator.is_valid({"body": {"id": 1, "parent": {"id": 2, "$ref": "x"}}})
    assert not validator.is_valid({"body": {"id": 1, "parent": {"id": "2"}}})
    assert not compile_validator(local.input_schema).is_valid({"limit": 10})
    assert sorted(asked) == sorted(FILES)


def test_definitions_keep_a_name_that_says_something() -> None:
    draft = next(one for one in _compile(bundle(ENTRY, _reader(FILES))).drafts if one.operation.path == "/pets")
    assert [name.partition(":")[0] for name in draft.input_schema["$defs"]] == ["Id", "pet.yaml"]


def test_all_that_is_not_allowed_is_named_at_once() -> None:
    allowed = {ENTRY: FILES[ENTRY]}
    with pytest.raises(DocumentInvalid, match=r"2 documents.*paths/pets\.yaml.*schemas/common\.json") as refused:
        bundle(ENTRY, _reader(allowed))
    assert "--allow" in refused.value.cure


@pytest.mark.parametrize(
    ("entry", "reference", "asked"),
    [
        ("/api/a.yaml", "../../../etc/passwd", "/etc/passwd"),
        ("/api/a.yaml", "file:///etc/passwd#/x", "file:///etc/passwd"),
        ("/api/a.yaml", "http://169.254.169.254/latest", "http://169.254.169.254/latest"),
        ("/api/a.yaml", "b%20c.yaml", "/api/b c.yaml"),
        ("https://h.example/api/a.yaml", "../x.yaml", "https://h.example/x.yaml"),
        ("https://h.example/api/a.yaml", "//other.example/x", "https://other.example/x"),
        ("https://h.example/api/a.yaml", "file:///etc/passwd", "file:///etc/passwd"),
    ],
)
def test_reader_is_asked_for_the_place_that_is_meant(entry: str, reference: str, asked: str) -> None:
    locations: list[str] = []
    text = f'{{"openapi": "3.1.0", "paths": {{"/a": {{"$ref": "{reference}"}}}}}}'.encode()
    with pytest.raises(DocumentInvalid):
        bundle(entry, _reader({entry: text}, locations))
    assert locations == [entry, asked]


def test_chain_of_documents_without_an_end_is_refused() -> None:
    def read(location: str) -> bytes:
        return b'{"$ref": "x/y.json"}'

    with pytest.raises(DocumentTooLarge):
        bundle("/a.json", read)


def test_swagger_of_several_files_is_bundled_and_read() -> None:
    files = {
        "/s.json": b"""{"swagger": "2.0", "info": {}, "paths": {"/pets": {"post": {
            "parameters": [{"$ref": "p.json#/body"}, {"$ref": "p.json#/tag"}],
            "responses": {"200": {"$ref": "p.json#/ok"}}}}}}""",
        "/p.json": b"""{"body": {"in": "body", "name": "b", "schema": {"$ref": "#/pet"}}, "pet": {"type": "object"},
            "tag": {"in": "query", "name": "tag", "type": "array", "items": {"type": "string"}},
            "ok": {"description": "ok", "schema": {"$ref": "#/pet"}}}""",
    }
    compiled = _compile(bundle("/s.json", _reader(files)))
    assert compiled.faults == ()
    assert list(compiled.drafts[0].input_schema["properties"]) == ["tag", "body"]
    assert compiled.drafts[0].output_schema is not None
