"""`callgate artifact`: large answers, and files for calls."""

import sys
from mimetypes import MimeTypes
from pathlib import Path
from typing import Annotated

import typer

from callgate import Artifact, Client, StoredArtifact
from gateway.cli.calls.answers import STDOUT, require_place
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import FAILED, refusal
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import row, show, show_text, table, tell

#: The module's own table, and none of the machine's: so the same file has the same type everywhere.
_TYPES = MimeTypes()

Id = Annotated[str, typer.Argument(help="the artifact's id, as a result names it, or `callgate artifact list`")]


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("get")(get)
    commands.command("list")(list_artifacts)
    commands.command("put")(put)
    commands.command("delete")(delete)
    app.add_typer(commands, name="artifact", help="Read large answers, and put files there for calls.")


def get(
    artifact: Id,
    *,
    output: Annotated[
        Path, typer.Option(help="write it to this file, which is there once it is whole; `-`: to stdout")
    ] = STDOUT,
    form: Output = Form.TABLE,
) -> None:
    """Read an artifact, byte for byte. In another form than a table, stdout has what is known of it instead."""
    require_place(output)
    with connect() as client:
        told = shown_as(form, client.artifacts.get(artifact))
        if not told or output != STDOUT:
            download(client, artifact, output)


def list_artifacts(*, form: Output = Form.TABLE) -> None:
    """List the artifacts that you may see, those first that expire first."""
    with connect() as client:
        found = list(client.artifacts.list())
    if shown_as(form, found):
        return
    listed = table("id", "bytes", "type", "filename, call", "until", whole=("id",))
    for one in found:
        whence = one.filename or one.invocation_id
        listed.add_row(*row(one.id, f"{one.size:,}", one.media_type, whence, f"{one.expires:%Y-%m-%d %H:%M} UTC"))
    show(listed)


def put(
    file: Annotated[Path, typer.Argument(help="the file; `-`: stdin", allow_dash=True)],
    *,
    media_type: Annotated[str, typer.Option(help="such as image/png; without this, by the file's name")] = "",
    filename: Annotated[str, typer.Option(help="its name; without this, that of the file")] = "",
    form: Output = Form.TABLE,
) -> None:
    """Put a file there for calls. What names it in a call's arguments is printed, alone on stdout."""
    if file != STDOUT and not file.is_file():
        raise typer.BadParameter(f"there is no file {file}", param_hint="FILE")
    named = filename or ("" if file == STDOUT else file.name)
    media_type = media_type or _TYPES.guess_type(named)[0] or ""
    with connect() as client:
        source = sys.stdin.buffer if file == STDOUT else file
        stored = client.artifacts.put(source, media_type=media_type, filename=filename)
    if not shown_as(form, stored):
        _tell(stored, media_type)
        show_text(stored.argument)


def delete(artifact: Id, *, form: Output = Form.TABLE) -> None:
    """Erase an artifact before it expires."""
    with connect() as client:
        client.artifacts.delete(artifact)
    if not shown_as(form, {"id": artifact}):
        show_text(f"{artifact} is erased.")


def download(client: Client, artifact: str | Artifact, file: Path) -> None:
    """To the file, or to stdout. Raises typer.Exit where the file cannot be written."""
    if file == STDOUT:
        for piece in client.artifacts.read(artifact):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    try:
        size = client.artifacts.download(artifact, file)
    except OSError as error:
        cure = "Name another --output: the artifact is still there."
        raise refusal(OSError(f"{file} cannot be written: {error.strerror}"), cure, code=FAILED) from None
    tell(f"{size:,} bytes are in {file}")


def _tell(stored: StoredArtifact, media_type: str) -> None:
    tell(f"{stored.size:,} bytes{f' of {media_type}' if media_type else ''} are kept until {stored.expires:%Y-%m-%d %H:%M} UTC")
