"""A pattern over what a stranger wrote took cubic time. Each pattern of the source is found here, and tried with hard texts."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from gateway.decisions.retry_after import parse_retry_after
from gateway.operations.box_misses import MISSES
from registry.calling import arguments
from registry.calling.links import read_links
from registry.calling.multipart import multipart
from registry.calling.redaction import redact
from registry.calling.xml_text import write_xml
from registry.document import loading, yaml_text
from registry.document.swagger import source_pointer
from registry.manifest.reader import read_manifest
from registry.model.clean_json import clean_document, shown_json
from registry.model.clean_text import clean, count_hidden, visible
from registry.model.errors import RegistryError
from registry.model.media_types import kind_of
from registry.model.operation_key import OperationKey
from registry.model.tool import Body
from registry.verify.known_judge_limits import _LIMITS
from sandbox.box import frames
from sandbox.box.frames import ProtocolViolation
from sandbox.box.reports import read_end, read_fault, read_head
from sandbox.egress.client_hello import NoHello, read_client_hello
from sandbox.egress.connect_request import read_authority
from sandbox.egress.resolve import Denied, parse_authority
from sandbox.engine.docker_answers import _ANY_CASE, ROWS
from sandbox.engine.registry_answers import ROWS as REGISTRY_ROWS
from tests.isolation.linear import SIZES, require_linear
from tests.isolation.patterns import Use, hard_texts, uses
from tests.security.hello import records

#: How patterns are used that stand in a table, or are handed on, by their module.
IN_TABLES = {
    "gateway.edge.grpc.connection_wire": "fullmatch",
    "gateway.cli.terminal.data": "match",
    "gateway.records.redis.wire.failure_rows": "search",
    "registry.document.swagger": "sub",
    "registry.schema.keywords": "sub",
    "registry.model.clean_text": "match",
    "callgate.bare_status": "search",
}
#: The patterns behind a name that the source does not tell.
BEHIND_NAMES = {
    "sandbox.engine.docker_answers": [re.compile(row.words, _ANY_CASE) for row in ROWS],
    "sandbox.engine.registry_answers": [re.compile(words, re.IGNORECASE) for _, words in REGISTRY_ROWS],
    "gateway.operations.box_misses": [re.compile(one.pattern, re.IGNORECASE) for one in MISSES],
    "registry.verify.known_judge_limits": [re.compile(limit.matches) for limit in _LIMITS],
}


def _found() -> Iterator[Use]:
    for use in uses():
        method = IN_TABLES.get(use.module, "?") if use.method == "?" else use.method
        patterns = BEHIND_NAMES.get(use.module, [None]) if use.pattern is None else [use.pattern]
        yield from (Use(use.module, one, method, use.line) for one in patterns)


FOUND = list(dict.fromkeys(_found()))


def test_the_source_has_patterns_and_each_is_known() -> None:
    assert len(FOUND) > 60
    unknown = [f"{use.module}, line {use.line}" for use in FOUND if use.pattern is None or use.method == "?"]
    assert unknown == [], "say in IN_TABLES or BEHIND_NAMES how they are used"
    assert {use.module for use in FOUND} >= {*IN_TABLES, *BEHIND_NAMES}, "a row here is of no use any more"


@pytest.mark.parametrize("use", FOUND, ids=str)
def test_a_pattern_takes_less_than_three_times_as_long_for_twice_as_much(use: Use) -> None:
    _require_linear(use)


@pytest.mark.parametrize("slow", [r"<([^>]*)>", r"\s+$", r"x.*y", r"<\s*>|<[^>]*>", rb'"(?:[^"\\]|\\.)*"'])
def test_a_pattern_that_takes_longer_is_found(slow: Any) -> None:
    """Else the test above would show nothing."""
    with pytest.raises(AssertionError, match="take"):
        _require_linear(Use("slow", re.compile(slow), "search", 0), sizes=(2_048, 8_192, 16_384))


def _require_linear(use: Use, sizes: Sequence[int] = SIZES) -> None:
    assert use.pattern is not None
    for before, piece, behind in hard_texts(use.pattern):
        require_linear(use.apply, partial(_text, use.pattern, before, piece, behind), sizes)


def _text(pattern: re.Pattern[Any], before: str, piece: str, behind: str, size: int) -> Any:
    text = before + piece * (size // len(piece)) + behind
    return text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")


async def _fed(read: Callable[[asyncio.StreamReader], Any], content: bytes) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(content)
    reader.feed_eof()
    with suppress(NoHello, Denied):
        await read(reader)


def _taken(content: bytes) -> None:
    received = bytearray(content)
    with suppress(ProtocolViolation):
        while frames.take(received):
            pass


def _named(size: int, of: str = '"k%d": %d') -> str:
    return ", ".join(of % (number, number) for number in range(size // len(of)))


def _headers(size: int) -> bytes:
    return json.dumps({"status": 200, "headers": [["link", "<a>;rel=next,"]] * (size // 25)}).encode()


def _json(text: str) -> bytes:
    return f'{{"openapi": "3.1.0", "paths": {{}}, "x": {text}}}'.encode()


_BODY = Body("body", "multipart/form-data", True)
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_PHASE = {"name": "connect", "offset_us": 1, "duration_us": 2}

Row = tuple[Callable[[Any], object], Callable[[int], Any]]
#: What reads by hand, and what a stranger makes long in it.
PARSERS: dict[str, Row] = {
    "JSON of a document: keys": (loading.read, lambda size: _json(f"{{{_named(size)}}}")),
    "JSON of a document: keys that come twice": (loading.read, lambda size: _json("{" + '"a": 1, ' * (size // 8) + '"b": 2}')),
    "JSON of a document: spaces behind keys": (loading.read, lambda size: _json('{"a"' + " " * size + ": 1}")),
    "JSON of a document: backslashes": (loading.read, lambda size: _json('"' + "\\\\" * (size // 2) + '"')),
    "JSON of a document: hidden characters": (loading.read, lambda size: _json('"' + "\u200b\U000e0041" * (size // 7) + '"')),
    "JSON of a document: texts with some": (loading.read, lambda size: _json("[" + '"\u202e",' * (size // 6) + "1]")),
    "YAML: a list": (yaml_text.load, lambda size: b"- a\n" * (size // 4)),
    "YAML: keys": (yaml_text.load, lambda size: _named(size, "k%d: %d").replace(", ", "\n").encode()),
    "YAML: aliases": (yaml_text.load, lambda size: b"a: &a 1\nb: [" + b"*a, " * min(size // 4, 900) + b"]"),
    "YAML: merged keys": (
        yaml_text.load,
        lambda size: b"a: &a {b: 1}\n" + b"".join(b"k%d: {<<: *a}\n" % n for n in range(size // 90)),
    ),
    "YAML: digits": (yaml_text.load, lambda size: b"a: " + b"1" * size + b"x"),
    "YAML: a text in quotes": (yaml_text.load, lambda size: b'a: "' + b"\\e" * (size // 2) + b'"'),
    "a manifest": (read_manifest, lambda size: b"toolset: t\nexclude: [" + b"abcdef, " * (size // 8) + b"x]"),
    "a manifest with unknown words": (
        read_manifest,
        lambda size: b"toolset: t\n" + _named(size, "k%d: %d").replace(", ", "\n").encode(),
    ),
    "arguments: quotes that do not end": (arguments.parse, lambda size: b'{"a": "' + b'\\"' * (size // 2)),
    "arguments: texts": (arguments.parse, lambda size: b'{"a": [' + b'"\\"",' * (size // 5) + b"1]}"),
    "arguments: keys": (arguments.parse, lambda size: f"{{{_named(size)}}}".encode()),
    "arguments: digits": (arguments.parse, lambda size: b'{"a": ' + b"1" * size + b"}"),
    "arguments: a fraction": (arguments.parse, lambda size: b'{"a": 0.' + b"1" * size + b"}"),
    "arguments, as a reviewer sees them": (lambda value: redact(value, {}), lambda size: {"pass" * (size // 4): "x" * size}),
    "XML: members": (lambda value: write_xml(value, {}, {}, "body"), lambda size: {f"k{n}": n for n in range(size // 8)}),
    "XML: items": (lambda value: write_xml(value, {}, {}, "body"), lambda size: {"a": ["<&>"] * (size // 4)}),
    "XML: a name": (lambda value: write_xml(value, {}, {}, "body"), lambda size: {"a" * size + " ": 1}),
    "XML: attributes": (
        lambda value: write_xml(value, {"additionalProperties": {"xml": {"attribute": True}}}, {}, "body"),
        lambda size: {f"k{n}": n for n in range(size // 8)},
    ),
    "multipart: parts": (lambda value: multipart(_BODY, value), lambda size: {f"k{n}": "v" for n in range(size // 8)}),
    "multipart: a name of quotes": (lambda value: multipart(_BODY, value), lambda size: {'"\r\n' * (size // 3): "v"}),
    "a pointer of Swagger": (source_pointer, lambda size: "/paths/a/get" + "/responses/200" * (size // 14)),
    "a path of braces": (lambda path: OperationKey("GET", path, (), "t", ()).path, lambda size: "/{a" * (size // 3)),
    "a media type": (kind_of, lambda size: "a/" + "+;" * (size // 2)),
    "links: dots": (
        lambda value: read_links([("link", value)], "https://a.example/b"),
        lambda size: "<" + "../" * (size // 3) + ">;rel=n",
    ),
    "links: relations": (
        lambda value: read_links([("link", value)], "https://a.example"),
        lambda size: '<a>;rel="' + "n " * (size // 2) + '"',
    ),
    "Retry-After: digits": (lambda value: parse_retry_after(value, _NOW), lambda size: "9" * size),
    "Retry-After: a date": (lambda value: parse_retry_after(value, _NOW), lambda size: "Mon, " + "1 " * (size // 2)),
    "Retry-After: colons": (lambda value: parse_retry_after(value, _NOW), lambda size: "1 Jan 2026 " + "1:" * (size // 2)),
    "Retry-After: commas and dashes": (lambda value: parse_retry_after(value, _NOW), lambda size: ",-" * (size // 2)),
    "a ClientHello in small records": (
        lambda content: asyncio.run(_fed(read_client_hello, content)),
        lambda size: records(b"\x01" + (size // 6).to_bytes(3, "big") + bytes(size // 6), 1),
    ),
    "a CONNECT": (
        lambda content: asyncio.run(_fed(read_authority, content)),
        lambda size: b"CONNECT a:1 HTTP/1.1\r\n" + b"a: b\r\n" * (size // 6),
    ),
    "an authority": (lambda text: _refused(parse_authority, text), lambda size: "a." * (size // 2) + ":1"),
    "frames": (_taken, lambda size: frames.encode(frames.FrameKind.BODY, b"x") * (size // 6)),
    "a HEAD": (read_head, _headers),
    "phases": (
        lambda payload: _refused(read_end, payload),
        lambda size: json.dumps({"phases": [_PHASE] * (size // 50)}).encode(),
    ),
    "a FAULT": (
        read_fault,
        lambda size: json.dumps({"fault": "TIMED_OUT", "evidence": "SENT", "message": "x" * size, "phases": []}).encode(),
    ),
    "cleaning: sequences that do not end": (clean, lambda size: "\x9d" * size),
    "cleaning: escapes": (clean, lambda size: "\x1b]" * (size // 2)),
    "cleaning: joiners": (count_hidden, lambda size: "\u0645\u200c" * (size // 2)),
    "cleaning: what is shown": (visible, lambda size: "\U000e0041" * size),
    "cleaning: a document": (clean_document, lambda size: {f"k\u200b{n}": ["\u202e"] for n in range(size // 10)}),
    "cleaning: a schema": (shown_json, lambda size: {"enum": ["\u200ba"] * (size // 4)}),
}


def _refused(act: Callable[[Any], object], given: Any) -> None:
    with suppress(RegistryError, ProtocolViolation, Denied):
        act(given)


@pytest.mark.parametrize("row", PARSERS.values(), ids=PARSERS.keys())
def test_a_parser_takes_less_than_three_times_as_long_for_twice_as_much(row: Row) -> None:
    parse, made = row
    require_linear(lambda given: _refused(parse, given), made)
