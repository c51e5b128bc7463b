"""One tenant's catalog for `search`: every document of the collection as a toolset, as an operator imports it.

A toolset is named for its document's title, as `callgate toolset init` does it. Where the title does not name the provider
(`API V1`), an operator would, so the name begins with what the collection files the document under. A name that another toolset
has gets a number. A toolset of whose tools one has a name that is taken gets a `prefix`, as the refusal of its import advises.
The documents' own servers are kept; a document that leaves its server open is compiled again, with SERVER for the operator's.
What answers promise is left out: a search does not read it, and it is most of a catalog's memory.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

from benchmarks.collection import SPECS
from gateway.cli.toolset.decisions import title_name
from registry.compiler.compiler import compile_document
from registry.compiler.naming import prefixed
from registry.document.loading import load
from registry.manifest.toolset import ToolsetHeader
from registry.model.errors import DocumentInvalid
from registry.model.tool import Draft

SERVER = "https://api.example.com"
_LONGEST = 40
#: The collection of a collection: its files are named for the provider.
_BY_PROVIDER = "apis-guru/"
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class CatalogTool:
    """A tool, and where it came from. `operation_name`: its name in its own toolset, without the prefix."""

    draft: Draft
    document: str
    operation_name: str

    @property
    def operation(self) -> str:
        return self.draft.operation.route


def tools(processes: int) -> Iterator[CatalogTool]:
    """Those of every document, in the order of the collection's index."""
    entries = json.loads((SPECS / "index.json").read_text())
    with ProcessPoolExecutor(processes) as pool:
        compiled = zip(entries, pool.map(_compiled, entries), strict=True)
        yield from imported((entry["file"], entry["title"], drafts) for entry, drafts in compiled)


def imported(documents: Iterable[tuple[str, str, Sequence[Draft]]]) -> Iterator[CatalogTool]:
    """`documents`: the file, the title and the drafts of each."""
    toolsets: set[str] = set()
    names: set[str] = set()
    for file, title, drafts in documents:
        toolset = _free_name(toolset_name(file, title), toolsets)
        prefix = "" if names.isdisjoint(draft.name for draft in drafts) else toolset.replace("-", "_")[:31] + "_"
        for draft in drafts:
            route = draft.operation.method, draft.operation.path
            name = prefixed(prefix, draft.name, route)
            names.add(name)
            yield CatalogTool(replace(draft, name=name, toolset=toolset), file, draft.name)


def toolset_name(file: str, title: str) -> str:
    words = title_name(title)
    provider = _provider(file)
    named = not provider or provider in _NOT_PLAIN.sub("", title.lower())
    return title_name(words if named else f"{provider} {words}") or title_name(file)


def _provider(file: str) -> str:
    """`ably` of `apis-guru/ably.net/control.json`; empty where the collection does not file by providers."""
    return file.removeprefix(_BY_PROVIDER).partition(".")[0].partition("/")[0] if file.startswith(_BY_PROVIDER) else ""


def _free_name(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        end = f"-{number}"
        free = name[: _LONGEST - len(end)].rstrip("-") + end
    taken.add(free)
    return free


def _compiled(entry: dict[str, str | int]) -> tuple[Draft, ...]:
    try:
        document = load((SPECS / str(entry["file"])).read_bytes())
        found = compile_document(document, ToolsetHeader("measured")).drafts
        if len(found) < int(entry["operations"]):
            found = max(found, compile_document(document, ToolsetHeader("measured", SERVER)).drafts, key=len)
    except DocumentInvalid:
        return ()
    return tuple(replace(draft, output_schema=None, responses=()) for draft in found)
