"""`callgate` on the command line: `main` is the entry point.

Knows: options, the terminal and exit codes. Must not know: the pipeline, the records' format, or what is on the wire; it
reaches a gateway through the SDK. Only `host`, which runs on the gateway's machine, and `toolset`, which makes token roles in
Vault, look at the gateway's own parts.

The map: `calls` has the commands of callers and reviewers, `toolset` those of the operator who offers tools, `host` those for
the gateway's machine; all of them use `terminal`. Each command's module has `register(app)`, and is imported by its name when
the command is called (`terminal.later`): `--help` must not cost what Redis, Vault and documents cost to import.

Exit codes: `terminal.exit_codes`, and docs/command-line.md.
"""

from importlib import import_module
from typing import Annotated

import typer

from gateway.cli.terminal.later import Later, group_of
from gateway.cli.terminal.streams import open_closed_streams

HELP = "The gateway between AI agents and real APIs. CALLGATE_ADDRESS names it, CALLGATE_TOKEN_FILE a file with your token."

_CALLS, _HOST, _TOOLSET = "gateway.cli.calls", "gateway.cli.host", "gateway.cli.toolset"

#: Each command's help is the first sentence of its own.
COMMANDS = {
    "up": Later(
        f"{_HOST}.up",
        "Start Redis, Vault, a container engine if none runs, and the gateway. Ctrl-C stops what was started.",
    ),
    "doctor": Later(
        f"{_HOST}.doctor", "Check every part, and say the cure for what is wrong. The exit code is 1 if anything is."
    ),
    "init": Later(
        f"{_TOOLSET}.init",
        "Write the first manifest of a toolset, and print the commands that lead from there to the first call.",
    ),
    "toolset": Later(_TOOLSET, "Turn OpenAPI documents into tools, and decide which versions may be called."),
    "secret": Later(f"{_TOOLSET}.secret", "Store the secrets that tools' credentials name."),
    "tools": Later(f"{_CALLS}.tools", "List the tools, show some in full, or find those that fit."),
    "call": Later(f"{_CALLS}.call", "Call a tool. The answer goes to stdout, everything else to stderr."),
    "try": Later(
        f"{_CALLS}.try_call",
        "Show what a call would send, as a request and for curl, and why it would be refused. Nothing is sent without --send.",
    ),
    "mcp": Later(
        f"{_CALLS}.mcp",
        "Serve the tools by MCP over standard input and output, until the input ends. A host of models starts this command.",
    ),
    "connect": Later(f"{_CALLS}.connect", "Consent once that a toolset's API is called in your name."),
    "connections": Later(
        f"{_CALLS}.connections",
        "List who is connected to which API: you and your tenant; all of your tenant's, where you may import or operate.",
    ),
    "disconnect": Later(
        f"{_CALLS}.connections",
        "Take a consent back: what is kept in Vault is removed, and the API is asked to revoke it, if the manifest says where.",
    ),
    "review": Later(
        f"{_CALLS}.review", "Decide calls that the gateway could not: those that failed, and those of unknown outcome."
    ),
    "run": Later(
        f"{_CALLS}.run",
        "See the runs of agents, and stop one; record how a run's calls end, replay it without making them, compare two.",
    ),
    "lock": Later(f"{_CALLS}.lock", "Write down which version of each tool your agent calls, or check it against the gateway."),
    "list": Later(f"{_CALLS}.list", "List calls, the newest first: yours, and your tenant's where you may review or operate."),
    "show": Later(f"{_CALLS}.show", "Show the timeline of a call: attempts, phases, box, token, bytes, connections, events."),
    "exchange": Later(f"{_CALLS}.exchange", "Show what a call was asked and answered, where that is kept; erase it."),
    "find": Later(f"{_CALLS}.find", "Find your call with a key, as it stands. Nothing runs."),
    "cancel": Later(f"{_CALLS}.cancel", "Ask the gateway to end a call. A call that has ended stays as it is."),
    "artifact": Later(f"{_CALLS}.artifacts", "Read large answers, and put files there for calls."),
    "host": Later(f"{_CALLS}.hosts", "See the hosts that boxes are on, and declare one lost that is gone for good."),
    "principal": Later(f"{_CALLS}.principals", "Let callers in, see who may call, and shut callers out."),
    "image": Later(f"{_HOST}.images", "Pull, list, build and check the images of container tools."),
    "store": Later(f"{_HOST}.store", "See whether Redis has the history that the gateways have seen, and settle it yourself."),
}


def build() -> typer.Typer:
    """The whole command line. Its help is plain text: to draw boxes costs more than all else that `--help` does."""
    app = typer.Typer(
        name="callgate",
        help=HELP,
        cls=group_of(COMMANDS),
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_show_locals=False,
    )
    app.callback(help=HELP)(_of_itself)
    return app


def main() -> None:
    open_closed_streams()
    build()()


def _tell_version(wanted: bool) -> None:
    if wanted:
        import_module("gateway.cli.terminal.version").tell_version()
        raise typer.Exit


def _of_itself(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="say the release, and end", callback=_tell_version, is_eager=True)
    ] = False,
) -> None:
    """The options of `callgate` without a command."""
