"""Where in a document its operations stand, and by which names they are known."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from registry.compiler.naming import Route
from registry.model.effects import METHODS
from registry.model.import_fault import ImportFault, OperationUnusable
from registry.model.json_pointer import escape
from registry.model.operation_key import OperationKey
from registry.model.references import References
from registry.model.tool import JsonObject

#: Characters of a method in a fault.
_NAMED = 40
_METHOD_FIELDS = frozenset(method.lower() for method in METHODS)
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}")  # a method's name (RFC 9110 §9.1)


@dataclass(frozen=True, slots=True)
class OperationSite:
    """One operation, and its path item, each with its JSON Pointer."""

    route: Route
    item: JsonObject
    item_pointer: str
    operation: JsonObject
    pointer: str


def find_sites(document: JsonObject, references: References, faults: list[ImportFault]) -> Iterator[OperationSite]:
    """Every operation below `paths`. One that is not there, or anything else in its place, adds a fault that names it."""
    for path, entry in document["paths"].items():
        if isinstance(path, str) and not path.startswith("x-"):
            yield from _sites_of(path, _item_layers(path, entry, references, faults), references, faults)


def _item_layers(
    path: str, entry: Any, references: References, faults: list[ImportFault]
) -> tuple[tuple[JsonObject, str], ...]:
    """The path item, nearest first: what stands beside a `$ref`, and what that leads to."""
    found: list[tuple[JsonObject, str]] = []
    try:
        found += references.layers(entry, f"/paths/{escape(path)}")
    except OperationUnusable as unusable:
        faults.append(replace(unusable.fault, operations=(f"* {path}",)))
    return tuple(found)


def _sites_of(
    path: str, layers: tuple[tuple[JsonObject, str], ...], references: References, faults: list[ImportFault]
) -> Iterator[OperationSite]:
    item: JsonObject = {}
    for layer, _ in reversed(layers):
        item |= layer
    place = next((pointer for layer, pointer in layers if "parameters" in layer), layers[-1][1] if layers else "")
    known: set[str] = set()
    for layer, layer_pointer in layers:
        faults += _misnamed(path, layer, layer_pointer)
        for method, operation, pointer in _operations(layer, layer_pointer):
            if method in known:
                continue
            known.add(method)
            try:
                node, found = references.merged(_expected(method, operation, pointer), pointer)
                yield OperationSite((method, path), item, place, node, found)
            except OperationUnusable as unusable:
                faults.append(replace(unusable.fault, operations=(f"{method[:_NAMED]} {path}",)))


def _expected(method: str, operation: Any, pointer: str) -> JsonObject:
    if not isinstance(operation, dict) or not _TOKEN.fullmatch(method):
        raise OperationUnusable("an operation is expected here", pointer=pointer)
    return operation


def _misnamed(path: str, item: JsonObject, pointer: str) -> Iterator[ImportFault]:
    """`GET:` in the place of `get:`, which other readers do not see either."""
    for name, operation in item.items():
        if name not in _METHOD_FIELDS and name.lower() in _METHOD_FIELDS and isinstance(operation, dict):
            cure = f"Write `{name.lower()}`: a path item has its methods in lower case."
            place = f"{pointer}/{escape(name)}"
            message = "a path item has no field of this name"
            yield ImportFault(place, message, cure, (f"{name.upper()} {path}",))


def key_of(site: OperationSite, name: str, server: str) -> OperationKey:
    """The names by which a manifest selects the operation."""
    id = text(site.operation.get("operationId"))
    return OperationKey(*site.route, (id,) if id else (), name, tags_of(site.operation), server=server)


def tags_of(operation: JsonObject) -> tuple[str, ...]:
    tags = operation.get("tags")
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


def text(value: Any) -> str | None:
    """`value` if it is a text that is not empty."""
    return value if isinstance(value, str) and value else None


def _operations(item: JsonObject, pointer: str) -> Iterator[tuple[str, Any, str]]:
    for method in METHODS:
        if (operation := item.get(method.lower())) is not None:
            yield method, operation, f"{pointer}/{method.lower()}"
    more = item.get("additionalOperations")  # since OpenAPI 3.2; its keys are methods as they are sent
    for method, operation in more.items() if isinstance(more, dict) else ():
        # A method that has a field of its own is none of these: two operations would have one route.
        yield method, operation if method not in METHODS else None, f"{pointer}/additionalOperations/{escape(method)}"
