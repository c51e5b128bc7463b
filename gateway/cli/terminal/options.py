"""Options that several commands share, each written once."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from inspect import signature
from typing import Annotated, Any

import typer


class Form(StrEnum):
    """How a command prints its result: for people, or for programs."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


Output = Annotated[Form, typer.Option("--format", "-o", help="how to print the result")]


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
