"""How large and how deep a JSON value may be. Counted without recursion, since an attacker chooses the depth."""

from itertools import islice
from typing import Any

from registry.model.errors import DocumentTooLarge

DOCUMENT_BYTES = 50_000_000
DOCUMENT_NODES = 2_000_000
DOCUMENT_CONTAINERS = 1_000_000  # objects and lists: each costs ten times the memory of another value
#: Commas and opening brackets of a text that is read, and whose values are each looked at, in some milliseconds.
LIGHT = 200_000
DOCUMENT_DEPTH = 200  # the compiler walks schemas recursively; Python's own limit is 1,000 frames


def require_size(raw: bytes) -> None:
    """Raises DocumentTooLarge for more bytes than one document may have."""
    if len(raw) > DOCUMENT_BYTES:
        raise DocumentTooLarge(f"the document has {len(raw):,} bytes; at most {DOCUMENT_BYTES:,} are read")


def count_nodes(value: Any, *, nodes: int = DOCUMENT_NODES, depth: int = DOCUMENT_DEPTH) -> int:
    """The number of values in `value`, itself included. Raises DocumentTooLarge at the first one over a bound."""
    level, total, height = [value], 1, 1
    while level := list(islice((child for container in level for child in _children(container)), nodes)):
        total += len(level)
        height += 1
        if total > nodes:
            raise DocumentTooLarge(f"the document has more than {nodes:,} values")
        if height > depth:
            raise DocumentTooLarge(f"the document is nested deeper than {depth} levels")
    return total


def count_keys(value: Any) -> int:
    """The number of keys of all objects in `value`."""
    level, keys = [value], 0
    while level := [child for container in level for child in _children(container)]:
        keys += sum(len(child) for child in level if isinstance(child, dict))
    return keys + (len(value) if isinstance(value, dict) else 0)


def is_deeper(value: Any, depth: int) -> bool:
    """Whether `value` has more than `depth` levels, itself the first."""
    level = [value]
    for _ in range(depth):
        level = [child for container in level for child in _children(container)]
    return bool(level)


def is_light(raw: bytes) -> bool:
    """Whether a JSON text, however long, has so few values that it may be read where others wait. Text inside strings is
    counted, too."""
    return separators(raw) <= LIGHT


def separators(raw: bytes) -> int:
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def refuse_many_separators(raw: bytes, *, nodes: int = DOCUMENT_NODES) -> None:
    """Refuse a JSON text that must be over the bound before memory is spent on it.

    Every value but the first of its container follows a comma, and every container opens with a bracket. Text inside strings is
    counted too, so the bound is twice the one that holds for values. Raises DocumentTooLarge.
    """
    containers = raw.count(b"[") + raw.count(b"{")
    if containers > DOCUMENT_CONTAINERS:
        raise DocumentTooLarge(f"the document has more than {DOCUMENT_CONTAINERS:,} objects and lists, or values that look so")
    if raw.count(b",") + containers > 2 * nodes:
        raise DocumentTooLarge(f"the document has more than {nodes:,} values")


def _children(container: Any) -> Any:
    if isinstance(container, dict):
        return container.values()
    return container if isinstance(container, list) else ()
