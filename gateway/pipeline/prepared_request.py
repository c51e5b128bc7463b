"""Arguments → the request that they mean: large ones in a thread, which gives way to other calls."""

import asyncio

from gateway.model.principal import Principal
from registry.calling.arguments import Arguments
from registry.calling.request import HttpRequest, ProgramInput, prepare
from registry.checking.argument_checker import ARGUMENT_BYTES
from registry.model.tool import CALLER_PARTS, ToolVersion


async def prepared_request(version: ToolVersion, arguments: Arguments, caller: Principal) -> HttpRequest | ProgramInput:
    """Raises RequestRefused. A form or XML of tens of thousands of values is work for some hundred milliseconds."""
    parts = {part: getattr(caller, part) for part in CALLER_PARTS}
    if len(arguments.canonical) <= ARGUMENT_BYTES:
        return prepare(version, arguments, parts)
    return await asyncio.to_thread(prepare, version, arguments, parts)
