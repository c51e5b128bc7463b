"""Options that several commands share, each written once."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from inspect import signature
from typing import Annotated, Any, TypeVar

import typer

Name = TypeVar("Name", bound=StrEnum)


class Form(StrEnum):
    """How a command prints its result: for people, or for programs."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


Output = Annotated[Form, typer.Option("--format", "-o", help="how to print the result")]


def member(kind: type[Name], option: str, given: str) -> Name:
    """One of an enum's, in any case; UNSPECIFIED is none that is asked for. Raises typer.BadParameter."""
    known = [one for one in kind if one.name != "UNSPECIFIED"]
    found = [one for one in known if one.value.lower() == given.lower()]
    if not found:
        names = ", ".join(one.value.lower() for one in known)
        raise typer.BadParameter(f"{given!r} is none: give one of {names}", param_hint=f"'{option}'")
    return found[0]


def taking(*makers: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the parameters of the makers before its own. The command is called with what each maker returns."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def run(**given: Any) -> None:
            made = [maker(**{name: given.pop(name) for name in signature(maker).parameters}) for maker in makers]
            command(*made, **given)

        shared = [parameter for maker in makers for parameter in signature(maker).parameters.values()]
        own = list(signature(command).parameters.values())[len(makers) :]
        wrapped: Any = wraps(command)(run)
        by_kind = sorted([*shared, *own], key=lambda parameter: parameter.kind)  # words before options
        wrapped.__signature__ = signature(command).replace(parameters=by_kind)
        return run

    return decorate
