"""What large bodies cost: `make bench B=artifacts`, or `-m benchmarks.artifacts --short`.

A caller puts a file of 100 MB there, calls a tool that sends it, calls another one that answers with 100 MB, and reads that
into a file. All by turns with the same transfers through the same kind of box alone: without gateway, ledger and store, to and
from memory. The upstream and the gateway are processes of their own, on loopback, without TLS; the store is a directory.

- gateway_rss_growth_mb: by how much the resident memory of the gateway's process is higher at its peak, of all turns, than it
  was before the first, after one small transfer each way. At most 32.
- throughput_over_plain: the throughput of a call, from its request until its outcome is on record and the artifact on the disk,
  over that of the box alone: the lower one of both ways, medians of the turns. At least 0.5.
- call_down, call_up, box_down, box_up: these four in MB/s. put, read: the caller's own way to the store and back, over gRPC.
  file_to_upstream, upstream_to_file: both steps together.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TypeVar

import uvloop

from benchmarks.bare_boxes import BareBoxes, Wrong, bare_boxes
from benchmarks.figures import median, show
from benchmarks.running import exit_status
from benchmarks.stack import BoxesLeft, confirm_gone, local_options, start_server, temporary_home
from callgate import AsyncClient, CallgateError, Invocation, Result, Succeeded
from gateway.embedded.errors import EmbeddedError
from gateway.embedded.gateway_process import GatewayProcess
from gateway.embedded.launch import from_python
from gateway.embedded.stack import Stack
from gateway.embedded.state_dir import StateDir
from gateway.model.errors import GatewayError
from sandbox.api.errors import SandboxError

HERE = Path(__file__).parent
SIZE, SMALL = 100_000_000, 2_000_000
MOST_GROWTH, LEAST_THROUGHPUT = 32.0, 0.5
MEGABYTE = 1e6

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Bulk", "version": "1.0.0"},
    "paths": {
        "/bulk/{size}": {
            "get": {
                "operationId": "get_bulk",
                "parameters": [{"name": "size", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "responses": {"200": {"description": "Bytes.", "content": {"application/octet-stream": {}}}},
            }
        },
        "/bulk": {
            "post": {
                "operationId": "post_bulk",
                "requestBody": {
                    "required": True,
                    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
                },
                "responses": {"200": {"description": "How many."}},
            }
        },
    },
}

Seconds = dict[str, list[float]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Memory:
    """The resident memory of a process, in MB, as the kernel counts it."""

    pid: int

    def now(self) -> float:
        return self._read("VmRSS")

    def peak(self) -> float:
        """Since the last `forget`."""
        return self._read("VmHWM")

    def forget(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")  # proc(5): resets the peak

    def _read(self, name: str) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 / MEGABYTE for line in lines if line.startswith(f"{name}:"))


@dataclass(slots=True)
class Turns:
    client: AsyncClient
    boxes: BareBoxes
    home: Path
    seconds: Seconds = field(default_factory=dict)

    async def turn(self, size: int) -> None:
        """Each transfer once; what it leaves is removed."""
        file = self.home / "file"
        file.write_bytes(bytes(size))
        stored = await self._timed("put", lambda: self.client.artifacts.put(file))
        sent = await self._timed("call_up", lambda: self.client.call("post_bulk", {"body": stored.argument}))
        if json.loads(_answer(sent).body) != {"bytes": size}:
            raise Wrong("the upstream has not got the whole file")
        artifact = _answer(await self._timed("call_down", lambda: self.client.call("get_bulk", {"size": size}))).artifact
        if artifact is None or artifact.size != size:
            raise Wrong("the answer is no artifact of that size")
        await self._timed("read", lambda: self.client.artifacts.download(artifact, file))
        for one in (stored, artifact):
            await self.client.artifacts.delete(one)

    async def plain(self) -> None:
        self._note("box_up", await self.boxes.up())
        self._note("box_down", await self.boxes.down())

    async def _timed(self, name: str, step: Callable[[], Awaitable[T]]) -> T:
        began = monotonic()
        result = await step()
        self._note(name, monotonic() - began)
        return result

    def _note(self, name: str, seconds: float) -> None:
        self.seconds.setdefault(name, []).append(seconds)

    def rate(self, *names: str) -> float:
        """In MB/s, of one step after another."""
        return SIZE / MEGABYTE / sum(median(self.seconds[name]) for name in names)


def _answer(called: Invocation) -> Result:
    if not isinstance(called.outcome, Succeeded):
        raise Wrong(f"a call failed: {called.outcome}")
    return called.outcome.result


async def measure(turns: int) -> bool:
    with temporary_home() as home:
        state = StateDir(home)
        async with Stack(state, local_options()) as stack, AsyncExitStack() as started:
            upstream = f"http://{await start_server(started, state, HERE / 'bulk_server.py')}"
            started.push_async_callback(confirm_gone, home)
            settings = {**stack.settings, "CALLGATE_NICENESS": "0"}  # as the boxes that it is compared with
            gateway = GatewayProcess(from_python(settings), stack.options.listen, state.logs / "gateway.log")
            started.push_async_callback(gateway.stop)
            await gateway.start()
            boxes = await started.enter_async_context(bare_boxes(home, upstream, SIZE))
            client = await started.enter_async_context(AsyncClient(stack.options.listen, token=state.token.read_text()))
            await client.toolsets.import_openapi(json.dumps(DOCUMENT).encode(), "bulk", server=upstream)
            return await _verdict(Turns(client, boxes, home), Memory(gateway.pid or 0), turns)


async def _verdict(measured: Turns, memory: Memory, turns: int) -> bool:
    await measured.turn(SMALL)
    measured.seconds.clear()
    before = memory.now()
    memory.forget()
    for _ in range(turns):
        await measured.plain()
        await measured.turn(SIZE)
    growth = memory.peak() - before
    for name in ("box_up", "box_down", "call_up", "call_down", "put", "read"):
        show(name, measured.rate(name), "MB/s")
    show("file_to_upstream", measured.rate("put", "call_up"), "MB/s")
    show("upstream_to_file", measured.rate("call_down", "read"), "MB/s")
    over_plain = min(measured.rate(f"call_{way}") / measured.rate(f"box_{way}") for way in ("up", "down"))
    show("gateway_rss_growth_mb", growth, "MB")
    show("throughput_over_plain", over_plain, "")
    return growth <= MOST_GROWTH and over_plain >= LEAST_THROUGHPUT


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="one turn")
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    failures = (Wrong, BoxesLeft, CallgateError, EmbeddedError, GatewayError, SandboxError)
    return exit_status(measure(1 if parser.parse_args().short else 5), *failures)


if __name__ == "__main__":
    sys.exit(main())
