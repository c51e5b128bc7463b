"""Files that the operator names for a command's result."""

from pathlib import Path

import typer


def write_file(path: Path, content: bytes, *, named_by: str) -> None:
    """Write the whole of it. Raises BadParameter: `named_by` is the option or argument that names the file."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error.strerror}", param_hint=named_by) from None
