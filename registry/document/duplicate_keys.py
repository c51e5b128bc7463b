"""Keys that come twice in one object of a JSON text. Parsers keep the last one and say nothing."""

import json
import re
from collections.abc import Iterator
from typing import Any

from registry.model.import_fault import ImportFault
from registry.model.json_pointer import escape

_SPACED = re.compile(rb'"[ \t\r\n]++:')
#: The most duplicates that have a fault of their own.
NAMED = 20


def find_duplicates(text: bytes, keys: int) -> tuple[ImportFault, ...]:
    """A fault for each key of `text` that comes twice, where `keys` is how many its parser has kept.

    Counting colons behind quotes is cheap, and shows for most documents that the parser has kept every key. In the others a
    string looks like the end of a key; the text is then read again, slowly.
    """
    plain = b'\\\\":' not in text and not _SPACED.search(text)
    if plain and text.count(b'":') - text.count(b'\\":') == keys:
        return ()
    found: list[str] = []
    json.loads(text, object_pairs_hook=lambda pairs: _Pairs(pairs, found))
    return tuple(_fault(key) for key in dict.fromkeys(found[:NAMED]))


class _Pairs(dict[str, Any]):
    def __init__(self, pairs: list[tuple[str, Any]], found: list[str]) -> None:
        super().__init__(pairs)
        if len(self) != len(pairs):
            found += _twice(pairs)


def _twice(pairs: list[tuple[str, Any]]) -> Iterator[str]:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            yield key
        seen.add(key)


def _fault(key: str) -> ImportFault:
    message = f"the key {key[:60]!r} comes twice in one object; the last one counts"
    return ImportFault(f"/{escape(key[:60])}", message, "Remove one of them: another reader may take the other.")
