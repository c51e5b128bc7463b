"""The schemas of one document, self-contained: each with the definitions that it leads to."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson

from registry.model.import_fault import ImportFault, OperationUnusable
from registry.model.json_limits import LIGHT, separators
from registry.model.references import References
from registry.model.tool import JsonObject
from registry.schema.translation import Dialect, Direction, Translated, name_definition, translate
from registry.schema.validators import SchemaInvalid, compile_validator

#: The most schemas that a validator may apply to one value because of one definition, and the most references on the way.
SAME_PLACE_SCHEMAS = 10_000
SAME_PLACE_DEPTH = 100
#: Bytes of the definitions of one schema; definitions farther away accept any value. Every public document that was measured
#: keeps all of an input's (at most 1.1 MB); an answer's lead through whole object models, for each operation again.
BYTES = {Direction.INPUT: 2_000_000, Direction.OUTPUT: 128_000}


@dataclass(frozen=True, slots=True)
class Closed:
    """A schema with its `$defs`, what was left out of either, and whether there is a `oneOf` in its definitions.

    `mended`: whether it allows what the document's own schemas, by mistake, do not.
    """

    schema: JsonObject
    faults: tuple[ImportFault, ...]
    has_choice: bool = False
    mended: bool = False


@dataclass(frozen=True, slots=True)
class _Closure:
    """All definitions that some pointers lead to. `is_cut`: only as many of them as may be kept."""

    definitions: JsonObject
    faults: tuple[ImportFault, ...]
    has_choice: bool
    mended: bool
    is_cut: bool


class Schemas:
    """Translates the schemas of one document for one direction. Remembers each definition: many operations share it."""

    def __init__(self, references: References, dialect: Dialect) -> None:
        self._references = references
        self._dialect = dialect
        self._known: dict[str, tuple[Translated, int]] = {}
        self._weights: dict[str, int] = {}
        self._closures: dict[frozenset[str], _Closure] = {}

    def translate(self, schema: Any, pointer: str) -> Translated:
        """The schema alone; `close` adds what it refers to. Raises OperationUnusable for a reference out of the document."""
        return translate(schema, pointer, self._references, self._dialect)

    def close(self, schema: JsonObject, needs: frozenset[str], pointer: str) -> Closed:
        """`schema` with `$defs` for all that `needs` leads to, recursion kept as references. A validator can run it.

        Raises OperationUnusable.
        """
        _require_runnable(schema, needs, pointer)
        if needs not in self._closures:
            self._closures[needs] = self._closure(needs)
        closure = self._closures[needs]
        faults = (*closure.faults, *((_cut(self._dialect.direction, pointer),) if closure.is_cut else ()))
        whole = schema | ({"$defs": closure.definitions} if closure.definitions else {})
        return Closed(whole, faults, closure.has_choice, closure.mended)

    def _closure(self, needs: frozenset[str]) -> "_Closure":
        definitions: JsonObject = {}
        faults: list[ImportFault] = []
        has_choice = mended = False
        bytes_left = BYTES[self._dialect.direction]
        for target in self._nearest_first(needs):
            found, size = self._definition(target)
            bytes_left -= size
            if bytes_left < 0:
                definitions |= dict.fromkeys(self._beyond(needs, definitions), True)
                break
            self._weigh(target, ())
            definitions[name_definition(target)] = found.schema
            faults += found.faults
            has_choice |= found.has_choice
            mended |= found.mended
        return _Closure(dict(sorted(definitions.items())), tuple(faults), has_choice, mended, is_cut=bytes_left < 0)

    def _nearest_first(self, needs: frozenset[str]) -> Iterator[str]:
        """All that `needs` leads to, each once. The order depends on nothing but what is yielded."""
        level, seen = sorted(needs), set(needs)
        while level:
            yield from level
            following = chain.from_iterable(self._definition(target)[0].needs for target in level)
            level = sorted(set(following) - seen)
            seen |= set(level)

    def _beyond(self, needs: frozenset[str], kept: JsonObject) -> Iterator[str]:
        """The names of definitions that are referred to and not kept."""
        waiting, seen = list(needs), set(needs)
        while waiting:
            target = waiting.pop()
            if (name := name_definition(target)) not in kept:
                yield name
                continue
            further = self._definition(target)[0].needs - seen
            seen |= further
            waiting += further

    def _definition(self, pointer: str) -> tuple[Translated, int]:
        """The definition at `pointer`, and its size in bytes. One with many values counts for more: all of them are light."""
        if pointer not in self._known:
            found = self.translate(self._references.at(pointer, place=pointer), pointer)
            _require_runnable(found.schema, found.needs, pointer)
            written = orjson.dumps(found.schema)
            self._known[pointer] = found, max(len(written), separators(written) * BYTES[self._dialect.direction] // LIGHT)
        return self._known[pointer]

    def _weigh(self, pointer: str, path: tuple[str, ...]) -> int:
        """How many schemas a validator may apply to one value because of this definition."""
        if pointer in path:
            raise OperationUnusable("a reference leads back to itself", pointer=pointer)
        if len(path) > SAME_PLACE_DEPTH:
            raise OperationUnusable(f"more than {SAME_PLACE_DEPTH} references follow each other", pointer=pointer)
        if pointer not in self._weights:
            weight = 1 + sum(self._weigh(target, (*path, pointer)) for target in self._definition(pointer)[0].same_place)
            if weight > SAME_PLACE_SCHEMAS:
                raise OperationUnusable(f"a schema applies more than {SAME_PLACE_SCHEMAS:,} others at once", pointer=pointer)
            self._weights[pointer] = weight
        return self._weights[pointer]


def _require_runnable(schema: Any, needs: frozenset[str], pointer: str) -> None:
    """Prove that a validator can run the schema. Definitions are compiled once, not with each schema that needs them."""
    stubs = {"$defs": dict.fromkeys(map(name_definition, needs), True)}
    try:
        compile_validator({"allOf": [schema]} | stubs if isinstance(schema, bool) else schema | stubs)
    except SchemaInvalid as error:
        raise OperationUnusable(str(error), pointer=pointer) from None


def _cut(direction: Direction, pointer: str) -> ImportFault:
    message = f"the {direction} schema leads to more than {BYTES[direction]:,} bytes; definitions beyond those accept any value"
    return ImportFault(pointer, message, "There is nothing to do; calls are checked in full against a smaller schema.")
