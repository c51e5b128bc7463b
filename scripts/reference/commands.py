"""docs/reference/commands.md, of the command line itself: each command, its arguments and its options."""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from gateway.cli import HELP, build
from gateway.cli.terminal.later import commands_of
from scripts.reference.markdown import code, head, paragraph, sentence, table


def page() -> str:
    text = (
        f"{HELP} Answers go to standard output, all else to standard error. [Exit codes](errors.md#exit-codes) are "
        f"the same for all "
        "commands."
    )
    commands = "\n".join(_command(name, command) for name, command in every())
    return f"{head('Commands', 'scripts/reference/commands.py', ['gateway/cli/'], text)}\n{commands}"


def every() -> Iterator[tuple[str, Any]]:
    """Each command of `callgate` that does something, by its whole name."""
    yield from leaves("callgate", get_command(build()))


def leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Each command that does something, by its whole name."""
    inner = commands_of(command)
    if not inner:
        yield name, command
    for own, child in inner.items():
        if not child.hidden:
            yield from leaves(f"{name} {own}", child)


def _command(name: str, command: Any) -> str:
    parts = [f"## {name}\n", _text(command.help or "")]
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    parts.append(f"```text\n{name} {' '.join(_usage(shown))}\n```\n")
    if rows := [(_name(one), sentence(_help(one))) for one in shown if one.name != "help"]:
        parts.append(table(("Argument or option", "Meaning"), rows))
    return "\n".join(parts)


def _text(text: str) -> str:
    return "\n\n".join(paragraph(part) for part in text.split("\n\n")) + "\n"


def _usage(parameters: list[Any]) -> Iterator[str]:
    for one in (one for one in parameters if one.param_type_name == "argument"):
        word = str(one.metavar or one.name).upper()
        word = f"{word}…" if one.nargs == -1 else word
        yield word if one.required else f"[{word}]"
    if any(one.param_type_name == "option" for one in parameters):
        yield "[OPTIONS]"


def _name(one: Any) -> str:
    if one.param_type_name == "argument":
        return code(str(one.metavar or one.name).upper())
    names = ", ".join(code(name) for name in (*one.opts, *one.secondary_opts))
    return f"{names} (must be there)" if one.required else names


def _help(one: Any) -> str:
    told = getattr(one, "help", None) or str(one.name)
    default = one.default
    if isinstance(default, bool | None) or default in ((), "", [], ...) or callable(default):
        return told
    return f"{told}; by default {default}"
