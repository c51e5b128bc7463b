"""Which tools a list has, how much of each, and how their schemas are written."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from callgate.v1 import catalog_service_pb2 as pb
from callgate.v1 import tool_pb2
from callgate.v1.catalog_service_pb2_grpc import CatalogServiceStub
from gateway.edge.grpc.tool_lists import WantedForm, in_form
from registry.schema.provider_variants import Variant
from tests.gateway.edge.grpc.conftest import TOKENS

PLAIN = {"type": "object", "properties": {"word": {"type": "string"}}, "required": [], "additionalProperties": False}
NODE = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
HEADERS = (("authorization", f"Bearer {next(iter(TOKENS))}"),)


def document(names: Iterator[str] | list[str]) -> bytes:
    plain = {"content": {"application/json": {"schema": PLAIN}}, "required": True}
    tree = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}, "required": True}
    answer = {"200": {"description": "it"}}
    paths = {
        f"/{name}": {"post": {"operationId": name, "requestBody": tree if name == "grow_tree" else plain, "responses": answer}}
        for name in names
    }
    about = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": [{"url": "https://api.example.com"}]}
    return json.dumps({**about, "paths": paths, "components": {"schemas": {"Node": NODE}}}).encode()


@pytest.fixture
async def stub(catalog: str) -> CatalogServiceStub:
    stub = CatalogServiceStub(grpc.aio.insecure_channel(catalog))
    names = ["grow_tree", *(f"say_{number}" for number in range(10))]
    sent = [pb.ImportToolsetRequest(header=pb.ImportHeader(toolset="words")), pb.ImportToolsetRequest(chunk=document(names))]
    async for _ in stub.ImportToolset(iter(sent), metadata=HEADERS):
        pass
    return stub


async def listed(stub: CatalogServiceStub, **said: Any) -> pb.ListToolsResponse:
    answer: pb.ListToolsResponse = await stub.ListTools(pb.ListToolsRequest(**said), metadata=HEADERS)
    return answer


async def test_a_list_of_names_has_no_schemas(stub: CatalogServiceStub) -> None:
    tools = (await listed(stub, view=pb.TOOL_VIEW_NAMES)).tools
    assert [tool.name for tool in tools] == ["grow_tree", *(f"say_{number}" for number in range(10))]
    assert {(tool.input_schema_json, tool.description) for tool in tools} == {(b"", "")}
    whole = (await listed(stub)).tools
    assert [(tool.version, tool.digest, tool.toolset) for tool in tools] == [(t.version, t.digest, t.toolset) for t in whole]


async def test_a_pattern_chooses_names_over_all_pages(stub: CatalogServiceStub) -> None:
    for view in pb.ToolView.values():
        first = await listed(stub, name_pattern="say_[13579]", page_size=3, view=view)
        assert [tool.name for tool in first.tools] == ["say_1", "say_3", "say_5"]
        rest = await listed(stub, name_pattern="say_[13579]", page_size=3, page_token=first.next_page_token, view=view)
        assert [tool.name for tool in rest.tools] == ["say_7", "say_9"]
        assert rest.next_page_token == ""


@pytest.mark.parametrize(
    "other",
    [
        {"name_pattern": "grow_*"},
        {"toolset": "words"},
        {"view": pb.TOOL_VIEW_NAMES},
        {"schema_form": tool_pb2.SCHEMA_FORM_INLINED},
    ],
)
async def test_a_pages_token_is_of_what_was_asked_for(stub: CatalogServiceStub, other: dict[str, Any]) -> None:
    token = (await listed(stub, name_pattern="say_*", page_size=1)).next_page_token
    with pytest.raises(grpc.aio.AioRpcError, match="page token"):
        await listed(stub, **{"name_pattern": "say_*", "page_token": token, **other})
    assert (await listed(stub, name_pattern="say_*", page_size=2, page_token=token)).tools


@pytest.mark.parametrize("wrong", [{"name_pattern": "x" * 201}, {"schema_form": 99}, {"view": 99}])
async def test_what_a_list_cannot_be_asked_for_is_refused(stub: CatalogServiceStub, wrong: dict[str, object]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await listed(stub, **wrong)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_schema_is_written_in_the_form_that_was_asked_for(stub: CatalogServiceStub) -> None:
    request = pb.GetToolRequest(tool="say_1", schema_form=tool_pb2.SCHEMA_FORM_STRICT)
    tool = (await stub.GetTool(request, metadata=HEADERS)).tool
    said = json.loads(tool.input_schema_json)["properties"]["body"]
    assert (said["required"], said["properties"]["word"]["type"]) == (["word"], ["string", "null"])
    assert tool.schema_form_refusal == ""


async def test_a_schema_that_has_no_such_form_is_the_tools_own_and_the_answer_says_why(stub: CatalogServiceStub) -> None:
    own = {tool.name: tool.input_schema_json for tool in (await listed(stub)).tools}
    tools = (await listed(stub, schema_form=tool_pb2.SCHEMA_FORM_INLINED)).tools
    refusals = {tool.name: tool.schema_form_refusal for tool in tools if tool.schema_form_refusal}
    assert refusals.keys() == {"grow_tree"}
    assert "leads back to itself" in refusals["grow_tree"]
    assert {tool.name: tool.input_schema_json for tool in tools} == own


async def test_a_page_is_as_long_as_its_schemas_are_in_the_form_that_was_asked_for(catalog: str) -> None:
    stub = CatalogServiceStub(grpc.aio.insecure_channel(catalog))
    long = {"type": "string", "description": "x" * 60_000}
    body = {"type": "object", "properties": {name: {"$ref": "#/components/schemas/Long"} for name in "abc"}}
    content = {"required": True, "content": {"application/json": {"schema": body}}}
    operations = {
        f"/say{number}": {
            "post": {"operationId": f"say_{number}", "requestBody": content, "responses": {"200": {"description": "it"}}}
        }
        for number in range(10)
    }
    about = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": [{"url": "https://api.example.com"}]}
    whole = json.dumps({**about, "paths": operations, "components": {"schemas": {"Long": long}}}).encode()
    sent = [pb.ImportToolsetRequest(header=pb.ImportHeader(toolset="words")), pb.ImportToolsetRequest(chunk=whole)]
    async for _ in stub.ImportToolset(iter(sent), metadata=HEADERS):
        pass
    assert (await listed(stub)).next_page_token == ""
    first = await listed(stub, schema_form=tool_pb2.SCHEMA_FORM_INLINED)
    assert first.next_page_token
    rest = await listed(stub, schema_form=tool_pb2.SCHEMA_FORM_INLINED, page_token=first.next_page_token)
    assert len(first.tools) + len(rest.tools) == 10
    assert {tool.schema_form_refusal for tool in (*first.tools, *rest.tools)} == {""}


async def test_a_schema_that_is_nested_too_deep_when_it_is_written_out_is_the_tools_own() -> None:
    def nested(innermost: dict[str, object]) -> dict[str, object]:
        for _ in range(70):
            innermost = {"type": "object", "properties": {"x": innermost}}
        return innermost

    schema = nested({"$ref": "#/$defs/Below"}) | {"$defs": {"Below": nested({"type": "string"})}}
    own = json.dumps(schema).encode()
    shown = await in_form(tool_pb2.Tool(name="deep", input_schema_json=own), WantedForm(Variant.INLINED, 0))
    assert (shown.input_schema_json, "too deep" in shown.schema_form_refusal) == (own, True)
