"""Commands that are imported when one of them is called. To list them costs no more than their names.

The one place of the command line where a module is imported by its name: each has `register(app)`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

#: The module that looks at each command's words, imported with the first command.
WORDS = "gateway.cli.terminal.words"
#: Characters: more than any help has.
_NO_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Later:
    """A command, or a group of them: the module that has it, and what `--help` says of it without that module."""

    module: str
    help: str


def group_of(table: Mapping[str, Later]) -> type[TyperGroup]:
    """The class of a group with these commands, beside those that it has already."""

    class CommandsLater(TyperGroup):
        later = table

        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands.update({name: TyperCommand(name, help=later.help) for name, later in table.items()})
            _list_whole(self)

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            """By now it is known which command is meant."""
            name, command, rest = super().resolve_command(ctx, args)
            return name, loaded(name, table[name].module) if name is not None and name in table else command, rest

    return CommandsLater


def commands_of(command: Any) -> dict[str, Any]:
    """Those of a group, each of them whole. None where it is no group."""
    later: Mapping[str, Later] = getattr(command, "later", {})
    listed: Mapping[str, Any] = getattr(command, "commands", {})
    return {name: loaded(name, later[name].module) if name in later else one for name, one in listed.items()}


def loaded(name: str, module: str) -> Any:
    """The command itself."""
    app = typer.Typer(rich_markup_mode=None)
    app.callback()(_as_group)
    import_module(module).register(app)
    import_module(WORDS).look_at_words(app)
    group: Any = get_command(app)
    command = group.commands[name]
    _list_whole(command)
    return command


def _list_whole(group: Any) -> None:
    """Let a list of commands have the first sentence of each whole, over as many lines as that takes."""
    for command in getattr(group, "commands", {}).values():
        command.short_help = command.get_short_help_str(limit=_NO_LIMIT)


def _as_group() -> None:
    """Without it, typer takes an app of one command for that command."""
