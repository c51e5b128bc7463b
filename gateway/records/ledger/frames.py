"""Entries of a file that only grows. Each tells its length and its checksum, so what a crash or a disk has spoiled is found."""

from collections.abc import Iterator, Sequence
from struct import Struct, unpack_from
from zlib import crc32

#: How an entry begins, so that the next one is found after one that is spoiled. No UTF-8 text has these bytes.
SIGN = b"\xff\xc0\xfe\xc1"
ALL_ONES = 0xFFFFFFFF

#: The sign; the length of what follows, and its complement; the checksum of what follows.
HEAD = Struct(">4s3I")
#: By the number of parts: that, and their lengths.
COUNTS = tuple(Struct(f">{count + 1}I") for count in range(16))


def framed(parts: Sequence[bytes]) -> bytes:
    """One entry of fewer than sixteen parts. After the head: their number, their lengths, and they."""
    count = len(parts)
    body = b"".join((COUNTS[count].pack(count, *map(len, parts)), *parts))
    length = len(body)
    return HEAD.pack(SIGN, length, length ^ ALL_ONES, crc32(body)) + body


def entries_of(content: bytes) -> Iterator[list[bytes] | None]:
    """The parts of each entry; None where something is spoiled. An entry that a crash has cut off at the end is passed over."""
    at = 0
    while at + HEAD.size <= len(content):
        sign, length, complement, check = HEAD.unpack_from(content, at)
        if sign != SIGN or length ^ complement != ALL_ONES:
            if _is_blank(content, at):
                return
            yield None
            at = _next_sign(content, at + 1)
            continue
        begin, at = at + HEAD.size, at + HEAD.size + length
        if at > len(content):
            return
        body = content[begin:at]
        yield list(_parts(body)) if crc32(body) == check else None


def _is_blank(content: bytes, at: int) -> bool:
    """The file's end was made longer, and the power went before anything was written there."""
    return not content[at:].strip(b"\0")


def _next_sign(content: bytes, at: int) -> int:
    found = content.find(SIGN, at)
    return len(content) if found < 0 else found


def _parts(body: bytes) -> Iterator[bytes]:
    (count,) = unpack_from(">I", body)
    at = 4 * (count + 1)
    for length in unpack_from(f">{count}I", body, 4):
        yield body[at : at + length]
        at += length
