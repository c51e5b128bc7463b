"""Many documents → one. The only place where a reference may lead out of a document, and it opens nothing itself.

The other documents go below `x-bundled`, whole, each under its name, and every reference becomes one that stays inside. So no
names can collide, and a place in the bundle says which document it comes from.
"""

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urljoin

from registry.document.loading import parse
from registry.model.errors import DocumentInvalid, DocumentTooLarge
from registry.model.json_limits import DOCUMENT_BYTES
from registry.model.json_pointer import escape
from registry.model.tool import JsonObject

#: The key of the bundle that holds the other documents.
BUNDLED = "x-bundled"
#: The most documents of one bundle.
DOCUMENTS = 500
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# Below these keywords are the author's own values: a `$ref` there is no reference.
_VALUES = frozenset(("example", "examples", "default", "enum", "const"))
# The keys below these are names, not keywords.
_NAMES = frozenset(("properties", "patternProperties", "schemas", "definitions", "parameters", "responses"))


class NotAllowed(Exception):
    """The operator has not allowed this document to be read. The message says where it lies."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """`documents` are the places of all that it is made of, the entry first."""

    document: JsonObject
    documents: tuple[str, ...]


def bundle(entry: str, read: Callable[[str], bytes]) -> Bundle:
    """The document at `entry`, an absolute path or a URL, with all documents that it leads to inside.

    `read` returns the bytes at a path or URL, or raises NotAllowed; it is called once for each. Raises DocumentTooLarge, and
    DocumentInvalid with the list of what is not allowed.
    """
    bundling = _Bundling(entry, read)
    bundling.take(entry)
    waiting = [entry]
    rewritten: JsonObject = {}
    while waiting:
        location = waiting.pop()
        before = len(bundling.values)
        rewritten[location] = bundling.rewrite(bundling.values[location], location)
        waiting += list(bundling.values)[before:]
    if bundling.refused:
        named = ", ".join(sorted(bundling.refused)[:10])
        raise DocumentInvalid(
            f"references lead to {len(bundling.refused):,} documents that the operator has not allowed: {named}",
            cure="Allow each file, directory or URL that may be read: --allow.",
        )
    document = rewritten.pop(entry)
    if not isinstance(document, dict):
        raise DocumentInvalid("the document is not an object")
    others = {bundling.name(location): value for location, value in rewritten.items()}
    return Bundle(document | ({BUNDLED: others} if others else {}), (entry, *rewritten))


class _Bundling:
    def __init__(self, entry: str, read: Callable[[str], bytes]) -> None:
        self.values: dict[str, Any] = {}
        self.refused: set[str] = set()
        self._entry = entry
        self._read = read
        self._bytes = 0

    def take(self, location: str) -> bool:
        """Whether the document at `location` may be read. The first call reads it."""
        if location in self.values:
            return True
        try:
            raw = self._read(location)
        except NotAllowed:
            self.refused.add(location)
            return False
        self._bytes += len(raw)
        if self._bytes > DOCUMENT_BYTES or len(self.values) >= DOCUMENTS:
            raise DocumentTooLarge(f"the bundle has more than {DOCUMENTS:,} documents or {DOCUMENT_BYTES:,} bytes")
        self.values[location] = parse(raw)
        return True

    def name(self, location: str) -> str:
        """The document's name in the bundle: its path as seen from the entry, or its URL."""
        if _SCHEME.match(location) or _SCHEME.match(self._entry):
            return location
        return posixpath.relpath(location, posixpath.dirname(self._entry))

    def rewrite(self, value: Any, location: str, *, names: bool = False) -> Any:
        """`value` of the document at `location` with its references turned inwards. As deep as `json_limits` allows."""
        if isinstance(value, list):
            return [self.rewrite(member, location) for member in value]
        if not isinstance(value, dict):
            return value
        return {key: self._member(key, member, location, names=names) for key, member in value.items()}

    def _member(self, key: str, member: Any, location: str, *, names: bool) -> Any:
        if not names and key == "$ref" and isinstance(member, str):
            return self._reference(member, location)
        if not names and (key in _VALUES or key.startswith("x-")):
            return member
        return self.rewrite(member, location, names=not names and key in _NAMES and isinstance(member, dict))

    def _reference(self, reference: str, location: str) -> str:
        target, fragment = _resolve(reference, location)
        if not self.take(target):
            return reference
        if target == self._entry:
            return f"#{fragment}"
        return f"#/{BUNDLED}/{quote(escape(self.name(target)), safe='~')}{fragment}"


def _resolve(reference: str, location: str) -> tuple[str, str]:
    """The document that `reference` leads to from `location`, and the fragment in it."""
    path, _, fragment = reference.partition("#")
    if not path:
        return location, fragment
    if _SCHEME.match(location):
        return urljoin(location, path), fragment
    if _SCHEME.match(path):
        return path, fragment
    return posixpath.normpath(posixpath.join(posixpath.dirname(location), unquote(path))), fragment
