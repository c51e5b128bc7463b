"""`callgate lock`: writes down which versions of which tools an agent is made for, and says whether the gateway has them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from callgate import Client, Lock, LockedState, LockedTool
from callgate.lock import FILE
from gateway.cli.terminal.connection import connect, explained
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import FAILED, absent
from gateway.cli.terminal.files import write_file
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import row, show, show_text, table, tell, tell_cure

NONE = "`callgate tools` lists all that you can call."
CURE = "Lock what is called now (`callgate lock`), review the change, and run the agent's tests."


def register(app: typer.Typer) -> None:
    app.command("lock")(lock)


def lock(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="tools, or patterns such as 'orders_*'; without any: those of the file, or all that you can call"),
    ] = None,
    *,
    file: Annotated[Path, typer.Option(help="the lock file")] = Path(FILE),
    check: Annotated[bool, typer.Option("--check", help="write nothing: fail where the gateway differs from the file")] = False,
    form: Output = Form.TABLE,
) -> None:
    """Write down which version of each tool your agent calls, or check it against the gateway.

    Those that you name are locked in the version that is called now; the others stay as they are in the file. With --check, the
    exit code is 1 where a locked version is not there, may not be called or is another one.
    """
    if check and names:
        raise typer.BadParameter("it is the file that is checked", param_hint="NAMES")
    # What the file says now must not decide what is locked next.
    with connect({**os.environ, "CALLGATE_LOCK": ""}) as client:
        if check:
            _check(client, _read(file), form)
        else:
            _write(client, file, names or [], form)


def _read(file: Path) -> Lock:
    with explained():
        return Lock.read(file)


def _check(client: Client, locked: Lock, form: Form) -> None:
    found = client.tools.check(locked)
    differing = [one for one in found if one.fault is not None]
    if not shown_as(form, {"file": locked.file, "equal": not differing, "tools": found}):
        show(_table(found), empty=f"{locked.file} locks nothing.")
    if differing:
        tell(f"{len(differing)} of {len(found)} tools differ from {locked.file}.", style="red")
        tell_cure(CURE)
        raise typer.Exit(FAILED)


def _table(found: Sequence[LockedState]) -> object:
    listing = table("locked", "called now", "how it stands", whole=("locked", "called now"))
    for one in found:
        now = f"{one.locked.name}@{one.current}" if one.current else "none"
        listing.add_row(*row(one.locked.reference, now, one.told or one.deprecated or "as it was"))
    return listing


def _write(client: Client, file: Path, names: list[str], form: Form) -> None:
    before = _read(file) if file.exists() else Lock({}, str(file))
    wanted = names or list(before.tools) or ["*"]
    listed = Lock.of([one for pattern in wanted for one in _named(client, pattern, renewed=not names)], str(file))
    after = Lock({**(before.tools if names else {}), **listed.tools}, str(file))
    write_file(file, after.dump(), named_by="--file")
    changed = [
        {"tool": name, "before": _version(before.tools.get(name)), "after": _version(after.tools.get(name))}
        for name in sorted({*before.tools, *after.tools})
        if before.tools.get(name) != after.tools.get(name)
    ]
    if not shown_as(form, {"file": str(file), "tools": after.tools, "changed": changed}):
        show_text(f"{file}: {len(after.tools)} tools, {len(changed)} changed")
        for one in changed:
            show_text(f"  {one['tool']}: {one['before'] or 'not locked'} → {one['after'] or 'not there any more'}")


def _named(client: Client, pattern: str, *, renewed: bool) -> list[LockedTool]:
    """Ends the program where there is none, unless the file has the name of what is gone."""
    found = [LockedTool(one.name, one.version, one.digest) for one in client.tools.names(name=pattern)]
    if not found and not renewed:
        raise absent(f"No tool {pattern} can be called by you.", NONE)
    return found


def _version(one: LockedTool | None) -> str:
    return one.version if one is not None else ""
