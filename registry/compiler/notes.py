"""What an operator should know of a document although every operation becomes a tool."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from registry.compiler.operations import OperationSite
from registry.model.import_fault import ImportFault
from registry.model.tool import JsonObject

_NOTHING = "There is nothing to do."


def notes_on(document: JsonObject, sites: list[OperationSite]) -> Iterator[ImportFault]:
    """Webhooks and callbacks: requests that the API sends, so no caller can."""
    webhooks = document.get("webhooks")
    if isinstance(webhooks, dict) and webhooks:
        message = f"the API sends {len(webhooks):,} webhooks itself; none becomes a tool"
        yield ImportFault("/webhooks", message, _NOTHING)
    if calling := [site for site in sites if site.operation.get("callbacks")]:
        message = f"the callbacks of {len(calling):,} operations, of which this is the first, become no tools"
        yield ImportFault(f"{calling[0].pointer}/callbacks", message, _NOTHING)


def notes_on_names(names: Iterable[tuple[str, OperationSite]]) -> Iterator[ImportFault]:
    """Names that differ by case alone: a model, like a person, takes one for the other."""
    alike: defaultdict[str, list[tuple[str, OperationSite]]] = defaultdict(list)
    for name, site in names:
        alike[name.casefold()].append((name, site))
    for group in alike.values():
        for name, site in group[1:]:
            message = f"the tool's name {name!r} differs from {group[0][0]!r} by case only"
            yield ImportFault(site.pointer, message, "Give one of them another name in the manifest.")
