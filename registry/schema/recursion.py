"""Whether a schema leads back to itself."""

from typing import Any

from registry.model.json_pointer import definition_reference
from registry.model.json_values import objects_in
from registry.model.tool import JsonObject


def is_recursive(schema: JsonObject) -> bool:
    """Whether a self-contained schema leads back to itself, so that an instance may be nested without end."""
    definitions = schema.get("$defs", {})
    leads_to = {definition_reference(name): _references_in(definition) for name, definition in definitions.items()}
    # Remove definitions that lead to none, until nothing changes: what remains are cycles and what leads to them.
    while ends := {name for name, targets in leads_to.items() if not targets & leads_to.keys()}:
        leads_to = {name: targets for name, targets in leads_to.items() if name not in ends}
    return bool(leads_to)


def _references_in(schema: Any) -> set[str]:
    return {reference for one in objects_in(schema) if isinstance(reference := one.get("$ref"), str)}
