"""One tenant's catalog for `search`: every document of the collection as a toolset, as an operator imports it.

A toolset is named for its document's title, as `callgate toolset init` does it. Where the title does not name the provider
(`API V1`), an operator would, so the name begins with what the collection files the document under. A name that another toolset
has gets a number. A toolset of whose tools one has a name that is taken gets a `prefix`, as the refusal of its import advises.
The documents' own servers are kept; a document that leaves its server open is compiled again, with SERVER for the operator's.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

from benchmarks.collection import SPECS
from gateway.cli.toolset.decisions import title_name
from registry.catalog.catalog import Catalog, Import
from registry.compiler.compiler import compile_document
from registry.compiler.naming import prefixed
from registry.document.loading import load
from registry.manifest.toolset import Compiled, ToolsetHeader
from registry.model.errors import DocumentInvalid
from registry.model.operation_key import Binding
from registry.model.tool import Draft

SERVER = "https://api.example.com"
_LONGEST = 40
#: The collection of a collection: its files are named for the provider.
_BY_PROVIDER = "apis-guru/"
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_NOTHING = Compiled((), ())


@dataclass(frozen=True, slots=True)
class Toolset:
    """What a document has become. `own_names`: from a tool's name in the catalog to its name without the toolset's prefix."""

    document: str
    name: str
    drafts: tuple[Draft, ...]
    bindings: Mapping[str, Binding]
    own_names: Mapping[str, str]

    async def add_to(self, catalog: Catalog) -> None:
        await catalog.add(self.drafts, Import(self.name, bindings=self.bindings))


def documents(processes: int) -> Iterator[tuple[str, str, Compiled]]:
    """What each of the collection has become, in the order of its index, with its file and its title."""
    entries = json.loads((SPECS / "index.json").read_text())
    with ProcessPoolExecutor(processes) as pool:
        for entry, found in zip(entries, pool.map(_compiled, entries), strict=True):
            if found.drafts:
                yield entry["file"], entry["title"], found


def named(compiled: Iterable[tuple[str, str, Compiled]]) -> Iterator[Toolset]:
    """`compiled`: as `documents` gives them. Their tools get the names that they have in one catalog."""
    taken: set[str] = set()
    names: set[str] = set()
    for file, title, found in compiled:
        toolset = _free_name(toolset_name(file, title), taken)
        prefix = "" if names.isdisjoint(draft.name for draft in found.drafts) else toolset.replace("-", "_")[:31] + "_"
        made = _behind(prefix, file, toolset, found)
        names.update(made.own_names)
        yield made


def toolset_name(file: str, title: str) -> str:
    words = title_name(title)
    provider = _provider(file)
    is_named = not provider or provider in _NOT_PLAIN.sub("", title.lower())
    return title_name(words if is_named else f"{provider} {words}") or title_name(file)


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


def _behind(prefix: str, file: str, toolset: str, found: Compiled) -> Toolset:
    names = {draft.name: prefixed(prefix, draft.name, (draft.operation.method, draft.operation.path)) for draft in found.drafts}
    drafts = tuple(replace(draft, name=names[draft.name], toolset=toolset) for draft in found.drafts)
    bindings = {names[name]: binding for name, binding in found.bindings.items()}
    return Toolset(file, toolset, drafts, bindings, {new: own for own, new in names.items()})


def _compiled(entry: Mapping[str, str | int]) -> Compiled:
    """Of what the compiler gives, what an import stores."""
    try:
        document = load((SPECS / str(entry["file"])).read_bytes())
        found = compile_document(document, ToolsetHeader("measured"))
        if len(found.drafts) < int(entry["operations"]):
            found = max(found, compile_document(document, ToolsetHeader("measured", SERVER)), key=lambda one: len(one.drafts))
    except DocumentInvalid:
        return _NOTHING
    return Compiled(found.drafts, (), bindings=found.bindings)
