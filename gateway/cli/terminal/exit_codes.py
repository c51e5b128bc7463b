"""What a command's exit code means, and how a refusal ends a command. docs/command-line.md has the same table."""

import typer

from gateway.cli.terminal.output import UNWRITTEN, tell, tell_cure

FAILED = 1
#: typer ends a command so by itself.
USAGE = 2
REFUSED = 3
UNKNOWN = 4
NOT_FOUND = 5
#: As a shell says of a program that Ctrl-C has ended: 128 and the signal's number.
INTERRUPTED = 130

MEANINGS = {
    0: "Done. Of `callgate call`: the tool succeeded.",
    FAILED: "The tool, the check, the build or the start failed; a plan breaks callers, or would be refused; two runs differ.",
    USAGE: "Wrong usage: a command, an option, an argument, a variable or a file is not as it must be. Nothing was sent.",
    REFUSED: "The gateway, or a part of it, refused the request or is unavailable.",
    UNKNOWN: "The outcome of the call is unknown, or not there yet.",
    NOT_FOUND: "There is no such toolset, tool, call, run, recording, principal, host or image, or the caller may not see it.",
    UNWRITTEN: "What was asked for is done, and its result could not be written: the disk is full, or its reader has gone.",
    INTERRUPTED: "Ctrl-C. A call that was sent goes on; what was printed says how to look at it.",
}


def refusal(error: Exception, cure: str = "", *, code: int = REFUSED) -> typer.Exit:
    """Print the error and its cure to stderr. Raise the result to end the program.

    `code`: USAGE where the command line itself finds that a file is not as it must be, and has sent nothing.
    """
    tell(str(error), style="red")
    tell_cure(getattr(error, "cure", cure))
    return typer.Exit(code)


def absent(what: str, cure: str) -> typer.Exit:
    """Say that there is no such thing, likewise."""
    tell(what, style="red")
    tell_cure(cure)
    return typer.Exit(NOT_FOUND)
