"""Questions to the person at the terminal. Each has an option, which answers it without one.

Where no person is asked, an option that is not given has its default; a question without a default is wrong usage, and the
error says which option answers it.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import typer

from gateway.cli.terminal.exit_codes import USAGE
from gateway.cli.terminal.output import tell
from gateway.model.errors import GatewayError
from registry.model.errors import RegistryError

#: What a check of an answer raises: the message says what is wrong, the cure what would be right.
_WRONG = (GatewayError, RegistryError)


def _any_text(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Question:
    """`option` answers it, `missing` says so where there is no answer. `check` raises GatewayError or RegistryError."""

    text: str
    option: str
    missing: str
    check: Callable[[str], object] = _any_text


@dataclass(frozen=True, slots=True)
class Interview:
    """`asks`: whether a person is there, and wants to be asked."""

    asks: bool

    def answer(self, question: Question, given: str = "", default: str = "") -> str:
        """What is given, else what the person says, else the default. Raises BadParameter for a wrong or a missing answer."""
        if given or not self.asks:
            return _checked(question, given or default)
        while True:
            try:
                return _checked(question, _asked(question.text, default))
            except typer.BadParameter as error:
                tell(error.message, style="red")

    def agrees(self, text: str, given: bool | None, *, default: bool) -> bool:
        """The same of a question that yes or no answers."""
        if given is not None or not self.asks:
            return default if given is None else given
        while (answer := _asked(text, "yes" if default else "no").lower()) not in {"y", "yes", "n", "no"}:
            tell("Answer yes or no.", style="red")
        return answer.startswith("y")


def interview(*, yes: bool) -> Interview:
    """`yes`: the person wants the defaults, and no questions."""
    return Interview(not yes and sys.stdin.isatty() and sys.stderr.isatty())


def _checked(question: Question, answer: str) -> str:
    if not answer:
        raise typer.BadParameter(question.missing, param_hint=question.option)
    try:
        question.check(answer)
    except _WRONG as error:
        raise typer.BadParameter(f"{error}. {error.cure}", param_hint=question.option) from None
    return answer


def _asked(text: str, default: str) -> str:
    """The line that the person types, or the default. Empty where there is neither. Ends the program with the terminal."""
    tell(f"{text} [{default}]" if default else text, style="bold")
    line = sys.stdin.readline()
    if not line:  # Ctrl-D, which is no consent to a default
        tell("There was no answer, so nothing is written.", style="red")
        raise typer.Exit(USAGE)
    return line.strip() or default
