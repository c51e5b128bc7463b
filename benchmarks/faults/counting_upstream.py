"""An upstream that counts its effects, and misbehaves at times."""

import asyncio
import json
import random
import socket
import struct
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Any, Self

_EVERYDAY_TROUBLE = 0.1
_ANSWER = b'{"charged": true}'


class Mood(StrEnum):
    """How the upstream treats a request."""

    HONEST = "acts and answers"
    BUSY = "does nothing and says so"
    DEAF = "does nothing and hangs up"
    MUTE = "acts and hangs up"
    HALF = "acts, and hangs up within its answer"
    SLOW = "acts, and answers late"
    HANGING = "acts, and answers very late"


_TROUBLE = (Mood.BUSY, Mood.BUSY, Mood.DEAF, Mood.MUTE, Mood.HALF, Mood.SLOW, Mood.HANGING, Mood.HANGING)
_ACTS = frozenset(Mood) - {Mood.BUSY, Mood.DEAF}
#: Seconds, from and to. HANGING lasts longer than a gateway is silent, and at times longer than its leases.
_LATE = {Mood.HONEST: (0.0, 0.0), Mood.SLOW: (0.1, 2.0), Mood.HANGING: (6.0, 16.0)}


class CountingUpstream:
    """`made` counts the effects of POST for each charge, `replaced` those of PUT.

    `trouble` is the share of requests at which the upstream misbehaves. Use it as an asynchronous context manager.
    """

    def __init__(self, secret: str | None, dice: random.Random) -> None:
        """`secret`: the bearer token without which the upstream refuses a request."""
        self.made: Counter[str] = Counter()
        self.replaced: Counter[str] = Counter()
        self.refused = 0
        self.trouble = _EVERYDAY_TROUBLE
        self.on_request: Callable[[], None] | None = None
        self.on_answer: Callable[[], None] | None = None
        self._expected = f"bearer {secret}" if secret else ""
        self._dice = dice
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            self._server.close()

    @property
    def url(self) -> str:
        if self._server is None:
            raise RuntimeError("the upstream has not started")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await self._meet(reader, writer)
        writer.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, charge, headers = await _read_request(reader)
        _call(self.on_request)
        if headers.get("authorization", "").lower() != self._expected.lower():
            self.refused += 1
            _answer(writer, 401, b"{}")
            return
        mood = self._dice.choice(_TROUBLE) if self._dice.random() < self.trouble else Mood.HONEST
        if mood in _ACTS:
            self._act(method, charge)
        await self._respond(writer, mood)
        _call(self.on_answer)

    def _act(self, method: str, charge: str) -> None:
        if method == "POST":
            self.made[charge] += 1
        elif method == "PUT":
            self.replaced[charge] += 1

    async def _respond(self, writer: asyncio.StreamWriter, mood: Mood) -> None:
        match mood:
            case Mood.BUSY:
                _answer(writer, 503, b"{}")
            case Mood.DEAF | Mood.MUTE:
                _reset(writer)
            case Mood.HALF:
                _answer(writer, 200, _ANSWER, claimed=2 * len(_ANSWER))
                await writer.drain()
                _reset(writer)
            case Mood.HONEST | Mood.SLOW | Mood.HANGING:
                await asyncio.sleep(self._dice.uniform(*_LATE[mood]))
                _answer(writer, 200, _ANSWER)


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
    """Method, the path's last segment, and headers. Reads the body to its end: only a whole request has an effect."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    await reader.readexactly(int(headers.get("content-length", 0)))
    method, path, _ = request.split(" ", 2)
    return method, path.rpartition("/")[2], headers


def _answer(writer: asyncio.StreamWriter, status: int, body: bytes, *, claimed: int | None = None) -> None:
    length = len(body) if claimed is None else claimed
    head = f"HTTP/1.1 {status} .\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)


def _reset(writer: asyncio.StreamWriter) -> None:
    line: socket.socket = writer.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def _call(hook: Callable[[], None] | None) -> None:
    if hook is not None:
        hook()


def _operation(name: str, **more: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"charged": {"type": "boolean"}}}
    return {
        "operationId": name,
        "summary": name.replace("_", " ").capitalize(),
        "responses": {"200": {"description": "Done.", "content": {"application/json": {"schema": schema}}}},
        **more,
    }


def document(*, secured: bool) -> bytes:
    """The API in OpenAPI 3.0: POST is not idempotent, PUT is, GET reads."""
    amount = {"type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount"]}
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": amount}}}}
    charge = {"name": "charge", "in": "path", "required": True, "schema": {"type": "string"}}
    api: dict[str, Any] = {
        "openapi": "3.0.3",
        "info": {"title": "Charges", "version": "1"},
        "paths": {
            "/charges/{charge}": {
                "parameters": [charge],
                "post": _operation("create_charge", **body),
                "put": _operation("replace_charge", **body),
                "get": _operation("read_charge"),
            }
        },
    }
    if secured:
        api |= {"components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}, "security": [{"token": []}]}
    return json.dumps(api).encode()
