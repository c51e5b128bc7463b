"""The words of the command line. A text that is no UTF-8 is wrong usage: no name, key or value of a call can hold it.

A path may be any bytes, as may the words of another program.
"""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

import typer

from callgate.checks import is_utf8

#: Stands in the annotation of a text that names a file, or is another program's.
ANY_BYTES = "any bytes"


def look_at_words(app: typer.Typer) -> None:
    """Let each command look at its texts before it runs, those of the groups below, too."""
    for group in app.registered_groups:
        if group.typer_instance:
            look_at_words(group.typer_instance)
    of_itself: list[Any] = [app.registered_callback] if app.registered_callback else []
    for command in (*of_itself, *app.registered_commands):
        if command.callback:
            command.callback = _looking(command.callback)


def _looking(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command, which raises BadParameter for a text that is no UTF-8, and does not repeat that."""
    annotations = {name: parameter.annotation for name, parameter in signature(command).parameters.items()}
    texts = [name for name, annotation in annotations.items() if ANY_BYTES not in getattr(annotation, "__metadata__", ())]

    @wraps(command)
    def run(**given: Any) -> Any:
        for name in texts:
            if not _is_fit(given[name]):
                raise typer.BadParameter("the text is not UTF-8", param_hint=name.replace("_", "-"))
        return command(**given)

    return run


def _is_fit(given: Any) -> bool:
    """A path is no text here."""
    if isinstance(given, list | tuple):
        return all(_is_fit(one) for one in given)
    return not isinstance(given, str) or is_utf8(given)
