"""One schema, and how much work it is to hold an instance against it.

There are two ways. A plain validator is the fastest, and where ways through a schema join and part again, its work is a power
of the depth. The other one looks at each definition once for each value, which is never much, and costs more at first.
"""

from typing import Any

from registry.checking.quick_schemas import patterns_of, states
from registry.model.errors import Violation
from registry.model.tool import JsonObject
from registry.schema.memoised import Memoised, looks_around
from registry.schema.subschemas import schemas_in
from registry.schema.told_apart import told_apart
from registry.schema.validators import compile_validator
from registry.schema.work import MOST, InstanceSize, Work

#: What a pattern takes for a character, in applications of a schema: in linear time; for each of its states, through all of
#: which it may have to go; and at most where it backtracks.
LINEAR, OF_STATE, BACKTRACKING = 0.125, 0.02, 100.0

#: Subschemas times levels that are looked at in some milliseconds.
LOOKS = 5_000

#: Applications up to which all violations are looked for: each may be one, and all are made before the first is told.
EACH = 10_000

_WITH_PATTERNS = frozenset({"pattern", "patternProperties", "propertyNames", "format"})


class Check:
    """`schema`: self-contained, as a tool version has it. `strict_formats`: formats that real APIs bend are held to, too."""

    def __init__(self, schema: JsonObject, *, strict_formats: bool = False) -> None:
        """Raises SchemaInvalid."""
        self._schema = told_apart(schema)
        self._strict_formats = strict_formats
        self._plain = compile_validator(self._schema, strict_formats=strict_formats)
        self._work, self._patterns = Work(self._schema), self._pattern_work()
        self._subschemas = sum(1 for _ in schemas_in(self._schema))
        self._references = sum("$ref" in one for one in schemas_in(self._schema))
        self._looks_around = looks_around(self._schema)
        # Of a union that none of its alternatives fits, a plain validator tells why each does not, and so on within each.
        self._has_unions = any(one.keys() & {"anyOf", "oneOf"} for one in schemas_in(self._schema))
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
        per_character = self._patterns.at_one_value(size.levels) if self._patterns else 0.0
        return _in_all(size, self._work.at_one_value(size.levels), per_character)

    def _by_definition(self, size: InstanceSize) -> int:
        """Each definition looks once at each value, which is copied for it as a whole."""
        if self._looks_around:
            return MOST
        copied = size.values * size.levels * self._references
        per_character = self._patterns.once_each() if self._patterns else 0.0
        return copied + _in_all(size, self._work.once_each(), per_character)

    def _memory(self) -> Memoised:
        if self._memoised is None:
            self._memoised = Memoised(self._schema, strict_formats=self._strict_formats)
        return self._memoised

    def _pattern_work(self) -> Work | None:
        """How patterns work for a character: not every schema that applies to a text has one."""
        if not any(one.keys() & _WITH_PATTERNS for one in schemas_in(self._schema)):
            return None
        return Work(self._schema, own=_backtracking if self._plain.backtracks else _in_linear_time)


def _in_all(size: InstanceSize, of_value: float, of_character: float) -> int:
    return int(min(MOST, size.values * of_value + size.characters * of_character))


def _in_linear_time(schema: JsonObject) -> float:
    return LINEAR * bool(schema.keys() & _WITH_PATTERNS) + OF_STATE * sum(map(states, patterns_of(schema)))


def _backtracking(schema: JsonObject) -> float:
    return BACKTRACKING * bool(schema.keys() & _WITH_PATTERNS)
