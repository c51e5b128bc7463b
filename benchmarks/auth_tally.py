"""Counts the operations of one document that require a credential, by what the compiler gives them of an operator's secrets.

Runs in a process of its own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.auth_kinds import AWS, Alternative, Combination, Part, Schemes
from benchmarks.auth_manifest import manifest_of, paths_of
from benchmarks.callgate_tools import SERVER
from registry.compiler.compiler import compile_document
from registry.compiler.operations import OperationSite, find_sites
from registry.document.loading import load
from registry.manifest.reader import read_manifest
from registry.manifest.toolset import Compiled
from registry.model.errors import RegistryError
from registry.model.import_fault import ImportFault
from registry.model.references import References
from registry.model.tool import CredentialBinding, Draft, JsonObject

TOKEN_URL = "https://login.example.com/token"
BELOW = "secret/data/measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An operation, and the alternative of its requirement for which it gets credentials."""

    document: str
    bytes: int
    method: str
    path: str
    alternative: Alternative

    @property
    def route(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def order(self) -> tuple[bool, int]:
        """Which of several to call: one that only reads, of a small document."""
        return self.method != "GET", self.bytes


@dataclass(frozen=True, slots=True)
class Found:
    count: int
    example: Example

    def __add__(self, other: "Found") -> "Found":
        return Found(self.count + other.count, min(self.example, other.example, key=lambda one: one.order))


@dataclass(slots=True)
class AuthTally:
    """`lacking`: of the operations that get no credential, how many and an example, by what they require and why."""

    found: dict[Combination, Found] = field(default_factory=dict)
    lacking: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    @property
    def operations(self) -> int:
        return sum(one.count for one in self.found.values()) + sum(count for count, _ in self.lacking.values())

    def add(self, combination: Combination, found: Found) -> None:
        known = self.found.get(combination)
        self.found[combination] = known + found if known else found

    def lack(self, kinds: str, why: str, count: int, example: str) -> None:
        known, first = self.lacking.get((kinds, why), (0, example))
        self.lacking[kinds, why] = (known + count, first)

    def merge(self, other: "AuthTally") -> None:
        for combination, found in other.found.items():
            self.add(combination, found)
        for (kinds, why), (count, example) in other.lacking.items():
            self.lack(kinds, why, count, example)


def examine(path: str, name: str) -> AuthTally:
    raw = Path(path).read_bytes()
    try:
        document = load(raw)
    except RegistryError:  # of which the other figures tell: it has no operations to be known
        return AuthTally()
    return count(document, name, len(raw))


def count(document: JsonObject, name: str, size: int) -> AuthTally:
    """Of a document that `loading` has read."""
    tally, schemes = AuthTally(), Schemes(document)
    asking = list(_asking(document, schemes))
    if not asking:
        return tally
    paths = paths_of(schemes.parts, BELOW)
    try:
        compiled = _compiled(document, schemes.parts, paths)
    except RegistryError as refused:
        compiled = Compiled((), (ImportFault("", str(refused), "", tuple(" ".join(site.route) for site, _ in asking)),))
    drafts = {draft.operation.route: draft for draft in compiled.drafts}
    for site, alternatives in asking:
        route = " ".join(site.route)
        taken = _taken(alternatives, drafts.get(route), paths)
        if isinstance(taken, str):
            tally.lack(" or ".join(map(str, alternatives)), _why(taken, compiled, route), 1, f"{name} {route}")
            continue
        method, path = site.route
        example = Example(document=name, bytes=size, method=method, path=path, alternative=taken)
        tally.add(tuple(sorted(set(taken.parts.values()))), Found(1, example))
    return tally


def _asking(document: JsonObject, schemes: Schemes) -> Iterator[tuple[OperationSite, list[Alternative]]]:
    for site in find_sites(document, References(document), []):
        if alternatives := schemes.alternatives(site.operation):
            yield site, alternatives


def _compiled(document: JsonObject, parts: dict[str, Part], paths: dict[str, str]) -> Compiled:
    """An AWS document's own servers tell what is signed for; all others may be relative, or of another origin."""
    words = json.dumps({"toolset": "measured", **manifest_of(parts, paths, TOKEN_URL)})
    server = None if any(part.kind == AWS for part in parts.values()) else SERVER
    return compile_document(document, replace(read_manifest(words.encode()).header, server=server))


def _taken(alternatives: list[Alternative], draft: Draft | None, paths: dict[str, str]) -> Alternative | str:
    """The first alternative for which the tool has each credential, and no other; or why there is none."""
    offered = [one for one in alternatives if one.is_offered]
    if not offered:
        return "Callgate has no such kind of credential"
    if draft is None:
        return "no tool"
    bound = {one.path: one for one in (draft.credential, *draft.further_credentials) if one}
    # The manifest gives every tool the certificate, if the document has a use for it anywhere.
    shown = {draft.client_certificate.path} if draft.client_certificate else set()
    for one in offered:
        wanted = {paths[name] for name in one.parts}
        if bound.keys() == wanted - shown and wanted <= bound.keys() | shown:
            return replace(one, parts={name: _scoped(part, bound.get(paths[name])) for name, part in one.parts.items()})
    return "the tool has not each of the credentials"


def _scoped(part: Part, binding: CredentialBinding | None) -> Part:
    """With the region and service for which AWS's signature is made."""
    if part.kind != AWS or binding is None:
        return part
    return replace(part, place=binding.kind_parameters["region"], name=binding.kind_parameters["service"])


def _why(taken: str, compiled: Compiled, route: str) -> str:
    told = next((fault.message for fault in compiled.faults if route in fault.operations), "")
    return f"{taken}: {told}" if told else taken
