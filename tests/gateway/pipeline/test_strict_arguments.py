"""Arguments that a model has made by the strict form of a schema."""

from dataclasses import replace

import pytest

from gateway.model.errors import KeyReused
from gateway.model.invocation import InvocationState
from gateway.pipeline.call import Call, fingerprint
from gateway.pipeline.strict_arguments import as_meant
from registry.calling.arguments import read
from registry.checking.argument_checker import ArgumentChecker
from registry.compiler.compiler import compile_document
from registry.document.loading import load
from registry.manifest.toolset import ToolsetHeader
from registry.model.errors import ArgumentsInvalid
from registry.model.tool import JsonObject, ToolVersion
from registry.model.versions import first
from tests.gateway.pipeline.desk import KEY, ORDERS, OpenDesk
from tests.gateway.pipeline.upstreams import OpenShop

SAID = Call("list_orders", b'{"limit":null}', KEY, strict=True)


async def test_a_null_of_what_may_be_left_out_is_left_out(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    made = await desk.invoker.invoke(desk.caller, SAID)
    assert made.invocation.state is InvocationState.SUCCEEDED
    assert shop.requests == 1


async def test_it_is_the_same_call_as_one_without_these_nulls(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    made = await desk.invoker.invoke(desk.caller, SAID)
    again = await desk.invoker.invoke(desk.caller, replace(SAID, args_json=b"{}", strict=False))
    assert (again.from_record, again.invocation.id) == (True, made.invocation.id)


async def test_who_does_not_say_so_means_the_same_and_is_known_by_what_was_said(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    said = replace(SAID, strict=False)
    made = await desk.invoker.invoke(desk.caller, said)
    assert made.invocation.state is InvocationState.SUCCEEDED
    again = await desk.invoker.invoke(desk.caller, said)
    assert (again.from_record, again.invocation.id) == (True, made.invocation.id)
    with pytest.raises(KeyReused):
        await desk.invoker.invoke(desk.caller, replace(said, args_json=b"{}"))


async def test_the_record_has_what_was_meant_and_is_known_by_what_was_said_whatever_a_version_takes() -> None:
    """Another gateway goes on with what the record has, and checks it no more."""
    prints = []
    for schema in ({"type": "integer"}, {"type": ["integer", "string"]}):
        version = tool_version({"type": "object", "properties": {"id": schema}})
        checker = ArgumentChecker()
        call = Call("list_orders", b'{"id":"9007199254740993"}', KEY)
        arguments = await checker.read("acme", version, call.args_json)
        call = call.meaning(arguments)
        prints.append((call.args_json, fingerprint(call.tool, arguments, call.said)))
        await checker.close()
    assert [sent for sent, _ in prints] == [b'{"id":9007199254740993}', b'{"id":"9007199254740993"}']
    assert prints[0][1] == prints[1][1]


async def test_what_is_wrong_otherwise_is_refused_all_the_same(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    for wrong in (b'{"limit":null,"nothing":null}', b'{"limit":null,"limit":null}', b'{"limit":"null"}', b"[null]"):
        with pytest.raises(ArgumentsInvalid):
            await desk.invoker.invoke(desk.caller, replace(SAID, args_json=wrong))


async def test_a_request_that_is_sent_again_is_answered_from_this_gateways_memory(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    made = await desk.invoker.invoke(desk.caller, SAID)
    known = desk.invoker.recent_outcome(desk.caller, SAID)
    assert known is not None
    assert known.invocation.id == made.invocation.id
    assert desk.invoker.recent_outcome(desk.caller, replace(SAID, strict=False)) is None


async def test_it_is_known_again_where_the_tool_has_come_to_take_nulls() -> None:
    """A version that takes more becomes active by itself: a resumed agent had its own request refused as another one."""
    before, after = {"b": {"type": "string"}}, {"b": {"type": ["string", "null"]}}
    prints = []
    for properties in (before, after):
        version = tool_version({"type": "object", "properties": {"a": {"type": "integer"}, **properties}})
        call = await as_meant(version, replace(SAID, args_json=b'{"a":1,"b":null}'))
        prints.append((call.args_json, fingerprint(call.tool, read(call.args_json), call.said)))
    assert [sent for sent, _ in prints] == [b'{"a":1}', b'{"a":1,"b":null}']
    assert prints[0][1] == prints[1][1]


async def test_what_takes_too_long_to_find_out_is_refused_with_what_to_do() -> None:
    wide = {"anyOf": [{"properties": {f"p{number}": {"type": "string"}}} for number in range(5_000)]}
    many = b'{"x":null,' + b",".join(b'"a%d":null' % number for number in range(2_000)) + b"}"
    with pytest.raises(ArgumentsInvalid) as refused:
        await as_meant(tool_version({"type": "object", **wide}), replace(SAID, args_json=many))
    assert "schema_form" in str(refused.value.cure)


def tool_version(schema: JsonObject) -> ToolVersion:
    (draft, *_) = compile_document(load(ORDERS.read_bytes()), ToolsetHeader("orders", server="https://api.example.com")).drafts
    return first(replace(draft, input_schema=schema))
