"""The gateway's settings, as a command on its machine finds them."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from gateway.embedded.state_dir import StateDir

#: The cure where neither the environment nor the home has what a gateway needs.
NAME_THE_HOME = (
    "Name the home of a stack that runs with --home or CALLGATE_HOME; where none runs, start `callgate up`, or set CALLGATE_*."
)

Home = Annotated[Path | None, typer.Option(help="the home of a stack that `callgate up` started")]


def environment(home: Path) -> dict[str, str]:
    """CALLGATE_* of the environment, and for the rest what `callgate up` wrote into its home."""
    try:
        written: dict[str, str] = json.loads(StateDir(home).environment.read_text())
    except (OSError, ValueError):
        return dict(os.environ)
    return {**written, **os.environ}
