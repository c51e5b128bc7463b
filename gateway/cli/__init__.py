"""`callgate` on the command line: `main` is the entry point, each module one command or one group of them.

Each module has `register(app)`. The client's commands (`toolset`, `tools`, `call`, `show`, `cancel`, `review`, `run`) know the
gateway only through the SDK. Their exit codes: 0 done, 1 the tool or the check failed, 2 wrong usage, 3 refused or unavailable,
4 the outcome is unknown.
"""

import typer

from gateway.cli import call, cancel, doctor, review, run, show, store, tools, toolset, up

HELP = "The door between AI agents and the real world. CALLGATE_ADDRESS and CALLGATE_TOKEN_FILE say which gateway is meant."


def build() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(name="callgate", help=HELP, no_args_is_help=True, pretty_exceptions_show_locals=False)
    for command in (up, doctor, toolset, tools, call, review, run, show, cancel, store):
        command.register(app)
    return app


def main() -> None:
    build()()
