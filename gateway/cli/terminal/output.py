"""What the commands print: results go to stdout, everything else to stderr.

Names, messages and bodies come from documents and upstreams that may be hostile. So what could drive the terminal, or not be
seen on it, is written as JSON's escapes (`registry.model.clean_text`), and no text is read as markup. An answer that is JSON
stays the same value.
"""

import base64
import json
from collections.abc import Container
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from callgate import Cancelled, LimitExceeded, SandboxFailed, Succeeded, TimedOut, ToolFailed, Unknown
from registry.model.clean_text import visible

#: What `kind` says of each kind of outcome. It is for programs, so it does not follow a class that gets another name.
KINDS: dict[type, str] = {
    Succeeded: "Succeeded",
    ToolFailed: "ToolFailed",
    LimitExceeded: "LimitExceeded",
    TimedOut: "TimedOut",
    Cancelled: "Cancelled",
    SandboxFailed: "SandboxFailed",
    Unknown: "Unknown",
}


#: Characters: the least width of a column that is folded.
LEGIBLE = 8
_MEASURING = Console(width=10_000)


def tell(text: str, *, style: str = "") -> None:
    """Print a line to stderr."""
    Console(stderr=True).print(Text(visible(text), style=style), soft_wrap=True)


def tell_cure(cure: str) -> None:
    if cure:
        tell(cure, style="bold")


def show(renderable: Any) -> None:
    """Print a table or a tree to stdout."""
    if isinstance(renderable, Table):
        _hold_widths(renderable)
    Console().print(renderable, crop=False)


def _hold_widths(shown: Table) -> None:
    """Let no column be narrower than its whole cells, and no other one too narrow to read, in a narrow terminal, too."""
    for column in shown.columns:
        cells = column.header, *column.cells
        longest = max(Measurement.get(_MEASURING, _MEASURING.options, cell).maximum for cell in cells)
        column.min_width = longest if column.no_wrap else min(longest, LEGIBLE)


def show_text(text: str) -> None:
    """Print text to stdout, with hidden characters as escapes."""
    Console().print(Text(visible(text)), soft_wrap=True)


def show_json(value: Any) -> None:
    """Print a value of the SDK's to stdout, as JSON."""
    show_text(json.dumps(jsonable(value), indent=2))


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


def jsonable(value: Any) -> Any:
    """Dataclasses become objects, an outcome's with its `kind`; bytes become JSON, or else text, or else base64."""
    if is_dataclass(value):
        kind = {"kind": KINDS[type(value)]} if type(value) in KINDS else {}
        return kind | {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: jsonable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return _body(value) if isinstance(value, bytes) else value


def _body(body: bytes) -> Any:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
    try:
        value = json.loads(text)
        json.dumps(value, allow_nan=False)  # 1e999 is JSON, yet becomes a float that is not
    except (ValueError, RecursionError):
        return text
    return value
