"""`callgate toolset status`, `promote`, `deprecate`, `disable` and `retire`: which versions may be called."""

from collections.abc import Callable
from typing import Annotated

import typer

from callgate import VersionState, VersionStatus
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.options import AsJson
from gateway.cli.terminal.output import row, show, show_json, show_text, table

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
    as_json: AsJson = False,
) -> None:
    """List every version of every tool, and its state."""
    with connect() as client:
        tools = client.list_versions(toolset)
    if as_json:
        show_json(tools)
        return
    listing = table("version", "toolset", "state", "digest", "by", "reason", whole=("version", "digest"))
    for tool in tools:
        for one in tool.versions:
            reference, digest = f"{tool.name}@{one.version}", one.digest.removeprefix("sha256:")[:12]
            listing.add_row(*row(reference, tool.toolset, one.state.lower(), digest, _authors(one), one.reason))
    show(listing)


def _authors(status: VersionStatus) -> str:
    """Who did what to the version last, one line for each."""
    return "\n".join(f"{act.deed} by {act.subject} ({act.agent}), {act.at:%Y-%m-%d %H:%M}" for act in status.acts)


def promote(
    references: Annotated[list[str] | None, typer.Argument(help="name, or name@… for certain versions")] = None,
    toolset: Annotated[str | None, typer.Option(help="every version that waits for promotion in this toolset")] = None,
    reason: Reason = "",
) -> None:
    """Let callers call versions that wait for promotion, are disabled or are deprecated.

    A name alone stands for the version that the latest import makes. What a later import has superseded is not promoted.
    """
    wanted = [*(references or ()), *(_waiting(toolset) if toolset else ())]
    if not wanted and not toolset:
        raise typer.BadParameter("name a tool, or give --toolset", param_hint="REFERENCES")
    _move(wanted, VersionState.ACTIVE, reason)


def _mover(state: VersionState) -> Callable[..., None]:
    def move(references: References, reason: Reason = "") -> None:
        _move(references, state, reason)

    return move


def _move(references: list[str], state: VersionState, reason: str) -> None:
    with connect() as client:
        for reference in references:
            for one in client.set_state(reference, state, reason):
                show_text(f"{reference.partition('@')[0]}@{one.version} is {one.state.lower()}")


def _waiting(toolset: str) -> list[str]:
    with connect() as client:
        tools = client.list_versions(toolset)
    return [f"{tool.name}@{one.version}" for tool in tools for one in tool.versions if one.state is VersionState.QUARANTINED]
