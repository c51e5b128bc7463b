"""`callgate run`: the runs of agents; and records how a program's calls end, and runs the program again without making them."""

import os
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from callgate import Mode
from callgate.keys import new_key
from gateway.cli.calls import agent_runs
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.files import write_file
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import show_text, tell
from gateway.cli.terminal.words import ANY_BYTES

Name = Annotated[str, typer.Argument(help="the recording's name")]
Command = Annotated[
    list[str],
    typer.Argument(help="a program that makes calls through the SDK or `callgate`, and its arguments"),
    ANY_BYTES,
]


HELP = "See the runs of agents and stop one; record how a run's calls end, and replay the run without making them."


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("record", context_settings={"ignore_unknown_options": True})(record)
    commands.command("replay", context_settings={"ignore_unknown_options": True})(replay)
    commands.command("export")(export)
    commands.command("import")(import_recording)
    commands.command("delete")(delete)
    agent_runs.register(commands)
    app.add_typer(commands, name="run", help=HELP)


def record(name: Name, command: Command) -> None:
    """Run a program and record how its calls end. An older recording of that name is replaced.

    The exit code is the program's.
    """
    with connect() as client:
        client.recordings.delete(name)
    raise typer.Exit(_run(command, name, Mode.RECORD))


def replay(
    name: Name,
    command: Command,
    *,
    or_live: Annotated[
        bool, typer.Option("--or-live", help="make calls that the recording does not have, instead of failing them")
    ] = False,
) -> None:
    """Run a program and answer its calls from a recording. A call that the recording does not have fails and is not made.

    The exit code is the program's.
    """
    raise typer.Exit(_run(command, name, Mode.REPLAY_OR_LIVE if or_live else Mode.REPLAY_STRICT))


def export(name: Name, file: Annotated[Path, typer.Argument(help="the file to write")], *, form: Output = Form.TABLE) -> None:
    """Write a recording to a file, for a test suite."""
    with connect() as client:
        content = client.recordings.export_file(name)
    write_file(file, content, named_by="FILE")
    _show_calls(form, name, len(content.splitlines()))


def import_recording(
    file: Annotated[Path, typer.Argument(help="a file that `callgate run export` wrote", exists=True, dir_okay=False)],
    name: Annotated[
        str | None, typer.Option(help="the recording's name; without this, the file's name less its suffix")
    ] = None,
    form: Output = Form.TABLE,
) -> None:
    """Read a recording from a file. Your older recording of that name is replaced."""
    name = name or file.stem
    with connect() as client:
        entries = client.recordings.import_file(name, file.read_bytes())
    _show_calls(form, name, entries)


def delete(name: Name, *, form: Output = Form.TABLE) -> None:
    """Erase a recording of yours. It is no error if there is none."""
    with connect() as client:
        client.recordings.delete(name)
    shown_as(form, {"name": name})


def _show_calls(form: Form, name: str, calls: int) -> None:
    if not shown_as(form, {"name": name, "calls": calls}):
        show_text(f"{name}: {calls:,} calls")


def _run(command: list[str], name: str, mode: Mode) -> int:
    """Run the program in a run of its own: a replay counts the run's calls from the first."""
    settings = {"CALLGATE_RUN_MODE": mode.value, "CALLGATE_RECORDING": name, "CALLGATE_RUN_ID": f"run-{new_key()}"}
    try:
        return subprocess.run(command, env={**os.environ, **settings}, check=False).returncode  # noqa: S603 - the operator's own program
    except OSError as error:
        tell(f"{command[0]} cannot be run: {error.strerror}", style="red")
        return 127
