"""How much goes into one reply, and where the next one begins (https://google.aip.dev/158)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import TypeVar

import orjson
from google.protobuf.message import Message

from gateway.model.errors import RequestInvalid

M = TypeVar("M", bound=Message)

#: Characters of a page token. To read one of megabytes holds up all other calls.
LONGEST_TOKEN = 4_096

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


def token_of(listed: str, score: int, name: str) -> str:
    """Where a page of the list of that name has ended."""
    return urlsafe_b64encode(orjson.dumps([_mark(listed), score, name])).decode().rstrip("=")


def place_of(listed: str, token: str) -> tuple[int, str]:
    """What `token_of` was told. Raises RequestInvalid for a token of another list, and for what never was one."""
    token = token if len(token) <= LONGEST_TOKEN else ""
    try:
        mark, score, name = orjson.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, TypeError):
        mark, score, name = "", 0, ""
    if mark != _mark(listed) or type(score) is not int or type(name) is not str:
        raise RequestInvalid("the page token is not of this list: send `next_page_token` of the response before, or none")
    return score, name


def _mark(listed: str) -> str:
    return sha256(listed.encode()).hexdigest()[:8]
