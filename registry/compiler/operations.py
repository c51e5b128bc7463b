"""Where in a document its operations stand, and what they say about themselves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from registry.compiler.naming import Route
from registry.model.effects import METHODS
from registry.model.import_fault import ImportFault, OperationUnusable
from registry.model.json_pointer import escape
from registry.model.operation_key import OperationKey
from registry.model.references import References
from registry.model.tool import JsonObject

DESCRIPTION_CHARACTERS = 1_024
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
    """Every operation below `paths`. Anything else in the place of an operation adds a fault."""
    for path, entry in document["paths"].items():
        if not isinstance(path, str) or path.startswith("x-"):
            continue
        try:
            item, pointer = references.follow(entry, f"/paths/{escape(path)}")
        except OperationUnusable as unusable:
            faults.append(unusable.fault)
            continue
        for method, operation, place in _operations(item, pointer):
            if isinstance(operation, dict) and _TOKEN.fullmatch(method):
                yield OperationSite((method, path), item, pointer, operation, place)
            else:
                faults.append(OperationUnusable("an operation is expected here", pointer=place).fault)


def describe(site: OperationSite) -> str:
    """What the model reads: the operation's summary and description, or those of its path."""
    for holder in (site.operation, site.item):
        texts = dict.fromkeys(given.strip() for key in ("summary", "description") if (given := text(holder.get(key))))
        if joined := "\n\n".join(given for given in texts if given):
            return joined[:DESCRIPTION_CHARACTERS]
    return f"{site.route[0]} {site.route[1]}"[:DESCRIPTION_CHARACTERS]


def key_of(site: OperationSite, name: str, server: str) -> OperationKey:
    """The names by which a manifest selects the operation."""
    tags = site.operation.get("tags")
    texts = tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    id = text(site.operation.get("operationId"))
    return OperationKey(*site.route, (id,) if id else (), name, texts, server=server)


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
