"""`callgate` on the command line: `main` is the entry point.

Knows: options, the terminal and exit codes. Must not know: the pipeline, the records' format, or what is on the wire; it
reaches a gateway through the SDK. Only `host`, which runs on the gateway's machine, and `toolset`, which makes token roles in
Vault, look at the gateway's own parts.

The map: `calls` has the commands of callers and reviewers, `toolset` those of the operator who offers tools, `host` those for
the gateway's machine; all of them use `terminal`. Each command's module has `register(app)`.

Exit codes: 0 done, 1 the tool or the check failed, 2 wrong usage, 3 refused or unavailable, 4 the outcome is unknown.
"""

import typer

from gateway.cli import toolset
from gateway.cli.calls import call, cancel, find, hosts, list, principals, review, run, show, tools
from gateway.cli.host import doctor, store, up
from gateway.cli.terminal.words import look_at_words

HELP = "The gateway between AI agents and real APIs. CALLGATE_ADDRESS names it, CALLGATE_TOKEN_FILE a file with your token."


def build() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(name="callgate", help=HELP, no_args_is_help=True, pretty_exceptions_show_locals=False)
    for command in (up, doctor, toolset, tools, call, review, run, show, find, cancel, hosts, principals, store):
        command.register(app)
    look_at_words(app)
    return app


def main() -> None:
    build()()
