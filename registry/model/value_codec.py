"""Frozen values ↔ JSON, by their type hints: one form for stored versions, for digests and for manifests.

A field that equals its default is left out. So a field that a later release adds, with a default that means what was done
before, changes neither a stored version nor any digest. The entries of a dictionary marked BESIDE are stored beside the fields.
"""

from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from registry.model.json_values import equal

#: Marks a field that is a dictionary (`Annotated[…, BESIDE]`): its entries lie beside the other fields, and it takes every name
#: that is not one of theirs.
BESIDE = "beside"


def plain(value: Any) -> Any:
    """`value` as JSON's types. Dictionaries and lists are JSON already and stay as they are, in their order."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if not is_dataclass(value):
        return value
    given = ((field, getattr(value, field.name)) for field in fields(value))
    stored = {field.name: plain(item) for field, item in given if not _is_default(item, field.default)}
    beside = _beside(value.__class__)
    return stored if beside is None else {**stored.pop(beside), **stored}


def restore(kind: Any, stored: Any) -> Any:
    """The value of type `kind` that `plain` made `stored` of.

    Raises KeyError for a field that `kind` does not have, TypeError for one that is missing, ValueError for an unknown name of
    an enumeration: another release has written `stored`, or it has been tampered with.
    """
    if stored is None or kind is Any:
        return stored
    if get_origin(kind) in (Union, UnionType):
        return restore(next(one for one in get_args(kind) if one is not NoneType), stored)
    if get_origin(kind) is tuple:
        return tuple(restore(get_args(kind)[0], item) for item in stored)
    if not isinstance(kind, type):
        return stored
    if is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: restore(hints[name], item) for name, item in _fields(kind, stored).items()})
    return kind(stored) if kind is float or issubclass(kind, Enum) else stored


def _fields(kind: type, stored: dict[str, Any]) -> dict[str, Any]:
    """What is stored, by the fields of `kind`."""
    beside, hints = _beside(kind), _hints(kind)
    if beside is None:
        return stored
    others = {name: item for name, item in stored.items() if name not in hints or name == beside}
    return {**{name: item for name, item in stored.items() if name not in others}, beside: others}


def _is_default(value: Any, default: Any) -> bool:
    return default is not MISSING and equal(value, default)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _beside(kind: Any) -> str | None:
    hints = get_type_hints(kind, include_extras=True)
    return next((name for name, hint in hints.items() if get_origin(hint) is Annotated and BESIDE in hint.__metadata__), None)
