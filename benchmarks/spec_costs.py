"""What it costs to import the largest documents, and to check a call's arguments, for `specs`."""

import asyncio
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest

from benchmarks.callgate_tools import SERVER
from benchmarks.figures import percentile
from registry.calling.arguments import read
from registry.calling.request import HttpRequest, build
from registry.checking.argument_checker import ArgumentChecker
from registry.compiler.compiler import compile_document
from registry.document.loading import load
from registry.manifest.toolset import ToolsetHeader
from registry.model.tool import JsonObject, ToolVersion
from registry.model.versions import first
from registry.reader.read_in_subprocess import compile_toolset
from registry.schema.sampling import sample

GITHUB = "octokit/api.github.com.json"
MSGRAPH = "microsoft.com/graph.json"
EVERY = 12  # of GitHub's operations, to measure a check of arguments
REPETITIONS = 200
MB = 1_000_000
US = 1e6

#: Takes a figure, its value and its unit.
Show = Callable[[str, float, str], None]


def measure(specs: Path, show: Show) -> None:
    _import(specs / GITHUB, "github", show)
    for path in specs.rglob(MSGRAPH):
        _import(path, "msgraph", show)
    asyncio.run(_validate((specs / GITHUB).read_bytes(), show))


def _import(path: Path, name: str, show: Show) -> None:
    """Import as the gateway does: a process of its own, whose memory is measured, reads the document."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        seconds, peak = pool.apply(_timed_import, (str(path),))
    show(f"{name}_import_s", seconds, "s")
    show(f"{name}_import_rss_mb", peak / MB, "MB")


def _timed_import(path: str) -> tuple[float, int]:
    raw = Path(path).read_bytes()
    began = time.perf_counter()
    compiled = asyncio.run(_import_one(raw))
    seconds = time.perf_counter() - began
    if not compiled:
        raise RuntimeError(f"{path} made no tools")
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


async def _import_one(raw: bytes) -> int:
    # Only the number, because asyncio.run makes a text of what it returns.
    return len((await compile_toolset(raw, ToolsetHeader("measured", SERVER))).drafts)


async def _validate(raw: bytes, show: Show) -> None:
    """Check the same valid calls by both: by Callgate as in each call, by openapi-core with its document prepared.

    Of ours, what it takes to read the text and to write it canonically is left out: openapi-core gets a request that is read.
    """
    document = load(raw)
    checker, ours, theirs = ArgumentChecker(), [], []
    judge = OpenAPI.from_dict(_open(document), config=Config(spec_validator_cls=None))
    for version, arguments in _calls(document):
        args_json = orjson.dumps(arguments)
        await checker.read("acme", version, args_json)
        for _ in range(REPETITIONS):
            began = time.perf_counter()
            await checker.read("acme", version, args_json)
            ours.append(time.perf_counter() - began - _time(lambda text=args_json: read(text)))
        request = _judged(build(version, arguments))
        try:
            judge.validate_request(request)
        except OpenAPIError:
            continue
        theirs += [_time(lambda r=request: judge.validate_request(r)) for _ in range(5)]
    show("validate_us_p50", percentile(ours, 0.5) * US, "us")
    show("validate_us_p50_openapi_core", percentile(theirs, 0.5) * US, "us")
    show("validate_us_p50_times_less", percentile(theirs, 0.5) / percentile(ours, 0.5), "times")


def _open(document: JsonObject) -> JsonObject:
    """The document with SERVER, and without security, which openapi-core would check before anything else."""
    kept = {key: value for key, value in document.items() if key != "security"}
    return kept | {"servers": [{"url": SERVER}]}


def _calls(document: JsonObject) -> Iterator[tuple[ToolVersion, JsonObject]]:
    for draft in compile_document(document, ToolsetHeader("measured", SERVER)).drafts[::EVERY]:
        arguments = sample(draft.input_schema)
        if arguments is not None:
            yield first(draft), arguments


def _judged(request: HttpRequest) -> MockRequest:
    parts = urlsplit(request.url)
    headers = dict(request.headers)
    return MockRequest(
        SERVER,
        request.method.lower(),
        parts.path,
        args=dict(parse_qsl(parts.query)),
        headers=headers,
        data=request.body,
        content_type=headers.get("Content-Type", ""),
    )


def _time(act: Any) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
