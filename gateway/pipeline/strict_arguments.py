"""Calls whose arguments a model has made by the strict form of a schema, in which it writes null for what it leaves out."""

import asyncio
from dataclasses import replace

import orjson

from gateway.pipeline.call import Call
from registry.calling.arguments import parse
from registry.model.tool import JsonObject, ToolVersion
from registry.schema.absent import without_absent


async def as_meant(version: ToolVersion, call: Call) -> Call:
    """The call as one without these nulls: it has the same fingerprint, and is kept like that. Raises ArgumentsInvalid."""
    if not call.strict or b"null" not in call.args_json:
        return replace(call, strict=False) if call.strict else call
    meant = await asyncio.to_thread(_meant, version.draft.input_schema, call.args_json)
    return replace(call, args_json=meant, strict=False)


def _meant(schema: JsonObject, args_json: bytes) -> bytes:
    return orjson.dumps(without_absent(parse(args_json), schema))
