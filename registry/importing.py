"""Bytes → drafts, off the event loop: a large document takes seconds, and other calls must not wait for it."""

import asyncio

from registry.compiling import compile_document
from registry.loading import load
from registry.toolset import Compiled, ToolsetHeader


async def compile_toolset(raw: bytes, header: ToolsetHeader) -> Compiled:
    """Raises DocumentInvalid and DocumentTooLarge."""
    return await asyncio.to_thread(_compile, raw, header)


def _compile(raw: bytes, header: ToolsetHeader) -> Compiled:
    return compile_document(load(raw), header)
