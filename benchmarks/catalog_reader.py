"""A gateway's process as far as the catalog goes: it imports all modules, opens the store, finds a tool, and lists all tools.

`python -m benchmarks.catalog_reader URL PASSWORD_FILE TOOLS` prints two lines of JSON.
"""

import asyncio
import json
import random
import resource
import sys
import time
from pathlib import Path

import gateway.assembly  # noqa: F401 - a gateway imports all of this
from benchmarks.catalog import TENANT
from benchmarks.figures import percentile
from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.catalog import RedisCatalog
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store

FINDS = 500
PAGE = 1000


def rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def main(url: str, password_file: Path, tools: int) -> None:
    store = Store(RedisSettings(url=url, password_file=password_file))
    await store.open()
    catalog = RedisCatalogs(store, owner=TENANT).of(TENANT)
    await catalog.resolve(f"tool_{tools // 2:05}")
    print(json.dumps({"tools": await _count(store), "rss_mb": rss_mb()}), flush=True)
    delays = [await _find(catalog, random.randrange(tools)) for _ in range(FINDS)]
    began, after = time.monotonic(), ""
    while page := await catalog.list(None, after, PAGE):
        after = page[-1].version.name
    took = {"list_all_s": time.monotonic() - began, "list_all_rss_mb": rss_mb()}
    print(json.dumps(took | {"find_ms_p50": percentile(delays, 0.5), "find_ms_p99": percentile(delays, 0.99)}), flush=True)
    await store.close()


async def _count(store: Store) -> int:
    return len(await store.names_after("cg:{catalog}:names", "", 1_000_000))


async def _find(catalog: RedisCatalog, number: int) -> float:
    began = time.monotonic()
    await catalog.resolve(f"tool_{number:05}")
    return (time.monotonic() - began) * 1000


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
