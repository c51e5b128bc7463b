"""Draft → ToolVersion: digests, version numbers, references, and the bytes that lie on the shelf."""

import hashlib
import re
from dataclasses import dataclass

import orjson

from registry.errors import ReferenceInvalid, VersionUnreadable
from registry.shelving import plain, restore
from registry.tool import Draft, ToolVersion

FIRST = "1.0.0"
_REFERENCE = re.compile(
    r"(?P<name>[a-zA-Z0-9_-]{1,64})(?:@(?:(?P<digest>sha256:[0-9a-f]{64})|(?P<version>(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){2})))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Reference:
    """`name` alone means the newest version; at most one of `version` and `digest` is set."""

    name: str
    version: str | None = None
    digest: str | None = None


def parse_reference(text: str) -> Reference:
    """`name`, `name@1.0.0` or `name@sha256:` and 64 hex digits. Raises ReferenceInvalid."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise ReferenceInvalid("the tool reference is malformed")
    return Reference(match["name"], match["version"], match["digest"])


def digest_of(draft: Draft) -> str:
    """`sha256:` and the hex SHA-256 of the whole draft as JSON.

    The bytes are orjson's, of what `shelving.plain` makes: defaults left out, keys sorted, no white space. Stable for equal
    drafts and over releases, but not RFC 8785.
    """
    return "sha256:" + hashlib.sha256(orjson.dumps(plain(draft), option=orjson.OPT_SORT_KEYS)).hexdigest()


def succeed(draft: Draft, newest: ToolVersion | None) -> ToolVersion:
    """The version that `draft` is, after `newest`: `newest` itself where the digests are equal.

    Until versions are compared part by part, every change counts as breaking: it gets the next major number.
    """
    digest = digest_of(draft)
    if newest is not None and newest.digest == digest:
        return newest
    number = FIRST if newest is None else f"{int(newest.version.split('.')[0]) + 1}.0.0"
    return ToolVersion(draft, number, digest)


def encode(version: ToolVersion) -> bytes:
    """The shelf's form. Properties keep their order, which is the order in which a model reads them."""
    return orjson.dumps(plain(version))


def decode(shelved: bytes) -> ToolVersion:
    """What `encode` wrote, equal in every field. Raises VersionUnreadable for what another release wrote in another way."""
    try:
        version: ToolVersion = restore(ToolVersion, orjson.loads(shelved))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise VersionUnreadable(f"a tool version on the shelf cannot be read ({type(error).__name__})") from None
    return version
