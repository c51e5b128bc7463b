"""Documents that come compressed (gzip, RFC 1952), by a server's word, by their file's name, or without any."""

import zlib

from registry.model.json_limits import DOCUMENT_BYTES

_MAGIC = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS
#: A server may compress what is a compressed file already.
_LAYERS = 2


class NotReadable(Exception):
    """It is cut short, or no gzip behind its first bytes, or too large."""


def decompressed(document: bytes) -> bytes:
    """The document itself, at most DOCUMENT_BYTES of it. Raises NotReadable."""
    for _ in range(_LAYERS):
        if not document.startswith(_MAGIC):
            return document
        document = _unpacked(document)
    return document


def _unpacked(packed: bytes) -> bytes:
    whole = bytearray()
    while packed.startswith(_MAGIC):  # a file may be of several members (RFC 1952 §2.2)
        member = zlib.decompressobj(_GZIP)
        try:
            whole += member.decompress(packed, DOCUMENT_BYTES + 1 - len(whole))
        except zlib.error:
            raise NotReadable("it begins as gzip does, and cannot be decompressed") from None
        if len(whole) > DOCUMENT_BYTES:
            raise NotReadable(f"decompressed, the document has more than {DOCUMENT_BYTES:,} bytes")
        if not member.eof:
            raise NotReadable("it is gzip, and cut short")
        packed = member.unused_data
    return bytes(whole)
