"""SearchTools at the edge: who finds what, what is refused, and that an answer tells of tools as they are now."""

import json
from typing import Any

import pytest

from callgate import AsyncClient, Effect, SchemaForm, VersionState
from callgate.errors import RequestInvalid
from callgate.types import FoundTool

PATHS: dict[str, dict[str, Any]] = {
    "/orders": {
        "get": {"operationId": "list_orders", "summary": "List all orders", "tags": ["Orders"]},
        "post": {"operationId": "create_order", "summary": "Create an order", "tags": ["Orders", "Buying"]},
    },
    "/orders/{id}": {
        "get": {"operationId": "get_order", "summary": "Get an order by its id", "tags": ["Orders"]},
        "delete": {"operationId": "cancel_order", "summary": "Cancel an order", "tags": ["Orders"]},
    },
    "/invoices": {"get": {"operationId": "list_invoices", "summary": "List invoices of a customer", "tags": ["Money"]}},
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def document(paths: dict[str, dict[str, Any]] = PATHS) -> bytes:
    about = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": [{"url": "https://api.example.com"}]}
    whole = {
        path: {
            method: {**operation, "parameters": [ID] if "{id}" in path else [], "responses": {"200": {"description": "it"}}}
            for method, operation in item.items()
        }
        for path, item in paths.items()
    }
    return json.dumps({**about, "paths": whole}).encode()


def names(found: tuple[FoundTool, ...]) -> list[str]:
    return [one.tool.name for one in found]


@pytest.fixture
async def shop(operator: AsyncClient) -> AsyncClient:
    await operator.toolsets.import_openapi(document(), "shop")
    return operator


async def test_the_tool_that_fits_best_comes_first_and_scores_fall(shop: AsyncClient) -> None:
    found = await shop.tools.search("cancelling an order of mine")
    assert names(found)[0] == "cancel_order"
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0


async def test_a_tool_of_which_no_word_fits_is_not_found(shop: AsyncClient) -> None:
    assert await shop.tools.search("weather in Paris") == ()
    assert "list_invoices" not in names(await shop.tools.search("cancel"))


async def test_filters_narrow_what_is_found(shop: AsyncClient, operator: AsyncClient) -> None:
    other = {"/orders": {"get": {"operationId": "peek_orders", "summary": "List all orders"}}}
    await operator.toolsets.import_openapi(document(other), "mirror")
    assert "peek_orders" in names(await shop.tools.search("orders"))
    assert names(await shop.tools.search("orders", toolset="mirror")) == ["peek_orders"]
    assert names(await shop.tools.search("orders", toolset="shop", effects=[Effect.NON_IDEMPOTENT])) == ["create_order"]
    assert names(await shop.tools.search("order", tags=["buying", "ORDERS"])) == ["create_order"]
    assert await shop.tools.search("order", tags=["Buying", "Money"]) == ()
    assert len(await shop.tools.search("order", limit=2)) == 2


async def test_what_was_imported_promoted_or_switched_off_a_moment_ago_is_seen(operator: AsyncClient) -> None:
    assert await operator.tools.search("order") == ()
    await operator.toolsets.import_openapi(document(), "shop")
    assert "cancel_order" in names(await operator.tools.search("cancel order"))
    await operator.tools.set_state("cancel_order", VersionState.DISABLED)
    assert "cancel_order" not in names(await operator.tools.search("cancel order"))
    await operator.tools.set_state("cancel_order", VersionState.ACTIVE)
    assert names(await operator.tools.search("cancel order"))[0] == "cancel_order"


async def test_a_new_version_is_found_by_its_own_words(shop: AsyncClient) -> None:
    changed = {"/orders/{id}": {"delete": {**PATHS["/orders/{id}"]["delete"], "summary": "Revoke a purchase"}}}
    await shop.toolsets.import_openapi(document({**PATHS, **changed}), "shop")
    waiting = await shop.tools.search("revoke purchase")
    assert "cancel_order" not in names(waiting)  # it tells the model other words, so it waits
    await shop.tools.set_state("cancel_order", VersionState.ACTIVE)
    found = await shop.tools.search("revoke purchase")
    assert (found[0].tool.name, found[0].tool.description) == ("cancel_order", "Revoke a purchase")


async def test_schemas_are_in_the_form_that_is_asked_for(shop: AsyncClient) -> None:
    (strict,) = await shop.tools.search("get order by id", limit=1, schema_form=SchemaForm.STRICT)
    assert strict.tool == await shop.tools.get("get_order", schema_form=SchemaForm.STRICT)


@pytest.mark.parametrize(
    ("query", "how"),
    [
        (" \n", {}),
        ("x" * 1001, {}),
        ("order", {"limit": 51}),
        ("order", {"effects": [Effect.UNSPECIFIED]}),
        ("order", {"tags": ["x"] * 21}),
        ("order", {"tags": ["x" * 101]}),
        ("order", {"tags": [""]}),
    ],
)
async def test_what_is_out_of_bounds_is_refused(operator: AsyncClient, query: str, how: dict[str, Any]) -> None:
    with pytest.raises(RequestInvalid) as refused:
        await operator.tools.search(query, **how)
    assert refused.value.cure


async def test_odd_queries_are_answered(shop: AsyncClient) -> None:
    for query in (
        "the",
        "!!!",
        "\0",
        "١٢٣",
        "注文をキャンセル",
        "🛒" * 500,
        "a b " * 250,
        "x" * 1000,
        "order " * 166,
        "\ud7ff",
    ):
        assert isinstance(await shop.tools.search(query), tuple)
