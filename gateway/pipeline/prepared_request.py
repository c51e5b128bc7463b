"""Arguments → the request that they mean: large ones in a thread, which gives way to other calls."""

import asyncio

from registry.calling.arguments import Arguments
from registry.calling.request import HttpRequest, ProgramInput, prepare
from registry.checking.argument_checker import ARGUMENT_BYTES
from registry.model.tool import ToolVersion


async def prepared_request(version: ToolVersion, arguments: Arguments) -> HttpRequest | ProgramInput:
    """Raises RequestRefused. A form or XML of tens of thousands of values is work for some hundred milliseconds."""
    if len(arguments.canonical) <= ARGUMENT_BYTES:
        return prepare(version, arguments)
    return await asyncio.to_thread(prepare, version, arguments)
