"""The examples that a Parameter Object or a Media Type Object has (OpenAPI 3.2, Example Object)."""

from collections.abc import Iterator
from typing import Any

from registry.model.import_fault import OperationUnusable
from registry.model.references import References
from registry.model.tool import JsonObject

_ALONE = ("example", "x-example")  # the second in Swagger 2.0


def read_examples(holder: JsonObject, pointer: str, references: References) -> tuple[Any, ...]:
    """Values only: what lies elsewhere (`externalValue`) or is written as it is sent (`serializedValue`) shows no argument."""
    alone = [holder[keyword] for keyword in _ALONE if holder.get(keyword) is not None]
    return (*alone, *_values(holder.get("examples"), pointer, references))


def _values(examples: Any, pointer: str, references: References) -> Iterator[Any]:
    for entry in examples.values() if isinstance(examples, dict) else ():
        try:
            node, _ = references.follow(entry, f"{pointer}/examples")
        except OperationUnusable:
            continue  # the tool can be called without it
        yield from (node[key] for key in ("dataValue", "value") if node.get(key) is not None)
