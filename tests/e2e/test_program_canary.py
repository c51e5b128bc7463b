"""A container tool's secret: in the requests of its runner, or in a file of its own, and nowhere else."""

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import docker
import pytest

from callgate import Invocation, ToolFailed
from callgate.keys import new_key

from .collector import Collector
from .hostile import Hostile
from .house import House, eventually
from .leaks import leaks
from .test_programs import TOOLSET, document


@dataclass(frozen=True)
class Offered:
    """A tool with a secret of its own."""

    name: str
    canary: str


class Offer(Protocol):
    """Offers a tool whose container is declared so."""

    def __call__(self, **container: object) -> Offered: ...


@pytest.fixture
def offer(house: House, tool_image: str, dockerd: docker.APIClient) -> Offer:
    image = dockerd.inspect_image(tool_image)["Id"]

    def run(**container: object) -> Offered:
        name, canary = f"run_{secrets.token_hex(4)}", secrets.token_urlsafe(24)
        path = f"secret/data/{name}"
        credential = {"path": path, "field": "token", "place": "header", "name": "Authorization", "prefix": "Bearer "}
        program = {"image": image, "command": ["/bin/tool", "unwrap"], **container}
        entry = {"container": program, "credential": credential, "effect": "READ", "limits": {"max_attempts": 1}}
        manifest = json.dumps({"toolset": TOOLSET, "operations": {name: entry}}).encode()
        house.provide(house.client.toolsets.import_openapi(document(name), TOOLSET, manifest=manifest), path, canary)
        return Offered(name, canary)

    return run


def children(pid: int) -> Iterator[int]:
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        yield from (int(child) for child in listed.read_text().split())


def memory(pid: int) -> bytes:
    """All that a process can read of its own memory."""
    content = bytearray()
    with Path(f"/proc/{pid}/mem").open("rb") as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            begin, end = (int(bound, 16) for bound in line.split()[0].split("-"))
            if line.split()[1].startswith("r") and "[v" not in line:
                memory.seek(begin)
                with suppress(OSError):
                    content += memory.read(end - begin)
    return bytes(content)


@pytest.mark.slow
def test_an_injected_secret_is_in_the_runner_alone(house: House, offer: Offer, upstream: Hostile, collector: Collector) -> None:
    tool, key = offer(egress=[upstream.url]), new_key()
    call: Future[Invocation] = house.begin(tool.name, {"body": {"do": "fetch", "url": f"{upstream.url}/hang"}}, key)
    eventually(lambda: upstream.requests, what="the request upstream")
    runner = house.pid_of(house.box_of(key))
    (program,) = children(runner)
    seen = {name: Path(f"/proc/{program}/{name}").read_bytes() for name in ("environ", "cmdline")}
    seen |= {"inspect": json.dumps(house.inspect(house.box_of(key))).encode(), "memory": memory(program)}
    assert b"/hang" in seen["memory"], "the program's memory was not read"
    assert leaks([tool.canary], {"the runner's memory": memory(runner)}), "the runner's memory was not read"
    upstream.released.set()
    invocation = call.result(10)

    assert upstream.requests[0].headers["authorization"] == f"Bearer {tool.canary}"
    assert upstream.answered[0].find(tool.canary.encode()) > 0
    answer = invocation.raise_for_outcome().result.body
    assert b"redacted" in answer.lower()
    eventually(lambda: collector.of(invocation.trace_id), what="spans of the call")
    kept = {str(path): path.read_bytes() for path in house.state.logs.rglob("*") if path.is_file()}
    spans = {span.name: span.wire for span in collector.of(invocation.trace_id)}
    everything = {**seen, **kept, **spans, "answer": answer, "invocation": repr(invocation).encode()}
    assert leaks([tool.canary], everything) == []


def test_a_program_that_tells_its_secret_is_not_heard(house: House, offer: Offer) -> None:
    tool = offer(delivery="file")
    told = house.client.call(tool.name, {"body": {"do": "look", "path": "/tmp/credential"}})
    assert told.json() == {"text": "[REDACTED]"}
    blurted = house.client.call(tool.name, {"body": {"do": "blurt", "path": "/tmp/credential"}})
    assert isinstance(blurted.outcome, ToolFailed)
    assert "[REDACTED]" in blurted.outcome.message
    texts = {"told": repr(told).encode(), "blurted": repr(blurted).encode()}
    assert leaks([tool.canary], texts) == []
