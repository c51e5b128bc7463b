"""A bar on the terminal that shows how far an import has come. A pipe gets none of it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from callgate import ImportProgress


@contextmanager
def progress_shown() -> Iterator[Callable[[ImportProgress], None]]:
    """A listener for an import's progress. The bar is on stderr, and is erased at the end, when the report comes."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("operations, {task.fields[faults]:,} faults"),
        TimeElapsedColumn(),
    )
    watched = sys.stderr.isatty() and console.is_interactive  # with FORCE_COLOR, rich takes a pipe for a terminal
    with Progress(*columns, console=console, transient=True, disable=not watched) as bar:
        task = bar.add_task("Sending", total=None, faults=0)

        def show(told: ImportProgress) -> None:
            step = "Reading" if told.done < told.total else "Deciding versions"
            bar.update(task, description=step, completed=told.done, total=told.total, faults=told.faults)

        yield show
