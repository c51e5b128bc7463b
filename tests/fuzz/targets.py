"""What reads strangers' bytes on the wire and in manifests, each as a function of bytes that ends well or raises.

Without atheris: `test_targets` gives each its seeds with changes, at each `make test`; `wire` gives more, in `make check-fuzz`.
What a reader may raise is an answer of its own kind, and caught here. Whatever else leaves `read` is a crash, and so is time or
memory out of proportion to the bytes.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import thread_time
from typing import Any, TypeVar, cast

import orjson

from gateway.decisions.answers import answer_of
from gateway.decisions.result_policy import decide
from gateway.decisions.retry_after import parse_retry_after
from registry.calling import answer_headers
from registry.calling.links import MOST, read_links
from registry.manifest.reader import read_manifest
from registry.model.clean_text import clean, count_hidden, visible
from registry.model.errors import ManifestInvalid
from registry.model.media_types import kind_of
from registry.model.tool import Effect
from sandbox.api.job import Job
from sandbox.api.result import Completed, Faulted, Responded
from sandbox.box.frames import FrameKind, encode
from sandbox.box.request_session import RequestSession
from sandbox.box.runner_connection import RunnerConnection
from sandbox.egress.client_hello import LONGEST_HELLO, NoHello, read_client_hello

T = TypeVar("T")

NOW = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://api.example.com/things?page=1"
JOB = Job("GET", URL, (), None, timeout=5.0, response_bytes=4_096)

#: Seconds that any input may take, and one of so many bytes for each of them.
LEAST, EACH = 0.25, 20e-6


def headers(raw: bytes) -> None:
    """Bytes as an answer's header fields: what the gateway makes of them, for its record and for the next attempt."""
    fields = [line.partition(":") for line in raw.decode("latin-1").split("\n")]
    given = [(name.strip().lower(), value.strip()) for name, _, value in fields]
    answer = _answered(orjson.dumps({"status": 200 if raw[:1] < b"m" else 429, "headers": given}))
    assert isinstance(answer, Responded | Faulted)
    if isinstance(answer, Faulted):
        return
    links = read_links(answer.headers, URL)
    assert len(links) <= MOST
    told = answer_of(answer, "GET", URL)
    assert told is not None
    assert len(told.headers) <= answer_headers.MOST
    decide(answer, Effect.READ, told)
    for _, value in given:
        assert (parse_retry_after(value, NOW) or 0.0) >= 0.0
        kind_of(value)
        assert count_hidden(clean(value)) == count_hidden(visible(value)) == 0


def frames(raw: bytes) -> None:
    """Bytes as all that a runner says: a session ends with a result, and keeps no more than the job's bounds."""
    result = _session(raw)
    assert isinstance(result, Responded | Faulted)
    if isinstance(result, Responded):
        assert len(result.body) <= 3 * JOB.response_bytes
        decide(result, Effect.NON_IDEMPOTENT, answer_of(result, "POST", URL))


def hellos(raw: bytes) -> None:
    """Bytes as a TLS client's first: a hello, or none."""

    async def read() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(raw)
        reader.feed_eof()
        with suppress(NoHello):
            hello = await read_client_hello(reader)
            assert raw.startswith(hello.raw)
            assert len(hello.raw) <= LONGEST_HELLO
            assert hello.server_name is None or (hello.server_name and hello.server_name.isascii())

    _run(read())


def manifests(raw: bytes) -> None:
    """Bytes as an operator's manifest: read, or refused with a place."""
    with suppress(ManifestInvalid):
        read_manifest(raw)


class _Transport:
    """Takes what is written, and never stops a reader."""

    def __getattr__(self, _: str) -> Callable[..., bool]:
        return lambda *_: False


def _session(said: bytes) -> Responded | Completed | Faulted:
    async def exchange() -> Responded | Completed | Faulted:
        connection = RunnerConnection(lambda _: None)
        connection.connection_made(cast(asyncio.BaseTransport, _Transport()))
        exchanging = asyncio.create_task(RequestSession(connection, JOB, _permit).exchange())
        await asyncio.sleep(0)
        for at in range(0, len(said), 65_536):
            connection.data_received(said[at : at + 65_536])
        connection.eof_received()
        return await exchanging

    return _run(exchange())


async def _permit() -> float | None:
    return 1.0


def _answered(head: bytes) -> Responded | Completed | Faulted:
    end = encode(FrameKind.BODY, b"{}") + encode(FrameKind.END, b'{"phases": []}')
    return _session(encode(FrameKind.ASK) + encode(FrameKind.HEAD, head) + end)


def _run(step: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner() as runner:
        return runner.run(step)


@dataclass(frozen=True, slots=True)
class Target:
    """A reader, and what its inputs begin with. `memory`: bytes that one of 64 kB may take while it is read."""

    reader: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    memory: int = 16 << 20

    def read(self, raw: bytes) -> None:
        """Raises AssertionError where the time is out of proportion, too."""
        began = thread_time()
        self.reader(raw)
        took = thread_time() - began
        assert took <= LEAST + EACH * len(raw), f"{len(raw)} bytes took {took:.2f} s"


def _headers() -> Iterator[bytes]:
    links = b"""Link: <?page=2>; rel="next", </x>;rel='a b';title="q\\""\n"""
    yield b"Content-Type: application/json; charset=utf-8\n" + links + b"Date: Thu, 01 Jan 2026 00:00:00 GMT"
    cookie = b"set-cookie: a=b; Path=/; Expires=Wed, 09 Jun 2021 10:18:14 GMT\n"
    yield cookie + b"retry-after: Fri, 31 Dec 1999 23:59:59 GMT\nretry-after: 120"
    file = b"content-disposition: attachment; filename*=UTF-8''%e2%82%ac\n"
    yield b"m: 1\nRetry-After: 9999999999999999999999\nX: \xe2\x80\xae\x1b[31m\x9d0;x\x9c\n" + file


def _frames() -> Iterator[bytes]:
    ask, body = encode(FrameKind.ASK), encode(FrameKind.BODY, b'{"id": 1}')
    head = encode(
        FrameKind.HEAD, b'{"status": 200, "headers": [["content-type", "application/json"], ["link", "<a>;rel=next"]]}'
    )
    phase = b'{"phases": [{"name": "connect", "offset_us": 12, "duration_us": 3.5}]}'
    yield ask + head + body + body + encode(FrameKind.END, phase)
    fault = b'{"fault": "UPSTREAM_UNREACHABLE", "evidence": "NOT_SENT", "message": "no", "phases": []}'
    yield ask + encode(FrameKind.FAULT, fault)
    yield ask + head + body + encode(FrameKind.FAULT, fault.replace(b"NOT_SENT", b"SENT"))
    for depth in (500, 1_000, 1_018):  # in place of a text, to be written as one
        nested = b"[" * depth + b"]" * depth
        yield ask + encode(FrameKind.FAULT, fault.replace(b'"no"', nested))
        yield ask + encode(FrameKind.HEAD, b'{"status": 200, "headers": [["a", ' + nested + b"]]}")
        yield ask + head + encode(FrameKind.END, phase.replace(b'"connect"', nested))


def _hellos() -> Iterator[bytes]:
    def vector(width: int, content: bytes) -> bytes:
        return len(content).to_bytes(width) + content

    name = vector(2, b"\0" + vector(2, b"api.example.com"))
    extensions = vector(2, b"\0\0" + vector(2, name) + b"\0\x2b" + vector(2, b"\x02\x03\x04"))
    body = b"\x03\x03" + 32 * b"r" + vector(1, b"s" * 32) + vector(2, b"\x13\x01") + vector(1, b"\0") + extensions
    message = b"\x01" + vector(3, body)
    yield b"\x16\x03\x01" + vector(2, message)
    yield b"".join(b"\x16\x03\x01" + vector(2, message[at : at + 40]) for at in range(0, len(message), 40))


def _manifests() -> Iterator[bytes]:
    yield b"""toolset: orders
server: https://api.example.com
include: ["GET /orders*", tag:x]
credentials: {bearerAuth: {path: secret/data/orders, field: token}}
defaults: {limits: {timeout: 10, max_attempts: 2}, not_done_statuses: [429, 503]}
groups: [{match: ["*"], settings: {requires_approval: true}}]
operations:
  createOrder: &o {name: create, effect: NON_IDEMPOTENT, cost: 0.5, retry: {budget: 0.1}}
  other: *o
"""
    yield b'{"toolset": "t", "operations": {"a": {"fallback": {"tool": "b@1", "arguments": {"x": "/y"}}, "cost": 1}}}'


TARGETS = {
    # Of line ends alone, each byte is a field with a name and a value.
    "headers": Target(headers, _headers, memory=64 << 20),
    "frames": Target(frames, _frames),
    "hellos": Target(hellos, _hellos),
    "manifests": Target(manifests, _manifests, memory=64 << 20),
}
