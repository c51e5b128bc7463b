"""Where a command's RECORDING is: in a file, or on the gateway."""

from pathlib import Path
from typing import Annotated

import typer

from callgate import Client
from callgate.errors import RecordingNotFound
from callgate.keys import new_key
from callgate.recorded import RecordedRun, load
from gateway.cli.terminal.connection import connect, explained
from gateway.cli.terminal.exit_codes import absent

#: What the name of a recording's file ends with. Any other word names a recording on the gateway.
SUFFIXES = (".json", ".jsonl")
#: Characters that a name on the gateway has of a file's.
LONGEST = 100

_HELP = "a recording's name on the gateway, or a file whose name ends with .json"
Place = Annotated[str, typer.Argument(metavar="RECORDING", help=_HELP)]


def is_file(place: str) -> bool:
    return place.endswith(SUFFIXES)


def fresh_name(place: str) -> str:
    """A name on the gateway that no recording has."""
    return f"{Path(place).stem[:LONGEST]}-{new_key()}"


def content_of(place: str) -> bytes:
    """Of a file, or of what the gateway has. Ends the program where there is none."""
    if not is_file(place):
        with connect() as client:
            return client.recordings.export_file(place)
    try:
        return Path(place).read_bytes()
    except OSError as error:
        told = f"the recording {place} cannot be read: {error.strerror}"
        raise absent(told, "Record it: callgate run record FILE -- PROGRAM.") from None


def run_of(place: str) -> RecordedRun:
    """Ends the program where there is none."""
    content = content_of(place)
    with explained():
        return load(content, place)


def taken(client: Client, name: str) -> RecordedRun:
    """The run of a take, which is erased. One that asked for nothing was not stored."""
    try:
        return load(client.recordings.export_file(name))
    except RecordingNotFound:
        return RecordedRun(())
    finally:
        client.recordings.delete(name)
