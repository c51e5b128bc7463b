"""A gateway's process as far as search goes: its catalog's service behind a Unix socket, on a store, without boxes.

    python -m benchmarks.search_gateway URL PASSWORD_FILE SOCKET MODEL TENANT…

MODEL is what CALLGATE_SEARCH_MODEL would say; empty: there is none. Each tenant's name is the bearer token of a caller that may
call all of its tools. Prints a line once it serves; then, for each line that it reads, what memory the process has now, in MB.
It ends with its input.
"""

import asyncio
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import grpc
import structlog

import gateway.assembly  # noqa: F401 - a gateway imports all of this
from callgate.v1.catalog_service_pb2_grpc import add_CatalogServiceServicer_to_server
from gateway.decisions.policy import Policy
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.boundary import Boundary
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.edge.grpc.server import OPTIONS
from gateway.model.principal import Caller, Principal, Rule
from gateway.model.redis_settings import RedisSettings
from gateway.model.token_entry import TokenEntry
from gateway.pipeline.known_tokens import KnownTokens
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store
from gateway.search.opening import open_embeddings
from gateway.search.searches import Searches

_STATUS = Path("/proc/self/status")


def rss_mb() -> float:
    """What the process has now, not what it has had at most."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def knowing(tenants: Iterable[str]) -> Authentication:
    entries = (_entry(tenant) for tenant in tenants)
    return Authentication(KnownTokens(listed={entry.digest: entry for entry in entries}))


def _entry(tenant: str) -> TokenEntry:
    return TokenEntry(sha256(tenant.encode()).hexdigest(), Caller(Principal(tenant, "planner", "ada"), Rule(("*",))))


async def serve(store: Store, socket: str, model: str, tenants: list[str]) -> None:
    policy, catalogs = Policy(private=(), vault="http://127.0.0.1:1"), RedisCatalogs(store, owner=tenants[0])
    searches = Searches(embeddings=open_embeddings(Path(model) if model else None))
    edge = CatalogEdge(knowing(tenants), policy, catalogs, searches=searches)
    server = grpc.aio.server(interceptors=[Boundary()], options=OPTIONS)
    add_CatalogServiceServicer_to_server(edge, server)
    server.add_insecure_port(f"unix:{socket}")
    await server.start()
    print(rss_mb(), flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(rss_mb(), flush=True)
    await server.stop(None)
    await searches.close()


async def main(url: str, password_file: Path, socket: str, model: str, tenants: list[str]) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    store = Store(RedisSettings(url=url, password_file=password_file))
    await store.open()
    try:
        await serve(store, socket, model, tenants)
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:]))
