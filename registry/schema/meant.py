"""What arguments mean by a tool's schema where they do not fit it as they are written.

Models and programs write a null for what they leave out, and large integers as texts, since their own numbers are doubles. A
null of a property that may be absent, and may not be null, is absent. A text of digits, where an integer is right and no text
is, is that integer.

It goes by the schema alone and makes no check.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from registry.model.canonical_json import LEAST, MOST
from registry.model.tool import JsonObject
from registry.schema.applying import LOOKS, Applying

_DIGITS = re.compile(r"0|-?[1-9][0-9]{0,19}", re.ASCII)


def as_meant(arguments: JsonObject, schema: JsonObject, *, looks: int = LOOKS, nulls_count: Collection[str] = ()) -> JsonObject:
    """What the arguments mean; equal to them where they mean nothing else.

    `nulls_count`: the arguments inside of which a null means something, whatever the schema says of it. `looks`: how many
    schemas are looked at. Raises TooManyLooks.
    """
    if not (holders := _holders(arguments)):
        return arguments
    both = _Meaning(Applying(schema, looks), holders)
    digits_alone = replace(both, nulls=False)
    return {
        name: (digits_alone if name in nulls_count else both).of(member, of)
        for name, member, of in both.members(arguments, schema)
    }


def without_absent(arguments: JsonObject, schema: JsonObject) -> JsonObject:
    """The arguments without each null of a property that may be absent, and may not be null. Raises TooManyLooks."""
    kept: JsonObject = _Meaning(Applying(schema), _holders(arguments), digits=False).of(arguments, schema)
    return kept


def without_nulls(value: Any) -> Any:
    """The value without every null of an object's member: what a strict call has said, whatever the schema allows."""
    if isinstance(value, dict):
        return {name: without_nulls(member) for name, member in value.items() if member is not None}
    return [without_nulls(member) for member in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class _Meaning:
    """`holders`: the objects and lists, by their `id`, in which something may mean something else. No schema is looked at for
    others: most arguments that do not fit are wrong, and mean just that."""

    applying: Applying
    holders: Collection[int]
    nulls: bool = True
    digits: bool = True

    def of(self, value: Any, schema: Any) -> Any:
        if not self._may_mean(value):
            return value
        if isinstance(value, dict):
            return {name: self.of(member, of) for name, member, of in self.members(value, schema)}
        if isinstance(value, list):
            item = self.applying.item
            return [self.of(one, item(schema, index)) if self._may_mean(one) else one for index, one in enumerate(value)]
        return self._number(value, schema) if self.digits and isinstance(value, str) else value

    def members(self, value: JsonObject, schema: Any) -> Iterator[tuple[str, Any, Any]]:
        """Those that are not absent, each with what applies to it."""
        for name, member in value.items():
            of = self.applying.property(schema, name) if self._may_mean(member) else None
            if not self._is_absent(name, member, schema, of):
                yield name, member, of

    def _is_absent(self, name: str, member: Any, schema: Any, of: Any) -> bool:
        applying = self.applying
        known = self.nulls and member is None and of is not None
        return known and not applying.requires(schema, name) and not applying.takes(of, None)

    def _may_mean(self, value: Any) -> bool:
        return id(value) in self.holders if isinstance(value, dict | list) else _is_loose(value)

    def _number(self, text: str, schema: Any) -> str | int:
        if schema is None or not _DIGITS.fullmatch(text) or not LEAST <= int(text) <= MOST:
            return text
        return int(text) if not self.applying.takes(schema, text) and self.applying.takes(schema, int(text)) else text


def _is_loose(value: Any) -> bool:
    """Whether a null, a text or a number may mean something else than it says."""
    return value is None or (isinstance(value, str) and _DIGITS.fullmatch(value) is not None)


def _holders(value: Any) -> set[int]:
    found = set[int]()
    _holds(value, found)
    return found


def _holds(value: Any, found: set[int]) -> bool:
    """Whether something in it is loose; adds each object and list of which that is true."""
    if not isinstance(value, dict | list):
        return _is_loose(value)
    holds = False
    for one in value.values() if isinstance(value, dict) else value:
        holds = _holds(one, found) or holds
    if holds:
        found.add(id(value))
    return holds
