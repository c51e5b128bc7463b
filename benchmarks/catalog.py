"""What 20,000 tools cost a gateway: to start, to find one, to list all, to see another gateway's promotion.

`python -m benchmarks.catalog [TOOLS]`. The benchmark starts a Valkey of its own; `catalog_reader` is the gateway's process.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import percentile, show
from gateway.embedded.state_dir import StateDir
from gateway.embedded.store_server import StoreServer
from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.catalog import RedisCatalog
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store
from registry.catalog.tool_entry import VersionState
from registry.model.tool import Draft, Effect, JsonObject, Operation

TOOLS = 20_000
#: Who owns them.
TENANT = "bench"
TOOLSETS = 20
PROMOTIONS = 50
PATIENCE = 5.0


def draft(number: int, wording: str = "") -> Draft:
    """A tool of the usual size: some 2 kB of schemas."""
    words = {f"field_{index}": {"type": "string", "maxLength": 100, "description": f"Field {index}."} for index in range(12)}
    schema: JsonObject = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "body": {"$ref": "#/$defs/It"}},
        "required": ["id"],
        "additionalProperties": False,
        "$defs": {"It": {"type": "object", "properties": words, "required": ["field_0"]}},
    }
    operation = Operation("POST", "https://api.example.com/v1", f"/things/{number}", (), None, ("application/json",))
    toolset = f"set-{number % TOOLSETS}"
    description = f"Does thing {number}.{wording}"
    return Draft(f"tool_{number:05}", toolset, description, schema, schema, operation, effect=Effect.NON_IDEMPOTENT)


async def measure(tools: int, server: StoreServer, password_file: Path) -> None:
    store = Store(RedisSettings(url=server.url, password_file=password_file))
    try:
        await store.open()
        catalog = RedisCatalogs(store, owner=TENANT).of(TENANT)
        began = time.monotonic()
        await catalog.add([draft(number) for number in range(tools)])
        show("import_all_s", time.monotonic() - began, "s")
        await _read(server.url, password_file, tools)
        await _promote(catalog, Store(RedisSettings(url=server.url, password_file=password_file)))
    finally:
        await store.close()


async def _read(url: str, password_file: Path, tools: int) -> None:
    """Run a gateway's process, which says when it has found its first tool, and what it measured."""
    words = [sys.executable, "-m", "benchmarks.catalog_reader", url, str(password_file), str(tools)]
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    if process.stdout is None:
        raise RuntimeError("the reader has no output")
    ready = json.loads(await process.stdout.readline())
    show("tools", ready["tools"], "tools")
    show("start_s", time.monotonic() - began, "s")
    show("start_rss_mb", ready["rss_mb"], "MB")
    rest = json.loads(await process.stdout.readline())
    await process.wait()
    for figure, unit in (("list_all_s", "s"), ("list_all_rss_mb", "MB"), ("find_ms_p50", "ms"), ("find_ms_p99", "ms")):
        show(figure, rest[figure], unit)


async def _promote(here: RedisCatalog, store: Store) -> None:
    """Measure how long after a promotion another gateway resolves the name to the promoted version."""
    there, delays = RedisCatalogs(store, owner=TENANT).of(TENANT), []
    for number in range(PROMOTIONS):
        name = draft(number).name
        await there.resolve(name)  # now it has the old version in its cache
        await here.add([draft(number, " Better.")])
        began = time.monotonic()
        await here.move(name, VersionState.ACTIVE, "")
        while (await there.resolve(name)).version != "1.0.1":
            if time.monotonic() - began > PATIENCE:
                raise TimeoutError(f"the other gateway did not see the promotion of {name} within {PATIENCE} s")
        delays.append((time.monotonic() - began) * 1000)
    await store.close()
    show("promotion_seen_ms_p50", percentile(delays, 0.5))
    show("promotion_seen_ms_max", max(delays))


async def main() -> None:
    with TemporaryDirectory() as home, StateDir(Path(home)).hold() as state:
        server = StoreServer(state)
        await server.start()
        try:
            await measure(int(sys.argv[1]) if len(sys.argv) > 1 else TOOLS, server, state.store_password)
        finally:
            await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
