"""Files that are sent as artifacts: bytes, paths, and what was opened to be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from callgate import checks

#: Bytes of one message.
PIECE = 512 << 10


@contextmanager
def opened(source: bytes | Path | BinaryIO) -> Iterator[BinaryIO | bytes]:
    """What a file is made of. Raises RequestInvalid for anything else, and OSError."""
    if isinstance(source, bytes | bytearray | memoryview):
        yield bytes(source)
    elif isinstance(source, Path):
        with source.open("rb") as file:
            yield file
    elif hasattr(source, "read"):
        yield source
    else:
        raise checks.invalid("a file must be bytes, a Path, or what was opened to be read", "Give one of these.")


def pieces(source: BinaryIO | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        for begin in range(0, len(source), PIECE):
            yield source[begin : begin + PIECE]
        return
    while piece := source.read(PIECE):
        yield piece
