"""The words of the command line. What is no UTF-8 among them is wrong usage: no name, key or value of a call can hold it."""

from typing import Any

import typer
from typer.core import TyperGroup

from callgate.checks import is_utf8

#: Commands whose last words are another program's, which may take any bytes. Their own words are checked one by one.
_OF_PROGRAMS = (("run", "record"), ("run", "replay"))


class Words(TyperGroup):
    """The root of the command line, which looks at all words before any command does."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises BadParameter, which names the place of the word and does not repeat it."""
        wrong = [place for place, word in enumerate(args, 1) if not is_utf8(word)]
        if wrong and tuple(args[:2]) not in _OF_PROGRAMS:
            raise typer.BadParameter(f"word {wrong[0]} of the command line is not UTF-8", ctx=ctx)
        return super().parse_args(ctx, args)


def in_utf8(given: Any) -> Any:
    """For the callback of a word that `Words` leaves unchecked. Raises BadParameter."""
    if isinstance(given, str) and not is_utf8(given):
        raise typer.BadParameter("the text is not UTF-8")
    return given
