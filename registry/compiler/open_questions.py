"""What a document leaves for its operator to say before its operations can be called as tools."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from registry.compiler.operations import OperationSite, find_sites, text
from registry.compiler.placeholder_hosts import placeholder_fault
from registry.compiler.servers import choose_server, server_levels
from registry.credentials.kinds import bind_scheme
from registry.model.import_fault import OperationUnusable
from registry.model.json_pointer import escape
from registry.model.references import References
from registry.model.tool import JsonObject


@dataclass(frozen=True, slots=True)
class OpenQuestions:
    """`title`: what the document calls its API; empty where it says nothing.

    `schemes`: the security schemes by which operations can be called with one secret, the one that most of them name first.
    `together`: further ones that operations name with others alone, and that a secret can satisfy. `lacks_server`: whether
    the document does not say of an operation, in a way that can be used, where it is sent. `servers` are those that it names
    for all of them, as it writes them.
    """

    title: str
    schemes: tuple[str, ...]
    lacks_server: bool
    servers: tuple[str, ...] = ()
    together: tuple[str, ...] = ()


def open_questions(document: JsonObject, origin: str = "") -> OpenQuestions:
    """Of a document that `loading` has read. `origin` is the URL that it came from, for a server that is relative to it."""
    sites = list(find_sites(document, References(document), []))
    info = document.get("info")
    title = text(info.get("title")) if isinstance(info, dict) else None
    lacks = any(not _has_server(document, site, origin) for site in sites)
    alone = _schemes(document, sites, _named_alone)
    together = tuple(one for one in _schemes(document, sites, _named) if one not in alone)
    return OpenQuestions(title or "", alone, lacks, tuple(_servers(document)), together)


def _servers(document: JsonObject) -> Iterator[str]:
    servers = document.get("servers")
    for server in servers if isinstance(servers, list) else ():
        if isinstance(server, dict) and (url := text(server.get("url"))):
            yield url


def _has_server(document: JsonObject, site: OperationSite, origin: str) -> bool:
    """One that stands for another is none."""
    try:
        chosen = choose_server(server_levels(document, site), origin)
    except OperationUnusable:
        return False
    return placeholder_fault(chosen.url, chosen.declared, chosen.pointer) is None


def _schemes(
    document: JsonObject, sites: list[OperationSite], named: Callable[[JsonObject, OperationSite], Iterator[str]]
) -> tuple[str, ...]:
    """Those that can be used, the one that most operations name first."""
    components = document.get("components")
    declared = components.get("securitySchemes") if isinstance(components, dict) else None
    asked = Counter(name for site in sites for name in named(document, site))
    usable = (name for name in declared or () if asked[name] and _is_usable(document, name, declared))
    return tuple(sorted(usable, key=lambda name: -asked[name]))


def _named_alone(document: JsonObject, site: OperationSite) -> Iterator[str]:
    """The schemes that satisfy the operation without another one."""
    return (next(iter(one)) for one in _alternatives(document, site) if len(one) == 1)


def _named(document: JsonObject, site: OperationSite) -> Iterator[str]:
    return (name for one in _alternatives(document, site) for name in one)


def _alternatives(document: JsonObject, site: OperationSite) -> Iterator[JsonObject]:
    required = site.operation.get("security", document.get("security"))
    return (one for one in required if isinstance(one, dict)) if isinstance(required, list) else iter(())


def _is_usable(document: JsonObject, name: str, declared: Any) -> bool:
    place = f"/components/securitySchemes/{escape(name)}"
    try:
        scheme, place = References(document).follow(declared[name], place)
        bind_scheme(scheme, place, "path", "field")
    except OperationUnusable:
        return False
    return True
