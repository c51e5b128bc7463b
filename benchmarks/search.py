"""Whether what an agent wants to do finds the tool that does it: `make bench B=search`.

    python -m benchmarks.search [--without embeddings]

One tenant has every document of the collection as a toolset (`search_catalog`), and BFCL's functions as another one
(`search_bfcl`), in a Valkey of the benchmark's own; `search_gateway` is the gateway's process, which a client asks.
`recall_at_5` is the share of the task sentences (`search_choice`) for which the very tool is among the first five,
`recall_at_5_by_name` that for which any tool is that has the same name in its own toolset: two versions of one API are two
toolsets. A sentence whose operation became no tool is one that is not found. Times are of the sentences and of BFCL's
questions, each asked once in that catalog.

BFCL's functions are then the only tools of another tenant, and its questions are asked of them; one with several right tools
counts by the share of them that is among the first five. Both are done once more with embeddings: by a gateway of its own, once
it has embedded all tools of the tenant; of the large catalog, the sentences alone are asked.

Prints one JSON line a figure; each bound that is not kept goes to stderr (`search_verdict`), and then the exit status is 1.
The documents lie beside the clone, or where CALLGATE_SPECS says.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import percentile
from benchmarks.search_asking import Asked, running_gateway
from benchmarks.search_bfcl import TOOLSET, Bfcl, read_bfcl
from benchmarks.search_catalog import Toolset, documents, named
from benchmarks.search_data import place_model
from benchmarks.search_verdict import BOUNDS, recall
from benchmarks.spec_verdict import Figures
from gateway.embedded.state_dir import StateDir
from gateway.embedded.store_server import StoreServer
from gateway.model.errors import StoreUnavailable
from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store
from registry.catalog.catalog import Catalog

TASKS = Path(__file__).with_name("search_tasks.jsonl")
TENANT, BFCL_TENANT = "bench", "bfcl"
TRIES = 5
PROCESSES = os.cpu_count() or 1

#: The figures that a part of the benchmark makes.
PARTS = {"embeddings": ("bfcl_recall_at_5_embeddings", "search_embeddings_p50_ms")}


@dataclass(frozen=True, slots=True)
class Task:
    document: str
    operation: str
    sentence: str


@dataclass(slots=True)
class Imported:
    """What is in the large catalog. `names`: from document and operation to the tool; `own_names`: to that in its toolset."""

    names: dict[tuple[str, str], str] = field(default_factory=dict)
    own_names: dict[str, str] = field(default_factory=dict)

    def right(self, task: Task) -> frozenset[str]:
        """A name that no tool has, where the operation became none."""
        return frozenset((self.names.get((task.document, task.operation), f"no tool: {task.operation}"),))

    async def add(self, toolset: Toolset, catalog: Catalog) -> None:
        """Again, where the machine is too busy: what is there already stays as it is, and this is not measured."""
        for left in reversed(range(TRIES)):
            try:
                await toolset.add_to(catalog)
                break
            except StoreUnavailable:
                if not left:
                    raise
        self.own_names |= toolset.own_names
        self.names |= {(toolset.document, draft.operation.route): draft.name for draft in toolset.drafts}


def read_tasks() -> list[Task]:
    return [Task(**json.loads(line)) for line in TASKS.read_text().splitlines()]


def main() -> int:
    without = _arguments().without
    with TemporaryDirectory() as home, StateDir(Path(home)).hold() as state:
        figures = asyncio.run(_measure(StoreServer(state), Path(home), state.store_password, without))
    return 0 if figures.is_kept(whole=True, without=tuple(one for part in without for one in PARTS[part])) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Count how often what is asked for is found.")
    parser.add_argument("--without", nargs="*", default=[], choices=tuple(PARTS), help="leave a part out")
    return parser.parse_args()


async def _measure(server: StoreServer, home: Path, password_file: Path, without: Sequence[str]) -> Figures:
    tasks, bfcl, figures = read_tasks(), read_bfcl(), Figures(BOUNDS)
    functions = ("", TOOLSET, bfcl.compiled)
    # Before there is a store: it refuses a client whose event loop stands still.
    toolsets = {TENANT: list(named(chain(documents(PROCESSES), [functions]))), BFCL_TENANT: list(named([functions]))}
    await server.start()
    try:
        settings = RedisSettings(url=server.url, password_file=password_file)
        imported = await _import(settings, toolsets)
        figures.show("tools", len(imported.own_names), "tools")
        async with running_gateway(settings, home, TENANT, BFCL_TENANT) as gateway:
            asked = await gateway.ask(TENANT, [*(task.sentence for task in tasks), *bfcl.texts])
            _show_tasks(figures, tasks, imported, asked)
            _show_bfcl(figures, bfcl, await gateway.ask(BFCL_TENANT, bfcl.texts))
        if "embeddings" not in without:
            async with running_gateway(settings, home, TENANT, BFCL_TENANT, model=place_model(home)) as gateway:
                _show_tasks_embedded(figures, tasks, imported, await gateway.ask(TENANT, [task.sentence for task in tasks]))
                _show_bfcl_embedded(figures, bfcl, await gateway.ask(BFCL_TENANT, bfcl.texts))
    finally:
        await server.stop()
    return figures


async def _import(settings: RedisSettings, toolsets: Mapping[str, Sequence[Toolset]]) -> Imported:
    """What the large catalog has then."""
    store, imported = Store(settings), {tenant: Imported() for tenant in toolsets}
    await store.open()
    try:
        catalogs = RedisCatalogs(store, owner=TENANT)
        for tenant, each in toolsets.items():
            for toolset in each:
                await imported[tenant].add(toolset, catalogs.of(tenant))
    finally:
        await store.close()
    return imported[TENANT]


def _show_tasks(figures: Figures, tasks: Sequence[Task], imported: Imported, asked: Asked) -> None:
    found = list(zip(map(imported.right, tasks), asked.found, strict=False))
    figures.show("tasks", len(found), "sentences")
    figures.show("index_seconds", asked.index_seconds, "s")
    figures.show("index_mb", asked.index_mb, "MB")
    figures.show("search_p50_ms", percentile(asked.ms, 0.5), "ms")
    figures.show("search_p99_ms", percentile(asked.ms, 0.99), "ms")
    figures.show("recall_at_5", recall(found), "share")
    figures.show("recall_at_5_by_name", recall(found, imported.own_names), "share")


def _show_tasks_embedded(figures: Figures, tasks: Sequence[Task], imported: Imported, asked: Asked) -> None:
    found = list(zip(map(imported.right, tasks), asked.found, strict=True))
    figures.show("embeddings_seconds", asked.settled_seconds, "s")
    figures.show("index_mb_embeddings", asked.index_mb, "MB")
    figures.show("search_embeddings_p50_ms", percentile(asked.ms, 0.5), "ms")
    figures.show("search_embeddings_p99_ms", percentile(asked.ms, 0.99), "ms")
    figures.show("recall_at_5_embeddings", recall(found), "share")
    figures.show("recall_at_5_by_name_embeddings", recall(found, imported.own_names), "share")


def _show_bfcl(figures: Figures, bfcl: Bfcl, asked: Asked) -> None:
    figures.show("bfcl_tools", len(bfcl.own_names), "tools")
    figures.show("bfcl_questions", len(bfcl.questions), "questions")
    figures.show("bfcl_recall_at_5", recall(_answered(bfcl, asked)), "share")
    figures.show("bfcl_recall_at_5_by_name", recall(_answered(bfcl, asked), bfcl.own_names), "share")


def _show_bfcl_embedded(figures: Figures, bfcl: Bfcl, asked: Asked) -> None:
    figures.show("bfcl_recall_at_5_embeddings", recall(_answered(bfcl, asked)), "share")
    figures.show("bfcl_recall_at_5_by_name_embeddings", recall(_answered(bfcl, asked), bfcl.own_names), "share")


def _answered(bfcl: Bfcl, asked: Asked) -> list[tuple[frozenset[str], list[str]]]:
    return [(question.right, names) for question, names in zip(bfcl.questions, asked.found, strict=True)]


if __name__ == "__main__":
    sys.exit(main())
