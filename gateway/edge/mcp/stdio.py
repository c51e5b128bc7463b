"""MCP over standard input and output: one JSON-RPC message a line, in UTF-8, as a host talks to a program that it has started.

What is no message is answered as JSON-RPC has it, and the next line is read; a line that is too long is passed over, and not
kept. Nothing else is ever written to standard output: what a library prints goes to standard error. It ends when its input
does.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import mcp_types as types
from mcp.server import Server
from mcp.shared.message import SessionMessage
from pydantic import ValidationError
from pydantic_core import from_json

from gateway.edge.mcp.lines import LineReader, LineWriter, TooLong

_NO_JSON = "The line is no JSON, or is nested too deep."
_NO_MESSAGE = "The line is no message of JSON-RPC 2.0; several in one list are none since 2025-06-18."


@dataclass(frozen=True, slots=True)
class NoMessage:
    """A line that is none, with its answer."""

    error: types.JSONRPCError


async def serve(server: Server[Any], standard_input: int, standard_output: int) -> None:
    """Serve one client, until the input ends. The descriptors are the server's alone from now on."""
    async with _streams(standard_input, standard_output) as (read, write):
        await server.run(read, write, server.create_initialization_options())


def taken_from_the_process() -> tuple[int, int]:
    """Descriptors for what is the process's standard input and output by now; whatever reads and prints there afterwards finds
    an empty input, and standard error."""
    kept = os.dup(0), os.dup(1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(2, 1)
    return kept


@asynccontextmanager
async def _streams(standard_input: int, standard_output: int) -> AsyncIterator[tuple[Any, Any]]:
    """What the SDK reads and writes."""
    to_server, read = anyio.create_memory_object_stream[SessionMessage | Exception]()
    write, from_server = anyio.create_memory_object_stream[SessionMessage]()
    writer = LineWriter(standard_output)

    async def bring() -> None:
        async with to_server:
            async for line in LineReader(standard_input):
                match _read(line):
                    case NoMessage(error):
                        await writer.write(_line(error))
                    case message:
                        await to_server.send(SessionMessage(message))

    async def take() -> None:
        async with from_server:
            async for answered in from_server:
                await writer.write(_line(answered.message))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bring)
        tasks.start_soon(take)
        yield read, write
        tasks.cancel_scope.cancel()
    await writer.close()


def _line(message: types.JSONRPCMessage) -> bytes:
    return message.model_dump_json(by_alias=True, exclude_unset=True).encode()


def _read(line: bytes | TooLong) -> types.JSONRPCMessage | NoMessage:
    """The message of a line, or what it is answered with."""
    if isinstance(line, TooLong):
        return _error(None, types.INVALID_REQUEST, str(line))
    try:
        found = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError:
        return _wrong(line)  # the error's own text repeats the line
    # A request with an id that is none passes for a notification: its client would wait for an answer for ever.
    return _wrong(line) if isinstance(found, types.JSONRPCNotification) and "id" in from_json(line) else found


def _wrong(line: bytes) -> NoMessage:
    try:
        said = from_json(line)
    except ValueError:
        return _error(None, types.PARSE_ERROR, _NO_JSON)
    given = said.get("id") if isinstance(said, dict) else None
    known = given if isinstance(given, str | int) and not isinstance(given, bool) else None
    return _error(known, types.INVALID_REQUEST, _NO_MESSAGE)


def _error(id: str | int | None, code: int, message: str) -> NoMessage:
    return NoMessage(types.JSONRPCError(jsonrpc="2.0", id=id, error=types.ErrorData(code=code, message=message)))
