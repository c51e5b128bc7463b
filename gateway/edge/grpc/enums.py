"""The members of the API's enums, by the words that the gateway has for them."""

import re
from functools import lru_cache
from typing import Any

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper


def member(kind: EnumTypeWrapper, word: str) -> Any:
    """The number of a word, of the kind's own type; 0, which is unspecified, for one that the API does not have."""
    return _numbers(kind).get(word.lower(), 0)


def word(kind: EnumTypeWrapper, number: int) -> str:
    """The word of a number, in lower case. Empty where it is unspecified, or not known here."""
    return _words(kind).get(number, "")


@lru_cache(maxsize=64)
def _numbers(kind: EnumTypeWrapper) -> dict[str, int]:
    return {name: number for number, name in _words(kind).items()}


@lru_cache(maxsize=64)
def _words(kind: EnumTypeWrapper) -> dict[int, str]:
    """But for the member that says nothing."""
    prefix = re.sub("(?<=[a-z])(?=[A-Z])", "_", kind.DESCRIPTOR.name).upper() + "_"
    return {number: name.removeprefix(prefix).lower() for name, number in kind.items() if number}
