"""Documents are read in a process that can do no harm: bounded in work and memory, without files and connections."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from registry.compiler.compiler import compile_document
from registry.confinement.child_process import ChildProcess
from registry.document.loading import load
from registry.manifest.toolset import Compiled, ToolsetHeader
from registry.model.errors import DocumentInvalid, DocumentTooCostly, DocumentTooLarge, ReaderFailed, RegistryError
from registry.model.tool import JsonObject
from registry.reader.read_in_subprocess import Bounds, bounds_for, compile_toolset
from registry.reader.worker import paced

HEADER = ToolsetHeader("things", server="https://api.example.com")
HOSTILE = Bounds(cpu_seconds=2.0, memory_bytes=512_000_000, wall_seconds=60.0)
ENTER = "from registry.confinement.process_bounds import enter_bounds, work_at_most\nenter_bounds(512_000_000)\n"
METADATA = "http://169.254.169.254/latest/meta-data/"


async def _read(raw: bytes, bounds: Bounds | None = None) -> Compiled:
    return await compile_toolset(raw, HEADER, bounds=bounds)


def _document(schema: Any, *, components: JsonObject | None = None, **more: Any) -> bytes:
    """One operation with `schema` as its body and its answer."""
    content = {"application/json": {"schema": schema}}
    operation = {"requestBody": {"content": content}, "responses": {"200": {"description": "", "content": content}}}
    outline = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"post": operation}}}
    return json.dumps(outline | {"components": {"schemas": components or {}}} | more).encode()


def _nested(levels: int) -> bytes:
    return _document(None).replace(b"null", b'{"items":' * levels + b"{}" + b"}" * levels)


def _doubling(keyword: str) -> JsonObject:
    """Each schema applies the next one twice: 2^24 in all."""
    steps = {f"S{i}": {keyword: [{"$ref": f"#/components/schemas/S{i + 1}"}] * 2} for i in range(24)}
    return steps | {"S24": {"type": "string"}}


def _cycle() -> JsonObject:
    return {"A": {"allOf": [{"$ref": "#/components/schemas/B"}]}, "B": {"$ref": "#/components/schemas/A"}}


def _many_operations() -> bytes:
    paths = b",".join(b'"/%d":{"get":{}}' % number for number in range(1_000_000))
    return b'{"openapi":"3.1.0","paths":{' + paths + b"}}"


def _wide() -> bytes:
    return _document({"properties": {f"p{number}": {"type": "string"} for number in range(200_000)}})


def _much_yaml() -> bytes:
    return b"openapi: 3.1.0\npaths: {}\nx:\n" + b"- {a: b}\n" * 200_000


def _bomb() -> bytes:
    lines = [b"openapi: 3.1.0", b"paths: {}", b"a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [b"%c: &%c [%s]" % (c, c, b", ".join([b"*%c" % (c - 1)] * 10)) for c in range(ord("b"), ord("k"))]
    return b"\n".join(lines)


REF = "#/components/schemas/"
REFUSED: dict[str, tuple[Callable[[], bytes], tuple[type[RegistryError], ...]]] = {
    "alias bomb": (_bomb, (DocumentTooLarge,)),
    "5,000 levels of JSON": (lambda: _nested(5_000), (DocumentTooLarge, DocumentInvalid)),
    "5,000 levels of YAML": (lambda: b"openapi: 3.1.0\npaths: " + b"[" * 5_000, (DocumentTooLarge,)),
    "100 MB": (lambda: b"{" + b" " * 100_000_000, (DocumentTooLarge,)),
    "a million operations": (_many_operations, (DocumentTooLarge, DocumentTooCostly)),
    "NaN": (lambda: _document(None).replace(b"null", b"NaN"), (DocumentInvalid,)),
    "UTF-16": (lambda: _document({}).decode().encode("utf-16"), (DocumentInvalid,)),
    "invalid UTF-8": (lambda: _document({"title": "?"}).replace(b"?", b"\xff"), (DocumentInvalid,)),
    "YAML of many values": (_much_yaml, (DocumentTooLarge, DocumentTooCostly)),
    "200,000 properties": (_wide, (DocumentTooCostly, DocumentTooLarge)),
}  # fmt: skip
CONTAINED: dict[str, Callable[[], bytes]] = {
    "allOf that doubles": lambda: _document({"$ref": REF + "S0"}, components=_doubling("allOf")),
    "anyOf that doubles": lambda: _document({"$ref": REF + "S0"}, components=_doubling("anyOf")),
    "references that lead to themselves": lambda: _document({"$ref": REF + "A"}, components=_cycle()),
    "path item that leads to itself": lambda: _document({}, paths={"/a": {"$ref": "#/paths/~1a"}, "/b": {"get": {}}}),
    "parameter that leads to itself": lambda: _document(
        {}, paths={"/a": {"get": {"parameters": [{"$ref": "#/paths/~1a/get/parameters/0"}]}}, "/b": {"get": {}}}
    ),
    "reference to the whole document": lambda: _document({"$ref": "#"}),
    "pattern of exponential time": lambda: _document({"type": "string", "pattern": "^(a+)+$"}),
    "pattern of exponential size": lambda: _document({"type": "string", "pattern": "((a{1000}){1000}){1000}"}),
    "key that comes twice": lambda: _document({}).replace(b'"info"', b'"paths": {"/b": {"get": {}}}, "info"'),
    "byte order mark": lambda: b"\xef\xbb\xbf" + _document({}),
    "names alike but for case and script": lambda: _document(
        {}, paths={f"/{name}": {"get": {"operationId": name}} for name in ("pay", "Pay", "p\N{CYRILLIC SMALL LETTER A}y")}
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", REFUSED)
async def test_hostile_document_is_refused_by_a_typed_error_within_its_bounds(case: str) -> None:
    make, errors = REFUSED[case]
    with pytest.raises(errors) as refused:
        await _read(make(), HOSTILE)
    assert refused.value.cure


@pytest.mark.parametrize("case", CONTAINED)
async def test_hostile_part_is_contained_within_the_same_bounds(case: str) -> None:
    compiled = await _read(CONTAINED[case](), HOSTILE)
    assert compiled.drafts or compiled.faults
    assert all(fault.pointer.startswith("/") and fault.cure for fault in compiled.faults)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.mark.parametrize("form", ["{url}", "{url}#/a", "file://{path}", "{path}", "../../{path}#/a", METADATA])
async def test_nothing_is_opened_because_a_document_names_it(form: str, listener: socket.socket, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"type": "string", "const": "canary"}')
    target = form.format(url=f"http://127.0.0.1:{listener.getsockname()[1]}/x", path=secret)
    before = secret.stat().st_atime_ns
    compiled = await _read(_naming_everywhere(target), HOSTILE)
    assert b"canary" not in repr(compiled).encode()
    assert secret.stat().st_atime_ns == before
    with pytest.raises(BlockingIOError):
        listener.accept()
    assert any("leaves the document" in fault.message for fault in compiled.faults)
    assert "/c" in {draft.operation.path for draft in compiled.drafts}


def _naming_everywhere(target: str) -> bytes:
    schema = {
        "$id": target, "$schema": target, "$dynamicRef": target, "$recursiveRef": target, "example": {"$ref": target},
        "default": {"$ref": target}, "externalDocs": {"url": target},
        "oneOf": [{"type": "string"}], "discriminator": {"propertyName": "k", "mapping": {"a": target}},
    }  # fmt: skip
    media = {"application/json": {"schema": schema, "examples": {"a": {"$ref": target}, "b": {"externalValue": target}}}}
    paths = {
        "/a": {"$ref": target},
        "/b": {"post": {"requestBody": {"$ref": target}}},
        "/c": {"post": {"requestBody": {"content": media}, "callbacks": {"d": {"$ref": target}}}},
        "/d": {"get": {"parameters": [{"$ref": target}]}},
        "/e": {"get": {"responses": {"200": {"$ref": target}}}},
        "/f": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": target}}}}}},
    }
    return json.dumps({"openapi": "3.1.0", "$self": target, "jsonSchemaDialect": target, "paths": paths}).encode()


@pytest.mark.parametrize(
    ("attempt", "ends"),
    [
        ("open('/etc/passwd')", "OSError"),
        ("import socket; socket.socket()", "OSError"),
        ("import os; os.fork()", "BlockingIOError"),
        ("bytearray(600_000_000)", "MemoryError"),
        ("while True: pass", ""),
    ],
)
def test_reading_process_can_open_nothing_and_spend_little(attempt: str, ends: str) -> None:
    code = f"import socket\n{ENTER}work_at_most(0.3)\n{attempt}"
    began = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode != 0
    assert ends in ended.stderr
    assert ends or ended.stderr == ""
    assert time.monotonic() - began < 20


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_reading_process_of_root_becomes_the_user_nobody() -> None:
    enter = f"{ENTER}work_at_most(1)\n"
    code = f"{enter}import os\nprint(os.getuid(), os.getgid())"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "65534 65534\n"


async def test_reading_process_gets_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONSTARTUP", "/nowhere")
    monkeypatch.setenv("CALLGATE_SECRET", "canary")
    assert (await _read(_document({}))).drafts


async def test_result_is_what_the_compiler_makes_and_shares_what_it_shares() -> None:
    components = {"Node": {"type": "object", "properties": {"next": {"$ref": REF + "Node"}}}}
    raw = _document({"$ref": REF + "Node"}, components=components)
    raw = raw.replace(b'"/a": {"post"', b'"/b": {"put": {"$ref": "#/none"}}, "/a": {"post"')
    here, there = compile_document(load(raw), HEADER), await _read(raw)
    assert there == here
    shared = {id(draft.input_schema["$defs"]["Node"]) for draft in there.drafts if "$defs" in draft.input_schema}
    assert len(shared) == 1


async def test_progress_is_told_while_operations_are_compiled() -> None:
    paths: JsonObject = {f"/{number}": {"get": {}} for number in range(120)}
    told: list[tuple[int, int, int]] = []
    raw = _document({}, paths=paths)
    await compile_toolset(raw, HEADER, progress=lambda *state: told.append(state))
    assert (told[0], told[-1]) == ((0, 120, 0), (120, 120, 0))
    assert told == sorted(told)


def test_progress_is_told_ten_times_a_second_at_most_and_at_the_end() -> None:
    moments = iter(range(1_001))
    told: list[tuple[int, int, int]] = []
    progress = paced(lambda *state: told.append(state), clock=lambda: next(moments) / 128)  # one operation in 1/128 s
    for done in range(998):
        progress(done, 997, 0)
    assert [done for done, _, _ in told[:3]] == [0, 13, 26]
    assert told[-1] == (997, 997, 0)
    assert len(told) <= 10 * 998 / 128 + 1


async def test_bound_on_work_ends_the_reading_process() -> None:
    bounds = Bounds(cpu_seconds=0.001, memory_bytes=512_000_000, wall_seconds=60.0)
    with pytest.raises(DocumentTooCostly, match="work"):
        await _read(_document({"properties": {f"p{number}": {} for number in range(20_000)}}), bounds)


@pytest.mark.slow
async def test_bound_on_memory_is_a_typed_error() -> None:
    bounds = Bounds(cpu_seconds=20.0, memory_bytes=90_000_000, wall_seconds=60.0)
    with pytest.raises(DocumentTooCostly, match="memory"):
        await _read(_wide(), bounds)


def test_larger_documents_may_cost_more() -> None:
    small, middle, large = bounds_for(10_000), bounds_for(3_000_000), bounds_for(30_000_000)
    assert (small.cpu_seconds, small.memory_bytes) == (2.0, 512_000_000)
    assert small.cpu_seconds < middle.cpu_seconds < large.cpu_seconds
    assert small.memory_bytes == middle.memory_bytes < large.memory_bytes


async def test_reading_process_dies_with_an_import_that_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await compile_toolset(_much_yaml(), HEADER)
    alive = [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit() and _is_reader_of_ours(entry)]
    assert alive == []


def _is_reader_of_ours(process: Path) -> bool:
    try:
        return (
            f"PPid:\t{os.getpid()}\n" in (process / "status").read_text()
            and b"registry.reader.worker" in (process / "cmdline").read_bytes()
        )
    except OSError:
        return False


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_reader_that_has_ended_before_it_is_spoken_to_is_a_failed_reader(
    run: Callable[[Coroutine[object, object, Compiled]], Compiled], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = ChildProcess.start

    async def end_at_once(*_: object, **how: Any) -> ChildProcess:
        process = await start(sys.executable, "-c", "raise SystemExit(3)", **how)
        while process.alive:
            await asyncio.sleep(0.01)
        return process

    monkeypatch.setattr(ChildProcess, "start", end_at_once)
    with pytest.raises(ReaderFailed, match="3"):
        run(compile_toolset(b"{}", ToolsetHeader("shop")))
