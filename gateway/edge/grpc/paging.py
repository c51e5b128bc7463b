"""How much goes into one reply, and where the next one begins (https://google.aip.dev/158)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import Any, Protocol, TypeVar

import orjson
from google.protobuf.message import Message

from gateway.model.errors import RequestInvalid

M = TypeVar("M", bound=Message)
T = TypeVar("T")


class Asked(Protocol):
    """A request for one page of a list."""

    page_size: int
    page_token: str


#: Of one page of a list that is read whole: where the caller names no number, and at most.
PAGE, MOST = 250, 1000

#: Characters of a page token. To read one of megabytes holds up all other calls.
LONGEST_TOKEN = 4_096

#: A page ends with the message that crosses this, so that no reply is too large for its receiver.
PAGE_BYTES = 3 << 20


def size_of(request: Asked, default: int = PAGE, most: int = MOST) -> int:
    """How many one page has at most. Raises RequestInvalid."""
    if request.page_size < 0:
        raise RequestInvalid("page_size is negative: name a positive one, or none")
    return min(request.page_size or default, most)


def page_of_all(
    listed: str, found: Iterable[T], key: Callable[[T], str], message: Callable[[T], M], request: Asked
) -> tuple[list[M], str]:
    """A page of what is there whole, in the order of its keys, and the token of the next one. Raises RequestInvalid.

    `listed` names the list. What is added or removed between two pages moves nothing else from one to another.
    """
    after = name_of(listed, request.page_token)
    rest = sorted((one for one in found if key(one) > after), key=key)
    page = list(fitting(message(one) for one in islice(rest, size_of(request))))
    return page, token_of(listed, 0, key(rest[len(page) - 1])) if len(page) < len(rest) else ""


def name_of(listed: str, token: str) -> str:
    """The name that a page of a list by names has ended with; empty before the first page. Raises as `place_of`."""
    return place_of(listed, token)[1] if token else ""


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


def asked_for(request: Message) -> str:
    """What is asked for but the page, as a part of the list's name: a token of another filter is of another list."""
    asked: Any = type(request)()
    asked.CopyFrom(request)
    asked.page_token, asked.page_size = "", 0
    return sha256(asked.SerializeToString(deterministic=True)).hexdigest()


def _mark(listed: str) -> str:
    return sha256(listed.encode()).hexdigest()[:8]
