"""A document becomes drafts and faults."""

import json
import re
from typing import Any

import pytest

from registry.compiler.compiler import CredentialSource, ToolsetHeader, compile_document
from registry.document.loading import load
from registry.model.errors import DocumentInvalid
from registry.model.operation_key import OperationKey, Remembered
from registry.model.tool import CredentialBinding, Effect, JsonObject
from registry.model.versions import decode, encode, first
from registry.schema.validators import compile_validator
from tests.processor_time import at_most
from tests.registry.conftest import Compile, MakeDocument

OK: JsonObject = {"responses": {"200": {"description": "ok"}}}
SERVER = "https://api.example.com/v1"


def _header(**more: Any) -> ToolsetHeader:
    return ToolsetHeader("things", **{"server": SERVER, **more})


def _parameter(name: str, where: str, **more: Any) -> JsonObject:
    return {"name": name, "in": where, "schema": {"type": "string"}, **more}


@pytest.mark.parametrize(
    ("method", "effect"),
    [
        ("get", Effect.READ), ("head", Effect.READ), ("options", Effect.READ), ("trace", Effect.READ),
        ("put", Effect.IDEMPOTENT), ("delete", Effect.IDEMPOTENT),
        ("post", Effect.NON_IDEMPOTENT), ("patch", Effect.NON_IDEMPOTENT),
    ],
)  # fmt: skip
def test_effect_follows_from_the_method(compiled: Compile, method: str, effect: Effect) -> None:
    assert compiled({"/a": {method: OK}}).drafts[0].effect is effect


def test_idempotency_key_header_stays_an_ordinary_argument(compiled: Compile) -> None:
    draft = compiled({"/a": {"post": OK | {"parameters": [_parameter("Idempotency-Key", "header")]}}}).drafts[0]
    assert draft.effect is Effect.NON_IDEMPOTENT
    assert "Idempotency-Key" in draft.input_schema["properties"]


def test_operation_parameter_wins_over_that_of_the_path(compiled: Compile) -> None:
    item = {
        "parameters": [_parameter("a", "query", description="path's"), _parameter("b", "query")],
        "get": OK | {"parameters": [_parameter("a", "query", required=True, description="own")]},
    }
    schema = compiled({"/x": item}).drafts[0].input_schema
    assert schema["properties"]["a"]["description"] == "own"
    assert list(schema["properties"]) == ["a", "b"]
    assert schema["required"] == ["a"]
    assert schema["additionalProperties"] is False


def test_same_name_in_two_places_makes_two_arguments(compiled: Compile) -> None:
    body: JsonObject = {"requestBody": {"content": {"application/json": {"schema": {}}}}}
    parameters = [
        _parameter("id", "path"),
        _parameter("id", "query"),
        _parameter("body", "query"),
        _parameter("other", "query"),
    ]
    draft = compiled({"/{id}": {"post": OK | body | {"parameters": parameters}}}).drafts[0]
    assert list(draft.input_schema["properties"]) == ["id__path", "id__query", "body__query", "other", "body"]


def test_path_variable_that_is_not_declared_becomes_a_required_string(compiled: Compile) -> None:
    draft = compiled({"/a/{id}": {"get": OK}}).drafts[0]
    assert draft.input_schema["required"] == ["id"]
    assert draft.input_schema["properties"]["id"]["type"] == "string"


@pytest.mark.parametrize(
    "name",
    [
        "Host", "Content-Length", "transfer-encoding", "Connection", "Upgrade", "TE", "Trailer", "Expect",
        "Proxy-Authorization",
        "Forwarded", "X-Forwarded-For", "Authorization", "Cookie", "Accept", "Content-Type", "X-Vault-Token", "Metadata",
        "Metadata-Flavor", "X-aws-ec2-metadata-token", "traceparent", "tracestate",
    ],
)  # fmt: skip
def test_dangerous_header_is_never_an_argument(compiled: Compile, name: str) -> None:
    result = compiled({"/a": {"get": OK | {"parameters": [_parameter(name, "header", required=True)]}}})
    assert result.drafts[0].input_schema["properties"] == {}
    assert result.drafts[0].operation.parameters == ()
    assert result.faults[0].pointer == "/paths/~1a/get/parameters/0"


def test_an_argument_of_another_script_is_spelt_and_says_its_own_name(compiled: Compile) -> None:
    parameters = [
        _parameter("страница", "query"),
        _parameter("ページ", "query"),
        _parameter("номер", "query", description="The number."),
        _parameter("页", "query"),
    ]
    draft = compiled({"/a": {"get": OK | {"parameters": parameters}}}).drafts[0]
    described = {name: one["description"] for name, one in draft.input_schema["properties"].items()}
    assert described == {"stranitsa": "страница", "peji": "ページ", "nomer": "The number.", "argument": "页"}
    assert [one.name for one in draft.operation.parameters] == [one["name"] for one in parameters]


def test_alternatives_that_nothing_fits_are_read_as_a_choice(compiled: Compile) -> None:
    same: JsonObject = {
        "type": "object",
        "properties": {"kind": {"type": "string"}, "oneOf": {"type": "string"}},
        "required": ["kind"],
    }
    differing = {"One": same | {"properties": same["properties"] | {"id": {"readOnly": True}}}, "Other": same}
    choice = {"oneOf": [{"$ref": "#/components/schemas/One"}, {"$ref": "#/components/schemas/Other"}]}
    body = {"required": True, "content": {"application/json": {"schema": choice}}}
    result = compiled({"/a": {"post": OK | {"requestBody": body}}}, components={"schemas": differing})
    assert compile_validator(result.drafts[0].input_schema).is_valid({"body": {"kind": "x"}})
    assert list(result.drafts[0].input_schema["$defs"]["One"]["properties"]) == ["kind", "oneOf"]
    assert [fault.pointer for fault in result.faults] == ["/paths/~1a/post"]


def test_alternatives_that_can_be_told_apart_still_exclude_each_other(compiled: Compile) -> None:
    choice = {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 5}]}
    body = {"required": True, "content": {"application/json": {"schema": choice}}}
    draft = compiled({"/a": {"post": OK | {"requestBody": body}}}).drafts[0]
    assert not compile_validator(draft.input_schema).is_valid({"body": 7})


def test_what_the_api_sends_is_noted_and_makes_no_tool(compiled: Compile) -> None:
    callbacks = {"done": {"{$request.body#/url}": {"post": OK}}}
    result = compiled({"/a": {"post": OK | {"callbacks": callbacks}}}, webhooks={"changed": {"post": OK}})
    assert len(result.drafts) == 1
    assert [fault.pointer for fault in result.faults] == ["/webhooks", "/paths/~1a/post/callbacks"]


def test_names_alike_but_for_case_are_noted(compiled: Compile) -> None:
    result = compiled({f"/{name}": {"get": OK | {"operationId": name}} for name in ("pay", "Pay")})
    assert {draft.name for draft in result.drafts} == {"pay", "Pay"}
    assert [fault.pointer for fault in result.faults] == ["/paths/~1Pay/get"]


def test_name_in_use_is_kept_beside_a_newcomer(compiled: Compile) -> None:
    remembered = Remembered("get_things", OperationKey("GET", "/a", ("get/things",), "get_things"))
    header = ToolsetHeader("things", server=SERVER, remembered=(remembered,))
    operations = {"/a": {"get": OK | {"operationId": "get/things"}}, "/b": {"get": OK | {"operationId": "get_things"}}}
    names = {draft.operation.path: draft.name for draft in compiled(operations, header=header).drafts}
    assert names["/a"] == "get_things"
    assert names["/b"] == "get_b"


def test_relative_server_is_relative_to_where_the_document_came_from(compiled: Compile) -> None:
    header = ToolsetHeader("things", origin="https://api.example.com/docs/openapi.json")
    servers = [{"url": "/v1"}]
    assert (
        compiled({"/a": {"get": OK}}, header=header, servers=servers).drafts[0].operation.server == "https://api.example.com/v1"
    )


@pytest.mark.parametrize("servers", [None, [], [{"url": ""}], [{"url": "/"}]])
def test_no_server_and_an_empty_one_are_the_root_of_the_documents_own_origin(compiled: Compile, servers: Any) -> None:
    header = ToolsetHeader("things", origin="https://api.example.com:8443/docs/openapi.json")
    more = {} if servers is None else {"servers": servers}
    assert compiled({"/a": {"get": OK}}, header=header, **more).drafts[0].operation.server == "https://api.example.com:8443"


def test_first_sound_server_is_taken(compiled: Compile) -> None:
    servers = [{"url": "https://{region}.example.com"}, {"url": "ftp://example.com"}, {"url": "https://example.com/"}]
    draft = compiled({"/a": {"get": OK}}, header=ToolsetHeader("things"), servers=servers).drafts[0]
    assert draft.operation.server == "https://example.com"


@pytest.mark.parametrize(
    ("item", "method", "effect"),
    [({"query": OK}, "QUERY", Effect.READ), ({"additionalOperations": {"LINK": OK}}, "LINK", Effect.NON_IDEMPOTENT)],
)
def test_methods_of_openapi_32_are_operations(compiled: Compile, item: JsonObject, method: str, effect: Effect) -> None:
    draft = compiled({"/a": item}, openapi="3.2.0").drafts[0]
    assert (draft.operation.method, draft.effect) == (method, effect)


@pytest.mark.parametrize("parameter", [{"in": "header", "name": ""}, {"$ref": "#/components/parameters/Gone"}])
def test_parameter_that_says_nothing_is_left_out_with_a_note(compiled: Compile, parameter: JsonObject) -> None:
    result = compiled({"/a": {"get": OK | {"parameters": [parameter, _parameter("b", "query")]}}})
    assert list(result.drafts[0].input_schema["properties"]) == ["b"]
    assert [fault.pointer for fault in result.faults] == ["/paths/~1a/get/parameters/0"]


@pytest.mark.parametrize(
    "parameter",
    [
        _parameter("a b", "header") | {"required": True},
        _parameter("a\r\nb", "cookie") | {"required": True},
        _parameter("a", "body"),
        {"$ref": "other.yaml#/a"},
        {"$ref": "#/paths/~1bad~1{id}/get/parameters/0"},
        "nonsense",
    ],
)
def test_fault_of_one_operation_does_not_stop_the_others(compiled: Compile, parameter: Any) -> None:
    result = compiled({"/bad/{id}": {"get": OK | {"parameters": [parameter]}}, "/good": {"get": OK}})
    assert [draft.operation.path for draft in result.drafts] == ["/good"]
    assert len(result.faults) == 1
    assert result.faults[0].pointer.startswith("/paths/~1bad~1{id}/get")
    assert result.faults[0].cure


@pytest.mark.parametrize("path", ["a", "/../a", "/a/./b", "/a/..?b", "/a\r\nb", "/a?b\n", "/a#\0"])
def test_path_that_cannot_be_sent_is_a_fault(compiled: Compile, path: str) -> None:
    assert compiled({path: {"get": OK}}).drafts == ()


def test_body_prefers_json_then_form_then_text(compiled: Compile) -> None:
    def chosen(*media_types: str) -> str:
        content: JsonObject = {name: {"schema": {"type": "object"}} for name in media_types}
        draft = compiled({"/a": {"post": OK | {"requestBody": {"required": True, "content": content}}}}).drafts[0]
        assert draft.operation.body is not None
        return draft.operation.body.media_type

    assert chosen("text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8") == "application/json"
    assert chosen("text/plain", "application/merge-patch+json") == "application/merge-patch+json"
    assert chosen("text/plain", "application/x-www-form-urlencoded") == "application/x-www-form-urlencoded"
    assert chosen("*/*") == "application/json"


def test_body_of_any_media_type_is_sent_as_that_or_as_what_its_range_allows(compiled: Compile) -> None:
    def sent_as(media_type: str, schema: JsonObject) -> str:
        body = {"requestBody": {"content": {media_type: {"schema": schema}}}}
        operation = compiled({"/a": {"post": OK | body}}).drafts[0].operation
        assert operation.body is not None
        return operation.body.media_type

    for kept in ("multipart/form-data", "image/png", "application/xml", "text/csv", "application/vnd.x.y+json", "text/json"):
        assert sent_as(kept, {"type": "object"}) == kept
    assert sent_as("*/*", {"type": "string", "format": "binary"}) == "application/octet-stream"
    assert sent_as("image/*", {}) == "application/octet-stream"
    assert sent_as("text/*", {"type": "string"}) == "text/plain"


def test_body_without_a_media_type_is_a_fault_and_none_is_sent(compiled: Compile) -> None:
    result = compiled({"/a": {"post": OK | {"requestBody": {"content": {}}}}})
    assert (len(result.drafts), len(result.faults)) == (1, 1)
    assert result.drafts[0].operation.body is None


def test_style_that_is_none_for_its_place_is_a_fault_and_the_default_is_used(compiled: Compile) -> None:
    result = compiled({"/a": {"get": OK | {"parameters": [_parameter("a", "query", style="matrix")]}}})
    assert result.drafts[0].operation.parameters[0].style == "form"
    assert "form" in result.faults[0].message


def test_names_that_providers_refuse_become_legal_arguments(compiled: Compile) -> None:
    names = ["$filter", "page[size]", "page[size", "ü", "x" * 70, "ok.name-1"]
    parameters = [_parameter(name, "query") for name in names]
    draft = compiled({"/a": {"get": OK | {"parameters": parameters}}}).drafts[0]
    by_name = {one.name: one.argument for one in draft.operation.parameters}
    assert (by_name["$filter"], by_name["ok.name-1"]) == ("filter", "ok.name-1")
    assert len(set(by_name.values())) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", argument) for argument in by_name.values())
    assert list(draft.input_schema["properties"]) == list(by_name.values())


def test_required_parameter_with_a_default_or_one_choice_need_not_be_given(compiled: Compile) -> None:
    schemas: list[JsonObject] = [{"default": "v1"}, {"enum": ["v2"]}, {"const": "v3"}, {"enum": ["a", "b"]}]
    parameters = [_parameter(f"p{index}", "query", required=True) | {"schema": schema} for index, schema in enumerate(schemas)]
    draft = compiled({"/a": {"get": OK | {"parameters": parameters}}}).drafts[0]
    assert draft.input_schema["required"] == ["p3"]
    assert [one.default for one in draft.operation.parameters] == ["v1", "v2", "v3", None]


def test_output_schema_is_that_of_the_first_successful_json_answer(compiled: Compile) -> None:
    responses = {
        "404": {"content": {"application/json": {"schema": {"type": "null"}}}},
        "201": {"content": {"application/json": {"schema": {"type": "integer"}}}},
        "200": {"content": {"text/html": {}, "application/json": {"schema": {"type": "string"}}}},
    }
    draft = compiled({"/a": {"get": {"responses": responses}}}).drafts[0]
    assert draft.output_schema == {"type": "string"}
    assert draft.operation.accept == ("application/json",)


def test_output_schema_that_cannot_be_read_costs_only_the_promise(compiled: Compile) -> None:
    responses = {"200": {"content": {"application/json": {"schema": {"$ref": "http://elsewhere/x"}}}}}
    result = compiled({"/a": {"get": {"responses": responses}}})
    assert result.drafts[0].output_schema is None
    assert len(result.faults) == 1


def test_innermost_server_wins_and_its_variables_take_their_defaults(compiled: Compile) -> None:
    item = {
        "get": OK
        | {"servers": [{"url": "https://{h}.example.com/{v}/", "variables": {"h": {"default": "eu"}, "v": {"default": 2}}}]}
    }
    result = compiled({"/a": item}, servers=[{"url": "https://us.example.com"}], header=ToolsetHeader("things"))
    assert result.drafts[0].operation.server == "https://eu.example.com/2"
    overridden = compiled({"/a": item}, header=_header())
    assert overridden.drafts[0].operation.server == SERVER


@pytest.mark.parametrize("servers", [[], [{"url": "/v1"}], [{"url": "ftp://a/"}], [{"url": "https://{x}/"}], [{}], "x"])
def test_missing_or_relative_server_is_one_fault_with_its_cure(compiled: Compile, servers: JsonObject) -> None:
    result = compiled({"/a": {"get": OK}, "/b": {"get": OK}}, servers=servers, header=ToolsetHeader("things"))
    assert result.drafts == ()
    assert len(result.faults) == 1
    assert "--server" in result.faults[0].cure
    assert result.faults[0].operations == ("GET /a", "GET /b")


@pytest.mark.parametrize(
    "server",
    [
        "api.example.com", "/v1", "ftp://a", "https://", "https://user:pass@a/", "https://a/?b", "https://a/#b", "https://a:0/",
        "https://a:99999/", "https://a:/", "https://exämple.com", "https://a b/", "https://a\r\nb/", "https://[::1", "https://[fe80::1%25x]/",
        "https://a/../b", "https://-a/", "https://a..b/", "http:a", "https://a\\@b/",
    ],
)  # fmt: skip
def test_bad_server_of_the_operator_is_refused(compiled: Compile, server: str) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        compiled({"/a": {"get": OK}}, header=ToolsetHeader("things", server=server))
    assert "pass@" not in str(refused.value)


@pytest.mark.parametrize("server", ["http://127.0.0.1:8200/v1", "https://[::1]:8080", "http://orders_api:80/a%20b/"])
def test_good_server_is_kept(compiled: Compile, server: str) -> None:
    draft = compiled({"/a": {"get": OK}}, header=ToolsetHeader("things", server=server)).drafts[0]
    assert draft.operation.server == server.rstrip("/")


SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "bearer": {"type": "http", "scheme": "Bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "oauth": {"type": "oauth2", "flows": {}},
    "digest": {"type": "http", "scheme": "digest"},
}


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("key", CredentialBinding("p", "f", {"place": "header", "name": "X-Key"})),
        ("bearer", CredentialBinding("p", "f", {"place": "header", "name": "Authorization", "prefix": "Bearer "})),
        ("oauth", CredentialBinding("p", "f", {"place": "header", "name": "Authorization", "prefix": "Bearer "})),
        (
            "basic",
            CredentialBinding("p", "f", {"place": "header", "name": "Authorization", "prefix": "Basic ", "basic": True}),
        ),
    ],
)
def test_credential_goes_where_the_security_scheme_says(compiled: Compile, scheme: str, expected: CredentialBinding) -> None:
    header = _header(credentials=(CredentialSource(scheme, "p", "f"),))
    security: list[JsonObject] = [{"digest": []}, {"key": [], "basic": []}, {scheme: []}]
    result = compiled({"/a": {"get": OK}}, components={"securitySchemes": SCHEMES}, security=security, header=header)
    assert result.drafts[0].credential == expected
    assert result.faults == ()


def test_direct_credential_applies_to_every_operation(compiled: Compile) -> None:
    header = _header(credentials=(CredentialSource("header:X-Vault-Token", "p", "f"),))
    draft = compiled({"/a": {"get": OK | {"security": []}}}, header=header).drafts[0]
    assert draft.credential == CredentialBinding("p", "f", {"place": "header", "name": "X-Vault-Token"})


def test_parameter_that_the_credential_fills_is_no_argument(compiled: Compile) -> None:
    header = _header(credentials=(CredentialSource("query:api_key", "p", "f"),))
    operation = OK | {"parameters": [_parameter("api_key", "query", required=True)]}
    assert compiled({"/a": {"get": operation}}, header=header).drafts[0].input_schema["properties"] == {}


@pytest.mark.parametrize(
    ("security", "faults"), [([], 0), ([{}], 0), ([{"key": []}, {}], 0), ([{"key": []}], 1), ([{"key": [], "basic": []}], 1)]
)
def test_operation_without_its_credential_is_imported_with_a_note(compiled: Compile, security: Any, faults: int) -> None:
    result = compiled({"/a": {"get": OK | {"security": security}}}, components={"securitySchemes": SCHEMES})
    assert result.drafts[0].credential is None
    assert len(result.faults) == faults


@pytest.mark.parametrize("schemes", [("none",), ("header:a b",), ("body:x",), ("header:a", "header:A")])
def test_credential_that_cannot_be_placed_is_refused(compiled: Compile, schemes: tuple[str, ...]) -> None:
    header = _header(credentials=tuple(CredentialSource(scheme, "p", "f") for scheme in schemes))
    with pytest.raises(DocumentInvalid):
        compiled({"/a": {"get": OK}}, header=header)


def test_approval_is_required_where_a_pattern_matches(compiled: Compile) -> None:
    paths = {"/a": {"get": OK | {"operationId": "readThing"}, "delete": OK | {"operationId": "deleteThing"}}}
    drafts = compiled(paths, header=_header(require_approval=("delete*",))).drafts
    assert {draft.name: draft.requires_approval for draft in drafts} == {"deleteThing": True, "readThing": False}


def test_description_is_summary_and_description_cut_to_its_bound(compiled: Compile) -> None:
    draft = compiled({"/a": {"get": OK | {"summary": "Reads.", "description": "x" * 2_000}}}).drafts[0]
    assert draft.description.startswith("Reads.\n\nxxx")
    assert len(draft.description) == 1_024
    assert compiled({"/a": {"get": OK}}).drafts[0].description == "Reads a (GET /a)."


@pytest.mark.parametrize("name", ["", "Things", "1things", "a_b", "a" * 41, "a\n"])
def test_bad_toolset_name_is_refused(document: MakeDocument, name: str) -> None:
    with pytest.raises(DocumentInvalid):
        compile_document(document({"/a": {"get": OK}}), ToolsetHeader(name, server=SERVER))


@pytest.mark.parametrize("paths", [{}, {"/a": {}}, {"x-a": {"get": OK}}])
def test_document_without_operations_is_refused(compiled: Compile, paths: JsonObject) -> None:
    with pytest.raises(DocumentInvalid, match="no operations"):
        compiled(paths)


@pytest.mark.parametrize("keyword", ["items", "not", "allOf", "properties"])
def test_schema_as_deep_as_a_document_may_be_is_compiled_and_shelved(keyword: str) -> None:
    schema: JsonObject = {"type": "string"}
    for _ in range(180 if keyword in ("items", "not") else 90):
        schema = {keyword: {"allOf": [schema], "properties": {"p": schema}}.get(keyword, schema)}
    body = {"content": {"application/json": {"schema": schema}}}
    document = {"openapi": "3.0.3", "paths": {"/a": {"post": OK | {"requestBody": body}}}}
    result = compile_document(load(json.dumps(document).encode()), _header())
    version = first(result.drafts[0])
    assert decode(encode(version)) == version


def test_toolset_of_many_operations_that_share_a_large_schema_is_compiled_in_time(compiled: Compile) -> None:
    schemas = {f"S{i}": {"properties": {"next": {"$ref": f"#/components/schemas/S{i + 1}"}}} for i in range(300)} | {"S300": {}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}
    with at_most(10):
        result = compiled({f"/{i}": {"post": OK | {"requestBody": body}} for i in range(300)}, components={"schemas": schemas})
        assert len(result.drafts) == 300
