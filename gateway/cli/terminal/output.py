"""What the commands print: results go to stdout, everything else to stderr.

Names, messages and bodies come from documents and upstreams that may be hostile. So what could drive the terminal, or not be
seen on it, is written as JSON's escapes (`registry.model.clean_text`), and no text is read as markup.
"""

import os
import sys
from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import IO, Any

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from gateway.cli.terminal.streams import let_go_of
from registry.model.clean_text import visible

#: The exit code where a result could not be written.
UNWRITTEN = 6

#: Characters: the least width of a column that is folded.
LEGIBLE = 8
#: Characters: wider than any line of a table. A pipe has no edge to fold at.
_WIDE = 10_000
_MEASURING = Console(width=_WIDE)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Called where one is caught: rich would end the program with the code of a tool that has failed."""
        raise  # noqa: PLE0704 - see above


class Unwritten(typer.Exit):
    """Ends a command whose result could not be written. What it was asked to do is done."""

    def __init__(self) -> None:
        super().__init__(UNWRITTEN)


def console(stream: IO[str] | None = None, *, width: int | None = None) -> Console:
    """For stdout, or another stream: as wide as its terminal, or, where it is none, as wide as what is printed."""
    target = stream or sys.stdout
    folds = width is None and (target.isatty() or "COLUMNS" in os.environ)
    return _Console(file=target, width=None if folds else width or _WIDE)


def tell(text: str, *, style: str = "") -> None:
    """Print a line to stderr."""
    try:
        console(sys.stderr).print(Text(visible(text), style=style), soft_wrap=True)
    except OSError:  # there is no other place to say so, and the exit code must stay that of the command
        let_go_of(sys.stderr)


@contextmanager
def _onto_stdout() -> Iterator[None]:
    """Raises Unwritten where the disk is full, or the reader of a pipe, such as `head`, has gone: this one alone knows why."""
    try:
        yield
    except OSError as error:
        let_go_of(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            tell(f"The result could not be written: {error.strerror}", style="red")
        raise Unwritten from None


def tell_cure(cure: str) -> None:
    if cure:
        tell(cure, style="bold")


def show(renderable: Any, *, empty: str = "") -> None:
    """Print a table or a tree to stdout. In place of a table without rows, tell what `empty` says of that."""
    if empty and isinstance(renderable, Table) and not renderable.row_count:
        tell(empty)
        return
    if isinstance(renderable, Table):
        _hold_widths(renderable)
    # A tree's lines have ids: where the terminal itself breaks one, a reader can copy it whole.
    width = _WIDE if isinstance(renderable, Tree) else None
    with _onto_stdout():
        console(width=width).print(renderable, crop=False)


def _hold_widths(shown: Table) -> None:
    """Let no column be narrower than its whole cells, and no other one too narrow to read, in a narrow terminal, too."""
    for column in shown.columns:
        cells = column.header, *column.cells
        longest = max(Measurement.get(_MEASURING, _MEASURING.options, cell).maximum for cell in cells)
        column.min_width = longest if column.no_wrap else min(longest, LEGIBLE)


def show_text(text: str) -> None:
    """Print text to stdout, with hidden characters as escapes."""
    with _onto_stdout():
        console().print(Text(visible(text)), soft_wrap=True)


def table(*headings: str, whole: Container[str] = ()) -> Table:
    """A table whose cells are folded, never cut: a reader would take a cut text for the whole.

    The columns in `whole` are not folded either: they have what a reader copies, such as ids.
    """
    made = Table()
    for heading in headings:
        made.add_column(heading, overflow="fold", no_wrap=heading in whole)
    return made


def row(*cells: object) -> tuple[Text, ...]:
    return tuple(Text(visible(str(cell))) for cell in cells)
