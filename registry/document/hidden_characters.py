"""A document's hidden characters: taken out before anything is made of its texts, and told to the operator.

A vendor who hides characters in a description has words for the model that its reviewer does not see. So the document is
cleaned whole, and a tool is made of what remains: a document without hidden characters makes the same digests as ever, and one
with them makes the digest that it would have without.
"""

from typing import Any

from registry.model.clean_json import Hidden, clean_document, may_hide
from registry.model.import_fault import ImportFault

#: The most places that have a fault of their own; one more counts the others.
TOLD = 50
_CURE = (
    "Look at the document's own text: what is hidden there may be an attack on the model. "
    "Where it is a name or a value of the API, calls carry the form without it."
)


def without_hidden(text: bytes, value: Any) -> tuple[Any, tuple[ImportFault, ...]]:
    """The value that `text` (UTF-8) stands for, cleaned, and a fault for each place that had hidden characters."""
    if not may_hide(text):
        return value, ()
    cleaned, found = clean_document(value)
    return cleaned, tuple(_faults(found))


def _faults(found: list[Hidden]) -> list[ImportFault]:
    told = [ImportFault(one.pointer, _removed(one.count), _CURE) for one in found[:TOLD]]
    if others := found[TOLD:]:
        count = sum(one.count for one in others)
        told.append(ImportFault("", f"{_removed(count)} in {len(others):,} further places", _CURE))
    return told


def _removed(count: int) -> str:
    return f"{count:,} hidden characters were removed" if count != 1 else "1 hidden character was removed"
