"""Calls whose arguments a model has made by the strict form of a schema, in which it writes null for what it leaves out.

A null that the tool's own schema does not know counts as absent in any call (`registry.schema.meant`), once the arguments do
not fit as they are. Here each one is taken out before that: by the strict form it can mean nothing else.
"""

import asyncio
from dataclasses import replace

import orjson

from gateway.pipeline.call import Call
from registry.calling.arguments import canonical, parse
from registry.model.errors import ArgumentsInvalid, Violation
from registry.model.tool import JsonObject, ToolVersion
from registry.schema.applying import TooManyLooks
from registry.schema.meant import without_absent, without_nulls

_TOO_MANY = Violation("", "arguments without nulls: to find out what each null means takes too long")
_CURE = "Leave out what is to be absent, and send the call without `schema_form`."


async def as_meant(version: ToolVersion, call: Call) -> Call:
    """The call as one without these nulls: it is checked and kept like that. Raises ArgumentsInvalid.

    It is known again by what was said (`Call.said`), with no null at all: another version of the tool, of which a null may mean
    something, must not take the same request for another call.
    """
    if not call.strict or b"null" not in call.args_json:
        return call
    meant, said = await asyncio.to_thread(_meant, version.draft.input_schema, call.args_json)
    return replace(call, args_json=meant, said=said)


def _meant(schema: JsonObject, args_json: bytes) -> tuple[bytes, bytes]:
    arguments = parse(args_json)
    try:
        return orjson.dumps(without_absent(arguments, schema)), canonical(without_nulls(arguments))
    except TooManyLooks:
        raise ArgumentsInvalid((_TOO_MANY,), cure=_CURE) from None
