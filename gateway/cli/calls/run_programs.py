"""`callgate run record` and `run replay`: run a program whose calls are recorded, or answered from a recording."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from callgate import Mode, Recording
from callgate.errors import RecordingNotFound
from callgate.keys import new_key
from callgate.recorded import compare, dump, load, report, unnamed
from callgate.testing import FakeGateway
from callgate.visible import visible
from gateway.cli.calls.recordings import LONGEST, Place, content_of, fresh_name, is_file, run_of, taken
from gateway.cli.terminal.connection import connect, explained
from gateway.cli.terminal.exit_codes import FAILED
from gateway.cli.terminal.files import write_file
from gateway.cli.terminal.output import tell, tell_cure
from gateway.cli.terminal.words import ANY_BYTES

Command = Annotated[
    list[str],
    typer.Argument(help="a program that makes calls through the SDK or `callgate`, and its arguments"),
    ANY_BYTES,
]
#: What a shell adds to the number of the signal that a program died of.
BY_SIGNAL = 128
NOTHING = "The program made no call that the gateway could record."
CURE = "Let it make its client by Client.from_environment(), and give it no other `recording`."


def record(
    place: Place,
    command: Command,
    *,
    tools: Annotated[
        list[str] | None,
        typer.Option(help="a pattern of further tools that the file is to have: those that the agent lists, and does not call"),
    ] = None,
) -> None:
    """Run a program and record how its calls end. An older recording of that name is replaced.

    A file is written where the program has ended with 0: it has what was asked and answered, in the order of the run, and the
    tools. The exit code is the program's.
    """
    name = fresh_name(place) if is_file(place) else place
    with connect() as client:
        client.recordings.delete(name)
    settings = _settings(Recording(name, Mode.RECORD))
    code = _run(command, settings)
    written = partial(_written, name, Path(place), settings["CALLGATE_RUN_ID"], tools=tools or [])
    raise typer.Exit(written(code) if is_file(place) else code)


def replay(
    place: Place,
    command: Command,
    *,
    or_live: Annotated[
        bool, typer.Option("--or-live", help="make calls that the recording does not have, instead of failing them")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="ask no gateway: a fake one on this machine answers from the recording's file")
    ] = False,
) -> None:
    """Run a program and answer its calls from a recording. A call that the recording does not have fails and is not made.

    What the run does otherwise than its recording is told: another order, tool, argument or outcome. The exit code is the
    program's, or 1 where that has ended with 0 and the run differs. With --or-live, it is the program's.
    """
    if or_live and offline:
        raise typer.BadParameter("without a gateway no call can be made", param_hint="--or-live")
    before = run_of(place)
    with _offline(place) if offline else _on_gateway(place) as (name, environ):
        take = "" if or_live else fresh_name(place)
        mode = Mode.REPLAY_OR_LIVE if or_live else Mode.REPLAY_STRICT
        code = _run(command, {**environ, **_settings(Recording(name, mode, take))})
        if or_live:
            raise typer.Exit(code)
        with connect(environ) as client:
            found = compare(before, taken(client, take))
    tell(report(found) if found.differs else f"{place}: the run is as it was recorded.")
    raise typer.Exit(code or (FAILED if found.differs else 0))


@contextmanager
def _on_gateway(place: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The recording's name, and what names the gateway. A file is there for so long."""
    if not is_file(place):
        yield place, os.environ
        return
    name = fresh_name(place)
    with connect() as client:
        client.recordings.import_file(name, content_of(place))
    try:
        yield name, os.environ
    finally:
        with connect() as client:
            client.recordings.delete(name)


@contextmanager
def _offline(place: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    name = visible(Path(place).name)[:LONGEST]
    with FakeGateway() as gateway:
        with explained():
            gateway.load_recording(name, content_of(place))
        yield name, {**os.environ, **gateway.environment}


def _written(name: str, file: Path, run: str, code: int, *, tools: list[str]) -> int:
    """Write what was recorded, and erase it on the gateway. `run`: the name of what the program did not name. The exit code."""
    with connect() as client:
        try:
            content = client.recordings.export_file(name, tools=tools)
        except RecordingNotFound:
            content = b""
        client.recordings.delete(name)
    if code:
        kept = "is left as it was" if file.exists() else "is not written"
        tell(f"{file} {kept}: the program has ended with {code}.", style="red")
    elif content:
        write_file(file, dump(unnamed(load(content), run)), named_by="RECORDING")
    else:
        tell(NOTHING, style="red")
        tell_cure(CURE)
    return code or (0 if content else FAILED)


def _settings(recording: Recording) -> dict[str, str]:
    """A run of its own: a replay counts the run's calls from the first."""
    return {
        "CALLGATE_RUN_MODE": recording.mode.value,
        "CALLGATE_RECORDING": recording.name,
        "CALLGATE_TAKE": recording.take,
        "CALLGATE_RUN_ID": f"run-{new_key()}",
    }


def _run(command: list[str], settings: Mapping[str, str]) -> int:
    try:
        code = subprocess.run(command, env={**os.environ, **settings}, check=False).returncode  # noqa: S603 - the operator's own program
    except OSError as error:
        tell(f"{command[0]} cannot be run: {error.strerror}", style="red")
        return 127
    return code if code >= 0 else BY_SIGNAL - code
