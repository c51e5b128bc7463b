"""Arguments of 81 bytes held the gateway for four seconds, those of a chain of alternatives for five, a page of blocks with one
wrong leaf for forty-seven, also from a caller that may call nothing."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import process_time
from typing import Any

import pytest

from gateway.decisions.policy import Rule
from gateway.model.errors import NotPermitted
from gateway.model.invocation import InvocationState
from registry.calling.redaction import redact
from registry.model.errors import ArgumentsInvalid
from registry.model.tool import Draft, JsonObject
from tests.gateway.pipeline.desk import Desk, OpenDesk
from tests.gateway.pipeline.upstreams import OpenShop
from tests.isolation.lag import measured_lag
from tests.registry.schema.test_work import chain

#: Seconds that another tenant's call may wait.
BOUND = 0.1


def taking(schema: JsonObject) -> Callable[[Draft], Draft]:
    return lambda draft: replace(draft, input_schema=schema) if draft.name == "list_orders" else draft


def writing(media_type: str, draft: Draft) -> Draft:
    body = draft.operation.body and replace(draft.operation.body, media_type=media_type)
    schema = {"type": "object", "properties": {"body": {"type": "object"}}}
    return replace(draft, input_schema=schema, operation=replace(draft.operation, body=body))


async def refusal(desk: Desk, arguments: JsonObject) -> ArgumentsInvalid:
    async with measured_lag() as lag:
        with pytest.raises(ArgumentsInvalid) as refused:
            await desk.call("list_orders", arguments)
    assert lag.worst < BOUND
    return refused.value


def doubling(depth: int) -> JsonObject:
    """Each of its objects is looked at in two ways."""
    inner = {"anyOf": [{"properties": {"a": {"$ref": "#/$defs/n"}}}, {"properties": {"a": {"$ref": "#/$defs/n"}}}]}
    return {"type": "object", "properties": {"a": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "object", **inner}}}


async def test_a_schema_that_leads_back_to_itself_in_two_ways(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=taking(doubling(2)))
    nested: JsonObject = {"a": 1}
    for _ in range(20):
        nested = {"a": nested}
    assert (await refusal(desk, nested)).violations


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf", "allOf"])
@pytest.mark.parametrize("length", [17, 24, 40])
async def test_a_chain_of_alternatives(shop: OpenShop, open_desk: OpenDesk, keyword: str, length: int) -> None:
    schema = {"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": chain(length, keyword)["$defs"]}
    desk = await open_desk(shop.address, draft=taking(schema))
    assert (await refusal(desk, {"a": 5})).violations[0].pointer == "/a"


KINDS = [f"kind_{number}" for number in range(12)]


def page() -> JsonObject:
    """Twelve kinds of block, told apart by `type`, which have blocks in them."""
    blocks: dict[str, Any] = {}
    for kind in KINDS:
        children = {"type": "array", "items": {"$ref": "#/$defs/block"}}
        body = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}, "children": children}}
        blocks[kind] = {"type": "object", "required": ["type", kind], "properties": {"type": {"const": kind}, kind: body}}
    union = {"anyOf": [{"$ref": f"#/$defs/{kind}"} for kind in KINDS]}
    return {
        "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/block"}}},
        "$defs": {**blocks, "block": union},
    }


def block(depth: int, width: int, *, wrong: bool, text: str = "x" * 40) -> JsonObject:
    """The last leaf is the wrong one."""
    kind = KINDS[-1 - depth]
    if depth == 0:
        return {"type": kind, kind: {"text": 5 if wrong else text}}
    inside = [block(depth - 1, width, wrong=wrong and number == width - 1, text=text) for number in range(width)]
    return {"type": kind, kind: {"text": "x", "children": inside}}


@pytest.mark.parametrize("text", ["x" * 40, "7" * 15], ids=["words", "digits, each of which may mean an integer"])
@pytest.mark.parametrize("width", [2, 4, 9], ids=["2 kB", "30 kB", "640 kB"])
async def test_a_page_of_blocks_with_one_wrong_leaf(shop: OpenShop, open_desk: OpenDesk, width: int, text: str) -> None:
    desk = await open_desk(shop.address, draft=taking(page()))
    blocks = [block(3, width, wrong=number == width - 1, text=text) for number in range(width)]
    (only,) = (await refusal(desk, {"children": blocks})).violations
    last = width - 1
    way = "".join(f"/children/{last}/{kind}" for kind in (KINDS[-4], KINDS[-3], KINDS[-2], KINDS[-1]))
    assert only.pointer == f"{way}/text"
    assert only.expected.startswith('the value is not of type "string"')


@pytest.mark.parametrize(
    "large",
    [[0] * 49_000, ["x" * 14] * 49_000, [1.234567890123456e-77] * 40_000, {f"{number:020}": {} for number in range(20_000)}],
    ids=["numbers", "texts", "fractions", "names"],
)
async def test_arguments_of_up_to_a_megabyte_that_fit(shop: OpenShop, open_desk: OpenDesk, large: object) -> None:
    desk = await open_desk(shop.address, draft=taking({"type": "object"}))
    async with measured_lag() as lag:
        assert (await desk.call("list_orders", {"large": large})).invocation.state is InvocationState.SUCCEEDED
    assert lag.worst < BOUND


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "application/xml", "multipart/form-data"])
async def test_arguments_of_up_to_a_megabyte_that_are_written_as(shop: OpenShop, open_desk: OpenDesk, media_type: str) -> None:
    desk = await open_desk(shop.address, draft=partial(writing, media_type))
    async with measured_lag() as lag:
        await desk.call("create_order", {"body": {f"n{number:05}": "x" for number in range(8_000)}})
    assert lag.worst < BOUND


def redaction(names: int) -> float:
    """Processor seconds for so many names, each of which has to be looked up in so many alternatives; the least of three."""
    wide: JsonObject = {"anyOf": [{"properties": {f"{number:020}": {}}} for number in range(names // 10)]}
    arguments: JsonObject = {"large": {f"{number:020}": {} for number in range(names)}}
    schema: JsonObject = {"properties": {"large": wide}}
    times = []
    for _ in range(3):
        began = process_time()
        redact(arguments, schema)
        times.append(process_time() - began)
    return min(times)


def test_arguments_of_up_to_a_megabyte_that_a_person_reviews() -> None:
    assert redaction(20_000) < 3 * redaction(10_000)


async def test_a_caller_that_may_call_nothing_has_nothing_worked_on(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=taking(page()), rule=Rule())
    with pytest.raises(NotPermitted):
        await desk.call("list_orders", {"children": [{"type": "none"}]})
