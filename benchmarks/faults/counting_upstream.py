"""An upstream that writes down its effects, and misbehaves at times: a process of its own, `UpstreamProcess` speaks to it.

Its first line on the standard input is its settings; each further one is an order. An order's fields: `trouble`, the share of
requests at which it misbehaves; `linger`, the seconds that honest answers to what has acted take; `kill` and `at`, the process
that it kills at the next moment of that name. It ends with the input.
"""

import asyncio
import json
import os
import random
import signal
import socket
import struct
import sys
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import Any

from benchmarks.faults.upstream_log import Request

ON_REQUEST, ON_ANSWER = "request", "answer"
_ANSWER = b'{"charged": true}'


class Mood(StrEnum):
    """How the upstream treats a request."""

    HONEST = "acts and answers"
    BUSY = "does nothing, and says that it is busy"
    STRICT = "does nothing, and says that it was asked too often"
    DEAF = "does nothing and hangs up"
    MUTE = "acts and hangs up"
    HALF = "acts, and hangs up within its answer"
    SLOW = "acts, and answers late"
    HANGING = "acts, and answers very late"


_TROUBLE = (Mood.BUSY, Mood.STRICT, Mood.DEAF, Mood.MUTE, Mood.HALF, Mood.SLOW, Mood.HANGING, Mood.HANGING)
_IDLE = frozenset({Mood.BUSY, Mood.STRICT, Mood.DEAF})
_STATUS = {Mood.BUSY: 503, Mood.STRICT: 429, Mood.DEAF: 0, Mood.MUTE: 0, Mood.HALF: 0}
#: Seconds, from and to. HANGING lasts longer than a gateway is silent, and at times longer than its leases.
_LATE = {Mood.HONEST: (0.0, 0.0), Mood.SLOW: (0.1, 2.0), Mood.HANGING: (6.0, 16.0)}


class CountingUpstream:
    def __init__(self, log: Path, secret: str, seed: int) -> None:
        """`secret`: the bearer token without which it refuses a request; empty for none."""
        self.trouble = 0.0
        self.linger = 0.0
        self.kill: int | None = None
        self.at = ""
        self._expected = f"bearer {secret}" if secret else ""
        self._dice = random.Random(seed)
        self._log = log.open("a", buffering=1)

    def obey(self, order: dict[str, Any]) -> None:
        for name, value in order.items():
            setattr(self, name, value)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await self._meet(reader, writer)
        writer.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, charge, headers = await _read_request(reader)
        self._strike(ON_REQUEST)
        if headers.get("authorization", "").lower() != self._expected.lower():
            self._note(Request(monotonic(), method, charge, acted=False, status=401))
            _answer(writer, 401, b"{}")
            return
        mood = self._dice.choice(_TROUBLE) if self._dice.random() < self.trouble else Mood.HONEST
        acts = mood not in _IDLE and method != "GET"
        self._note(Request(monotonic(), method, charge, acts, _STATUS.get(mood, 200)))
        await self._respond(writer, mood, self.linger if acts and mood is Mood.HONEST else 0.0)
        self._strike(ON_ANSWER)

    def _note(self, request: Request) -> None:
        self._log.write(request.line())

    def _strike(self, moment: str) -> None:
        if self.kill is not None and self.at == moment:
            with suppress(ProcessLookupError):  # another fault was faster
                os.kill(self.kill, signal.SIGKILL)
            self.kill = None
            _say(struck=moment)

    async def _respond(self, writer: asyncio.StreamWriter, mood: Mood, linger: float) -> None:
        match mood:
            case Mood.BUSY | Mood.STRICT:
                _answer(writer, _STATUS[mood], b"{}")
            case Mood.DEAF | Mood.MUTE:
                _reset(writer)
            case Mood.HALF:
                _answer(writer, 200, _ANSWER, claimed=2 * len(_ANSWER))
                await writer.drain()
                _reset(writer)
            case Mood.HONEST | Mood.SLOW | Mood.HANGING:
                await asyncio.sleep(linger + self._dice.uniform(*_LATE[mood]))
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


def _say(**message: Any) -> None:
    print(json.dumps(message), flush=True)


async def main() -> None:
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    settings = json.loads(await orders.readline())
    upstream = CountingUpstream(Path(settings["log"]), settings["secret"], settings["seed"])
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0, backlog=512)
    _say(port=server.sockets[0].getsockname()[1])
    while order := await orders.readline():
        upstream.obey(json.loads(order))


if __name__ == "__main__":
    asyncio.run(main())
