"""An answer's body for its reader: text for a terminal, and the bytes as they are for a file or a program."""

import os
import sys
from pathlib import Path

from callgate import Result
from gateway.cli.terminal.exit_codes import FAILED, USAGE, refusal
from gateway.cli.terminal.output import show_text, tell
from registry.model.media_types import essence, is_text

#: As a file's name: stdout.
STDOUT = Path("-")


def require_place(file: Path | None) -> None:
    """Raises typer.Exit where the file could not be written: before the call, which may act, and not after it."""
    if file is None or file == STDOUT:
        return
    place = file if file.exists() else file.absolute().parent
    if file.is_dir() or not os.access(place, os.W_OK):
        cure = "Name a file in a directory that is there, and that you may write."
        raise refusal(OSError(f"{file} cannot be written; nothing was sent"), cure, code=USAGE)


def show_answer(result: Result, file: Path | None = None) -> None:
    """To the file, or to stdout. Raises typer.Exit where the file cannot be written after all."""
    if file is not None and file != STDOUT:
        _write(result, file)
    elif file == STDOUT or (not sys.stdout.isatty() and _is_binary(result)):
        sys.stdout.flush()
        sys.stdout.buffer.write(result.body)
        sys.stdout.buffer.flush()
    else:
        show_text(in_words(result))


def in_words(result: Result) -> str:
    """The body as it came, where it is UTF-8."""
    try:
        return result.body.decode()
    except UnicodeDecodeError:
        kind = result.content_type or "no type"
        return f"{len(result.body):,} bytes of {kind}; --output FILE writes them, and so does a pipe or > FILE"


def _is_binary(result: Result) -> bool:
    """By its type, where it has one that can be one, or by its bytes."""
    kind = essence(result.content_type)
    if "/" in kind and kind.isascii() and kind.isprintable() and not is_text(kind):
        return True
    try:
        result.body.decode()
    except UnicodeDecodeError:
        return True
    return False


def _write(result: Result, file: Path) -> None:
    try:
        file.write_bytes(result.body)
    except OSError as error:
        cure = "The call is done, and its answer is on record: repeat it with the same --key and another --output."
        raise refusal(OSError(f"{file} cannot be written: {error.strerror}"), cure, code=FAILED) from None
    tell(f"{len(result.body):,} bytes of {result.content_type or 'no type'} are in {file}")
