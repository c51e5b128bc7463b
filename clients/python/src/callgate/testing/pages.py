"""A page of what is there whole."""

from collections.abc import Sequence
from typing import TypeVar

from callgate import checks

One = TypeVar("One")

PAGE = 50


def page(members: Sequence[One], size: int, token: str) -> tuple[Sequence[One], str]:
    """The members of the page with this token, and the next one's token. Raises RequestInvalid for a token that is none."""
    if size < 0:
        raise checks.invalid("page_size is negative", "Name a positive one, or none.")
    if token and not token.isdecimal():
        raise checks.invalid("the page token is not one of this list", "Begin with the first page.")
    begin = int(token or 0)
    following = begin + (size or PAGE)
    return members[begin:following], str(following) if following < len(members) else ""
