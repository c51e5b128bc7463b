"""`$ref` inside one document. A reference that leaves the document is a fault; the gateway opens nothing for it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from registry.model.import_fault import LeadsNowhere, OperationUnusable
from registry.model.json_pointer import find
from registry.model.tool import JsonObject


class References:
    """Resolves the document's own JSON Pointers."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document

    def lookup(self, reference: Any, *, place: str) -> tuple[Any, str]:
        """What `reference` leads to, and that value's pointer. `place` is where the reference stands, for the fault.

        Raises OperationUnusable for one that leaves the document or leads nowhere.
        """
        if not isinstance(reference, str):
            raise OperationUnusable("a `$ref` is not a string", pointer=place)
        if reference != "#" and not reference.startswith("#/"):
            raise OperationUnusable(
                "a reference leaves the document; the gateway opens no other document",
                pointer=place,
                cure="Bundle the documents into one: `callgate toolset bundle`.",
            )
        pointer = unquote(reference[1:])
        return self.at(pointer, place=place), pointer

    def at(self, pointer: str, *, place: str) -> Any:
        """The value at a JSON Pointer into the document. Raises OperationUnusable where there is none."""
        if not (found := find(pointer, self._document)):
            raise LeadsNowhere(f"a reference to {pointer[:200]!r} leads nowhere", pointer=place)
        return found[0]

    def find(self, reference: Any) -> Any:
        """What `reference` leads to. None where it is no reference, or leads nowhere in this document."""
        try:
            return self.lookup(reference, place="")[0]
        except OperationUnusable:
            return None

    def follow(self, value: Any, pointer: str) -> tuple[JsonObject, str]:
        """The object at the end of a chain of references that begins with `value`, and its pointer.

        Raises OperationUnusable for a chain without an end, or an end that is no object.
        """
        seen: set[str] = set()
        while isinstance(value, dict) and "$ref" in value:
            if pointer in seen:
                raise OperationUnusable("a reference leads back to itself", pointer=pointer)
            seen.add(pointer)
            value, pointer = self.lookup(value["$ref"], place=pointer)
        if not isinstance(value, dict):
            raise OperationUnusable("an object is expected here", pointer=pointer)
        return value, pointer

    def layers(self, value: Any, pointer: str) -> Iterator[tuple[JsonObject, str]]:
        """The objects along the same chain, nearest first: what stands beside each `$ref`, and the end. Raises as `follow`."""
        seen: set[str] = set()
        while True:
            if not isinstance(value, dict):
                raise OperationUnusable("an object is expected here", pointer=pointer)
            yield {key: member for key, member in value.items() if key != "$ref"}, pointer
            if "$ref" not in value:
                return
            if pointer in seen:
                raise OperationUnusable("a reference leads back to itself", pointer=pointer)
            seen.add(pointer)
            value, pointer = self.lookup(value["$ref"], place=pointer)

    def merged(self, value: Any, pointer: str) -> tuple[JsonObject, str]:
        """As `follow`, for a path item or an operation: what its author wrote beside the `$ref` comes before what that has."""
        layers = list(self.layers(value, pointer))
        whole: JsonObject = {}
        for layer, _ in reversed(layers):
            whole |= layer
        return whole, layers[-1][1]
