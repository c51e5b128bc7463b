"""A bar on the terminal that shows how far the engine is with an image. A pipe gets none of it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from registry.model.clean_text import visible
from sandbox.engine.image_facts import EngineProgress

#: Characters of what the engine says: it may be a whole command of a Dockerfile.
_LONGEST = 60


@contextmanager
def engine_progress_shown(what: str) -> Iterator[Callable[[EngineProgress], None]]:
    """A listener for pull and build. The bar is on stderr, and is erased at the end."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    watched = sys.stderr.isatty() and console.is_interactive  # with FORCE_COLOR, rich takes a pipe for a terminal
    with Progress(*columns, console=console, transient=True, disable=not watched) as bar:
        task = bar.add_task(what, total=None)

        def show(told: EngineProgress) -> None:
            text = Text(visible(" ".join(told.text.split())))
            text.truncate(_LONGEST, overflow="ellipsis")
            if text.plain:
                bar.update(task, description=f"{what}: {text.plain}", completed=told.done, total=told.total or None)

        yield show
