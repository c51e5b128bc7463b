"""One schema, and how much work it is to hold an instance against it.

There are two ways. A plain validator is the fastest, and where ways through a schema join and part again, its work is a power
of the depth. The other one looks at each definition once for each value, which is never much, and costs more at first.
"""

from typing import Any

from registry.model.errors import Violation
from registry.model.json_values import objects_in
from registry.model.tool import JsonObject
from registry.schema.memoised import Memoised, looks_around
from registry.schema.told_apart import told_apart
from registry.schema.validators import compile_validator
from registry.schema.work import MOST, InstanceSize, Work

#: What a pattern takes for a character, in applications of a schema: in linear time, and at most where it backtracks.
LINEAR, BACKTRACKING = 0.125, 100.0

#: Subschemas times levels that are looked at in some milliseconds.
LOOKS = 5_000

#: Applications up to which all violations are looked for: each may be one, and all are made before the first is told.
EACH = 10_000

_WITH_PATTERNS = frozenset({"pattern", "patternProperties", "propertyNames", "format"})


class Check:
    """`schema`: self-contained, as a tool version has it."""

    def __init__(self, schema: JsonObject) -> None:
        """Raises SchemaInvalid."""
        self._schema = told_apart(schema)
        self._plain = compile_validator(self._schema)
        self._work = Work(self._schema)
        self._subschemas = sum(1 for _ in objects_in(self._schema))
        self._per_character = self._pattern_cost()
        self._looks_around = looks_around(self._schema)
        # Of a union that none of its alternatives fits, a plain validator tells why each does not, and so on within each.
        self._has_unions = any(one.keys() & {"anyOf", "oneOf"} for one in objects_in(self._schema))
        self._memoised: Memoised | None = None

    def is_bounded_quickly(self, size: InstanceSize) -> bool:
        """Whether `bound` takes some milliseconds: it looks at each subschema for each level, the first time."""
        return self._work.knows(size.levels) or self._subschemas * size.levels <= LOOKS

    def bound(self, size: InstanceSize) -> int:
        """The most applications of a schema to a value that it takes to find out whether an instance of this size fits."""
        plainly = self._plainly(size)
        return plainly if plainly <= EACH else min(plainly, self._by_definition(size))

    def is_valid(self, instance: Any, size: InstanceSize) -> bool:
        plainly = self._plainly(size)
        if plainly <= EACH or plainly <= self._by_definition(size):
            return self._plain.is_valid(instance)
        return self._memory().is_valid(instance)

    def violations(self, instance: Any, size: InstanceSize) -> tuple[Violation, ...]:
        """The first violations of an invalid instance; where there may be too many to make them all, fewer."""
        if self._plainly(size) <= EACH:
            return self._plain.violations(instance)
        if self._has_unions and not self._looks_around:
            return self._memory().violations(instance)
        first = self._plain.first_violation(instance)
        return (first,) if first else ()

    def _plainly(self, size: InstanceSize) -> int:
        return self._work.bound(size, self._per_character)

    def _by_definition(self, size: InstanceSize) -> int:
        return MOST if self._looks_around else self._work.bound_by_definition(size, self._per_character)

    def _memory(self) -> Memoised:
        if self._memoised is None:
            self._memoised = Memoised(self._schema)
        return self._memoised

    def _pattern_cost(self) -> float:
        if self._plain.backtracks:
            return BACKTRACKING
        return LINEAR if any(one.keys() & _WITH_PATTERNS for one in objects_in(self._schema)) else 0.0
