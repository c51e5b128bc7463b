"""How much goes into one reply."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from google.protobuf.message import Message

M = TypeVar("M", bound=Message)

#: A page ends with the message that crosses this, so that no reply is too large for its receiver.
PAGE_BYTES = 3 << 20


def fitting(messages: Iterable[M]) -> Iterator[M]:
    """The first of these, as many as a page takes."""
    size = 0
    for message in messages:
        yield message
        size += message.ByteSize()
        if size > PAGE_BYTES:
            return
