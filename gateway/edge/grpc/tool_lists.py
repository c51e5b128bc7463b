"""How tools are listed: which of them, how much of each, and in which form their schemas are written."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import orjson

from callgate.v1 import catalog_service_pb2 as pb
from callgate.v1 import tool_pb2
from gateway.edge.grpc import invocation_wire
from gateway.edge.grpc.enums import word
from gateway.edge.grpc.paced import Source
from gateway.model.errors import RequestInvalid
from registry.catalog.catalog import Catalog
from registry.catalog.tool_entry import ToolEntry
from registry.schema.provider_variants import Variant, VariantImpossible, variant
from registry.schema.reduced import reduced
from registry.schema.token_budget import TOKEN_BUDGET, tokens_of

#: Characters of a pattern of names.
LONGEST_PATTERN = 200


def source_of(catalog: Catalog, request: pb.ListToolsRequest) -> Source[Any]:
    """Raises RequestInvalid."""
    fits, form = _pattern(request.name_pattern), form_from(request.schema_form, request.token_budget)
    toolset = request.toolset or None
    if request.view == pb.TOOL_VIEW_NAMES:
        entries = partial(catalog.entries, toolset)
        return Source(entries, lambda one: one.name, lambda one: one.current is not None and fits(one.name), _named)
    if request.view != pb.TOOL_VIEW_UNSPECIFIED:
        raise RequestInvalid("view is not one that this gateway knows")
    read = partial(catalog.list, toolset)
    return Source(
        read,
        _name,
        lambda one: fits(_name(one)),
        invocation_wire.listed_tool,
        finish=partial(in_form, form=form) if form else None,
    )


@dataclass(frozen=True, slots=True)
class WantedForm:
    """How a caller wants input schemas to be written: as a variant or, where there is none, within so many tokens."""

    variant: Variant | None
    tokens: int


def form_from(number: int, tokens: int) -> WantedForm | None:
    """None: the tool's own. Raises RequestInvalid."""
    if not number:
        return None
    if number == tool_pb2.SCHEMA_FORM_REDUCED:
        return WantedForm(None, tokens or TOKEN_BUDGET)
    try:
        return WantedForm(Variant(word(tool_pb2.SchemaForm, number)), 0)
    except ValueError:
        raise RequestInvalid("schema_form is not one that this gateway knows") from None


async def in_form(message: tool_pb2.Tool, form: WantedForm | None) -> tool_pb2.Tool:
    """The tool with its input schema in that form. Where the schema has no such form, its own, and why."""
    if form is not None:
        await asyncio.to_thread(_write, message, form)
    return message


def _write(message: tool_pb2.Tool, form: WantedForm) -> None:
    if form.variant is None:
        _reduce(message, form.tokens)
        return
    try:
        message.input_schema_json = orjson.dumps(variant(orjson.loads(message.input_schema_json), form.variant))
    except VariantImpossible as impossible:
        message.schema_form_refusal = str(impossible)
    except orjson.JSONEncodeError:
        message.schema_form_refusal = "written out, the schema is nested too deep"


def _reduce(message: tool_pb2.Tool, tokens: int) -> None:
    """The budget is the tool's: its name and description take their part of it."""
    found = reduced(orjson.loads(message.input_schema_json), tokens - tokens_of(message.name, message.description, {}))
    message.input_schema_json = orjson.dumps(found.schema)
    message.schema_left_out.extend(found.left_out)


def _pattern(given: str) -> Callable[[str], bool]:
    if len(given) > LONGEST_PATTERN:
        raise RequestInvalid(f"name_pattern must be of at most {LONGEST_PATTERN} characters")
    return lambda name: not given or fnmatchcase(name, given)


def _name(listed: Any) -> str:
    return str(listed.version.draft.name)


def _named(entry: ToolEntry) -> tool_pb2.Tool:
    current = entry.current
    if current is None:
        raise AssertionError("only tools that may be called are listed")
    state = f"VERSION_STATE_{current.state}"
    return tool_pb2.Tool(name=entry.name, version=current.version, digest=current.digest, toolset=entry.toolset, state=state)
