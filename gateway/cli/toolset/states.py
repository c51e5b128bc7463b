"""`callgate toolset status`, `promote`, `deprecate`, `disable` and `retire`: which versions may be called."""

from collections.abc import Callable
from typing import Annotated

import typer

from callgate import ToolVersions, VersionState, VersionStatus
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import absent
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import row, show, show_text, table, tell

References = Annotated[list[str], typer.Argument(help="name, name@1, name@1.4, name@1.4.0 or name@sha256:…")]
Reason = Annotated[str, typer.Option(help="why; `toolset status` shows it")]
_MEANINGS = {
    "deprecate": (VersionState.DEPRECATED, "Advise callers against versions. They can still be called."),
    "disable": (VersionState.DISABLED, "Switch versions off until you promote them again."),
    "retire": (VersionState.RETIRED, "Withdraw versions for good."),
}


def register(commands: typer.Typer) -> None:
    commands.command("status")(status)
    commands.command("promote")(promote)
    for name, (state, meaning) in _MEANINGS.items():
        commands.command(name, help=meaning)(_mover(state))


def status(
    toolset: Annotated[str | None, typer.Argument(help="only the tools of this toolset")] = None,
    form: Output = Form.TABLE,
) -> None:
    """List every version of every tool, and its state."""
    tools = _versions(toolset)
    if shown_as(form, tools):
        return
    listing = table("version", "toolset", "state", "digest", "by", "reason", whole=("version", "digest"))
    for tool in tools:
        for one in tool.versions:
            reference, digest = f"{tool.name}@{one.version}", one.digest.removeprefix("sha256:")[:12]
            listing.add_row(*row(reference, tool.toolset, one.state.lower(), digest, _authors(one), one.reason))
    show(listing, empty="There is no toolset that you see. `callgate init` begins the first one.")


def _versions(toolset: str | None) -> list[ToolVersions]:
    with connect() as client:
        tools = list(client.tools.versions(toolset))
    if toolset and not tools:
        raise absent(f"There is no toolset {toolset} that you see.", "`callgate toolset status` lists all that you see.")
    return tools


def _authors(status: VersionStatus) -> str:
    """Who did what to the version last, one line for each."""
    return "\n".join(f"{act.deed} by {act.subject} ({act.agent}), {act.at:%Y-%m-%d %H:%M}" for act in status.acts)


def promote(
    references: Annotated[list[str] | None, typer.Argument(help="name, or name@… for certain versions")] = None,
    toolset: Annotated[str | None, typer.Option(help="every version that waits for promotion in this toolset")] = None,
    reason: Reason = "",
    form: Output = Form.TABLE,
) -> None:
    """Let callers call versions that wait for promotion, are disabled or are deprecated.

    A name alone stands for the version that the latest import makes. What a later import has superseded is not promoted.
    """
    wanted = [*(references or ()), *(_waiting(toolset) if toolset else ())]
    if not wanted and not toolset:
        raise typer.BadParameter("name a tool, or give --toolset", param_hint="REFERENCES")
    if not wanted:
        tell(f"No version of {toolset} waits for promotion.")
    _move(wanted, VersionState.ACTIVE, reason, form)


def _mover(state: VersionState) -> Callable[..., None]:
    def move(references: References, reason: Reason = "", form: Output = Form.TABLE) -> None:
        _move(references, state, reason, form)

    return move


def _move(references: list[str], state: VersionState, reason: str, form: Form) -> None:
    """As people read it, each move is told when it is made: a later one may be refused."""
    moved = []
    with connect() as client:
        for reference in references:
            for one in client.tools.set_state(reference, state, reason):
                moved.append({"tool": reference.partition("@")[0], "version": one.version, "state": one.state})
                if form is Form.TABLE:
                    show_text(f"{moved[-1]['tool']}@{one.version} is {one.state.lower()}")
    shown_as(form, moved)


def _waiting(toolset: str) -> list[str]:
    tools = _versions(toolset)
    return [f"{tool.name}@{one.version}" for tool in tools for one in tool.versions if one.state is VersionState.QUARANTINED]
