"""Draft → ToolVersion: digests, version numbers, references, and the bytes that a catalog stores."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import orjson

from registry.model.errors import ReferenceInvalid, VersionUnreadable
from registry.model.tool import Draft, ToolVersion
from registry.model.value_codec import plain, restore

FIRST = "1.0.0"
_REFERENCE = re.compile(
    r"(?P<name>[a-zA-Z0-9_-]{1,64})(?:@(?:(?P<digest>sha256:[0-9a-f]{64})|(?P<version>(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){0,2})))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Reference:
    """`name` alone means the newest version; `version` may be its beginning, such as 1.4. At most one is set."""

    name: str
    version: str | None = None
    digest: str | None = None


def parse_reference(text: str) -> Reference:
    """`name`, `name@1`, `name@1.4`, `name@1.4.0` or `name@sha256:` and 64 hex digits. Raises ReferenceInvalid."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise ReferenceInvalid("the tool reference is malformed")
    return Reference(match["name"], match["version"], match["digest"])


def digest_of(draft: Draft) -> str:
    """`sha256:` and the hex SHA-256 of the whole draft as JSON.

    The bytes are orjson's, of what `value_codec.plain` makes: defaults left out, keys sorted, no white space. Stable for equal
    drafts and over releases, but not RFC 8785.
    """
    return "sha256:" + hashlib.sha256(orjson.dumps(plain(draft), option=orjson.OPT_SORT_KEYS)).hexdigest()


def first(draft: Draft) -> ToolVersion:
    """The version that a draft makes where there is none before it."""
    return ToolVersion(draft, FIRST, digest_of(draft))


def encode(version: ToolVersion) -> bytes:
    """The stored form, without the owner. Properties keep their order, in which a model reads them."""
    return orjson.dumps(plain(replace(version, owner="")))


def stored_size(drafts: Iterable[Draft]) -> int:
    """Bytes that these take in their stored form, but for what each has of its number and digest."""
    return sum(len(orjson.dumps(plain(draft))) for draft in drafts)


def decode(stored: bytes) -> ToolVersion:
    """What `encode` wrote, equal in every field. Raises VersionUnreadable for what another release wrote in another form."""
    try:
        version: ToolVersion = restore(ToolVersion, orjson.loads(stored))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise VersionUnreadable(f"a stored tool version cannot be read ({type(error).__name__})") from None
    return version
