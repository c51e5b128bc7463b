"""`callgate run`: the runs of agents; records how a program's calls end, replays the program, and compares two runs."""

from pathlib import Path
from typing import Annotated

import typer

from callgate.recorded import load
from gateway.cli.calls import agent_runs
from gateway.cli.calls.run_compared import compare_runs
from gateway.cli.calls.run_programs import record, replay
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.files import write_file
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import show_text

HELP = "See the runs of agents, and stop one; record how a run's calls end, replay it without making them, compare two."
Name = Annotated[str, typer.Argument(help="the recording's name")]


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("record", context_settings={"ignore_unknown_options": True})(record)
    commands.command("replay", context_settings={"ignore_unknown_options": True})(replay)
    commands.command("compare")(compare_runs)
    commands.command("export")(export)
    commands.command("import")(import_recording)
    commands.command("delete")(delete)
    agent_runs.register(commands)
    app.add_typer(commands, name="run", help=HELP)


def export(name: Name, file: Annotated[Path, typer.Argument(help="the file to write")], *, form: Output = Form.TABLE) -> None:
    """Write a recording to a file, for a test suite."""
    with connect() as client:
        content = client.recordings.export_file(name)
    write_file(file, content, named_by="FILE")
    _show_calls(form, name, sum(1 for _ in load(content).calls))


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
