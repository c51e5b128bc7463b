"""Files that a command writes for its reader."""

from pathlib import Path

import typer


def write_file(file: Path, content: bytes, hint: str) -> None:
    """Write the whole file, over one that is there. Raises BadParameter where that fails; `hint` is what names the file."""
    try:
        file.write_bytes(content)
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be written: {error.strerror}", param_hint=hint) from None
