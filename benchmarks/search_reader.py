"""A gateway's process as far as search goes: it opens the store, and asks its searches as `SearchTools` does.

    python -m benchmarks.search_reader URL PASSWORD_FILE TENANT < QUERIES

reads one query a line, as JSON, and prints one line of JSON: `index_seconds` until the first search was answered, `index_mb`
by which the process has grown meanwhile, and for each query the names of the tools that were found, and in which time (`ms`).
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import gateway.assembly  # noqa: F401 - a gateway imports all of this
from benchmarks.search_verdict import DEPTH
from gateway.model.errors import SearchUnready
from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store
from gateway.search.searches import Searches
from gateway.search.wanted import Wanted
from registry.catalog.catalog import Catalog

_STATUS = Path("/proc/self/status")
#: Seconds in which an index of any size is there.
PATIENCE = 900.0


def rss_mb() -> float:
    """What the process has now, not what it has had at most."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


class Subject:
    """One tenant's search, by a caller that may call all of its tools."""

    def __init__(self, tenant: str, catalog: Catalog) -> None:
        self._tenant = tenant
        self._catalog = catalog
        self._searches = Searches()

    async def find(self, query: str) -> list[str]:
        wanted = Wanted(query, "", frozenset(), frozenset(), lambda _: True)
        return [found.name for found in await self._searches.find(self._tenant, self._catalog, wanted, DEPTH)]

    async def begin(self) -> float:
        """Seconds until a search is answered. Raises TimeoutError."""
        began = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    await self.find("anything")
                    return time.monotonic() - began
                except SearchUnready:
                    continue

    async def close(self) -> None:
        await self._searches.close()


async def measure(subject: Subject, queries: list[str]) -> dict[str, Any]:
    before = rss_mb()
    seconds = await subject.begin()
    grown = rss_mb() - before
    found, ms = [], []
    for query in queries:
        began = time.monotonic()
        found.append(await subject.find(query))
        ms.append((time.monotonic() - began) * 1000)
    return {"index_seconds": seconds, "index_mb": grown, "found": found, "ms": ms}


async def main(url: str, password_file: Path, tenant: str) -> None:
    queries = [json.loads(line) for line in sys.stdin]
    store = Store(RedisSettings(url=url, password_file=password_file))
    await store.open()
    subject = Subject(tenant, RedisCatalogs(store, owner=tenant).of(tenant))
    try:
        print(json.dumps(await measure(subject, queries)), flush=True)
    finally:
        await subject.close()
        await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
