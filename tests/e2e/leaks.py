"""Where a secret is that must not be there."""

import base64
import re
import zlib
from collections.abc import Iterator

#: How gzip and zlib begin (RFC 1952, RFC 1950).
_COMPRESSED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")

_ENOUGH = 1 << 20


def forms(secret: str) -> list[bytes]:
    """The secret as it is, in hex, and in base64 at any distance from the start of a longer text."""
    raw = secret.encode()
    found = [raw, raw.hex().encode(), raw.hex().upper().encode()]
    for shift in range(3):
        # What depends on neighbouring bytes alone is cut off: up to two characters in front, and the last group.
        encoded = base64.b64encode(bytes(shift) + raw).rstrip(b"=")
        inner = encoded[(0, 2, 3)[shift] : len(encoded) - 1]
        found += [inner, inner.translate(bytes.maketrans(b"+/", b"-_"))]
    return found


def leaks(secrets: list[str], places: dict[str, bytes]) -> list[str]:
    """The names of the places that hold one of the secrets, in any form."""
    needles = [needle for secret in secrets for needle in forms(secret)]
    return [
        place for place, content in places.items() if any(needle in text for text in unpacked(content) for needle in needles)
    ]


def unpacked(content: bytes) -> Iterator[bytes]:
    """The content, and whatever is compressed somewhere in it."""
    yield content
    whole = memoryview(content)  # nothing is copied: much looks like a beginning in a process's memory
    for begin in _COMPRESSED.finditer(content):
        try:
            yield zlib.decompressobj(wbits=47).decompress(whole[begin.start() : begin.start() + _ENOUGH], _ENOUGH)
        except zlib.error:
            continue  # it only looked like it
