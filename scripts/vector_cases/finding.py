"""What a model is told by `search_tools` and `describe_tool`, and of which call `call_tool` is about. Tools are given as the
API's messages, in protobuf's JSON."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, cast

from google.protobuf.json_format import ParseDict

from callgate import convert
from callgate.adapters.finding import describe, search
from callgate.adapters.forms import PLAIN
from callgate.adapters.inner_calls import SEARCH, meant
from callgate.adapters.meta_tools import Scope, meta_offers
from callgate.aio import AsyncClient
from callgate.errors import ToolNotFound
from callgate.types import FoundTool, Tool
from callgate.v1 import tool_pb2
from scripts.vector_cases.answers import plain

MISSING = "there is no such tool"


def _schema(**properties: Any) -> str:
    schema = {"type": "object", "properties": properties, "required": [*properties][:1]}
    return b64encode(json.dumps(schema).encode()).decode()


TEXT = {"type": "string", "description": 'a "quoted" größe 😀\n'}
TOOLS: tuple[Mapping[str, Any], ...] = (
    {"name": "order", "toolset": "shop", "description": "Order a lamp.", "effect": "EFFECT_KEYED"},
    {
        "name": "stock",
        "toolset": "shop",
        "description": "D" * 400,
        "effect": "EFFECT_READ",
        "inputSchemaJson": _schema(id=TEXT),
    },
    {
        "name": "refund",
        "toolset": "bank",
        "effect": "EFFECT_NON_IDEMPOTENT",
        "deprecated": True,
        "requiresApproval": True,
        "schemaLeftOut": ["/properties/x"],
        "inputSchemaJson": _schema(
            **{f"p{number}": {"type": "integer", "minimum": -1, "default": None} for number in range(40)}
        ),
    },
)

ASKED: tuple[tuple[str, str], ...] = (
    ("search_tools", '{"query": "order"}'),
    ("search_tools", '{"query": "order", "limit": 1}'),
    ("search_tools", '{"query": "order", "limit": 51}'),
    ("search_tools", '{"query": "order", "limit": "all"}'),
    ("search_tools", '{"query": " "}'),
    ("search_tools", '{"query": 7}'),
    ("search_tools", "{}"),
    ("search_tools", json.dumps({"query": "q" * 1_001})),
    ("describe_tool", '{"name": "order"}'),
    ("describe_tool", '{"name": "stock"}'),
    ("describe_tool", '{"name": "refund"}'),
    ("describe_tool", '{"name": "none"}'),
    ("describe_tool", '{"name": "no name"}'),
    ("describe_tool", '{"name": 7}'),
    ("describe_tool", "{}"),
)
SCOPES: tuple[Mapping[str, str], ...] = ({}, {"toolset": "shop"}, {"name": "re*"}, {"toolset": "shop", "name": "[!o]*"})

MEANT = (
    ("call_tool", '{"name": "order", "arguments": {"item": "lamp"}}'),
    ("call_tool", '{"name": "order", "arguments": "{\\"item\\": 9007199254740993}"}'),
    ("call_tool", '{"name": "order", "arguments": ""}'),
    ("call_tool", '{"name": "order"}'),
    ("call_tool", '{"name": "order", "arguments": null}'),
    ("call_tool", '{"name": "order", "arguments": [1]}'),
    ("call_tool", '{"name": "order", "arguments": "{"}'),
    ("call_tool", '{"name": "order@1.0.0", "arguments": {}}'),
    ("call_tool", '{"name": "order", "arguments": {}, "more": 1}'),
    ("call_tool", "{}"),
    ("describe_tool", '{"name": "order"}'),
)


def vectors() -> Mapping[str, list[Any]]:
    return {
        "tools": [*TOOLS],
        "offers": [_offer(one) for one in meta_offers(None, None, as_text=False)],
        "finding": [_found(asked, said, scope, shown) for asked, said in ASKED for scope in SCOPES for shown in (20_000, 60)],
        "meant": [_meant(asked, said) for asked, said in MEANT],
    }


class _Catalog:
    """In the place of a client: it has these tools, whatever is asked for, and each in every form."""

    def __init__(self) -> None:
        self.tools = self
        self._all = [convert.tool(ParseDict(dict(one), tool_pb2.Tool())) for one in TOOLS]

    async def search(self, _: str, *, toolset: str | None, limit: int) -> list[FoundTool]:
        return [FoundTool(one, 1.0) for one in self._all if toolset in (None, one.toolset)][:limit]

    async def get(self, name: str, **_: Any) -> Tool:
        for one in self._all:
            if name in (one.name, one.reference):
                return one
        raise ToolNotFound(MISSING)


def _offer(offer: Any) -> Mapping[str, Any]:
    hints = dict(offer.hints.annotations)
    return {"name": offer.name, "description": offer.description, "schema": dict(offer.schema), "hints": hints}


def _found(asked: str, said: str, scope: Mapping[str, str], shown: int) -> Mapping[str, Any]:
    client, within = cast(AsyncClient, _Catalog()), Scope(scope.get("toolset"), scope.get("name"))
    work = (
        search(client, json.loads(said), within, shown)
        if asked == SEARCH
        else describe(client, json.loads(said), within, PLAIN, shown)
    )
    return {"asked": asked, "given": said, "scope": scope, "shown": shown, "answer": plain(asyncio.run(work))}


def _meant(asked: str, said: str) -> Mapping[str, Any]:
    name, arguments = meant(asked, json.loads(said))
    return {"asked": asked, "given": said, "name": name, "meant": json.dumps(arguments)}
