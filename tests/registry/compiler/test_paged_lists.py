"""Which lists plainly go on, and how: what `callgate toolset init` proposes."""

import json
from typing import Any

import pytest

from registry.compiler.compiler import compile_document
from registry.compiler.paged_lists import proposed_pages
from registry.document.loading import load
from registry.manifest.manifest import Manifest
from registry.manifest.toolset import ToolsetHeader

ITEMS = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}
TEXT = {"type": "string"}
LINK = {"Link": {"schema": TEXT}}


def _proposed(
    schema: dict[str, Any], *names: str, verb: str = "get", headers: dict[str, Any] | None = None
) -> dict[str, Any] | None:
    answer = {"description": "x", "content": {"application/json": {"schema": schema}}, "headers": headers or {}}
    parameters = [{"name": name, "in": "query", "schema": TEXT} for name in names]
    operation = {"operationId": "list", "parameters": parameters, "responses": {"200": answer}}
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/x": {verb: operation}}}
    header = ToolsetHeader("x", "https://api.example", manifest=Manifest())
    (draft,) = compile_document(load(json.dumps(document).encode()), header).drafts
    return proposed_pages(draft)


def _object(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members}


META = _object(data=ITEMS, meta=_object(next_cursor=TEXT))


@pytest.mark.parametrize(
    ("schema", "names", "proposed"),
    [
        (META, ["cursor"], {"kind": "cursor", "items": "/data", "next": "/meta/next_cursor", "argument": "cursor"}),
        (
            _object(files=ITEMS, nextPageToken=TEXT),
            ["pageToken", "page"],
            {"kind": "cursor", "items": "/files", "next": "/nextPageToken", "argument": "pageToken"},
        ),
        (
            _object(data=ITEMS, has_more={"type": "boolean"}),
            ["starting_after", "limit"],
            {"kind": "cursor", "items": "/data", "next": "/data/-/id", "more": "/has_more", "argument": "starting_after"},
        ),
        (ITEMS, ["page", "per_page"], {"kind": "page", "items": "", "argument": "page"}),
        (_object(rows=ITEMS), ["offset", "limit"], {"kind": "offset", "items": "/rows", "argument": "offset"}),
    ],
)
def test_what_is_plain_is_proposed(schema: dict[str, Any], names: list[str], proposed: dict[str, Any]) -> None:
    assert _proposed(schema, *names) == proposed


def test_a_declared_link_is_surer_than_a_number() -> None:
    assert _proposed(ITEMS, "page", headers=LINK) == {"kind": "link", "items": ""}


@pytest.mark.parametrize(
    ("schema", "names", "verb"),
    [
        (ITEMS, ["q"], "get"),
        (_object(a=ITEMS, b=ITEMS), ["page"], "get"),
        (_object(a=TEXT), ["page"], "get"),
        (META, ["limit"], "get"),
        (META, ["cursor"], "post"),
    ],
    ids=["no parameter", "two lists", "no list", "no cursor", "acts"],
)
def test_what_is_not_plain_is_not_proposed(schema: dict[str, Any], names: list[str], verb: str) -> None:
    assert _proposed(schema, *names, verb=verb) is None
