"""How far an import has come, as a bar on the terminal. Who reads a pipe gets none of it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from callgate import ImportProgress


@contextmanager
def progress_shown() -> Iterator[Callable[[ImportProgress], None]]:
    """Takes what import_toolset tells. The bar is on stderr, and gone at the end: what comes then is the report."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("operations, {task.fields[faults]:,} faults"),
        TimeElapsedColumn(),
    )
    watched = sys.stderr.isatty() and console.is_interactive  # FORCE_COLOR makes a terminal of a pipe, for rich
    with Progress(*columns, console=console, transient=True, disable=not watched) as bar:
        task = bar.add_task("Sending", total=None, faults=0)

        def show(told: ImportProgress) -> None:
            step = "Reading" if told.done < told.total else "Deciding versions"
            bar.update(task, description=step, completed=told.done, total=told.total, faults=told.faults)

        yield show
