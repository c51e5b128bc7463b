"""What a command's exit code says, and how a refusal is told."""

import typer

from gateway.cli.terminal.output import tell, tell_cure

#: The tool failed, or a check did.
FAILED = 1
#: The gateway, or a part of it, refused the request or is unavailable. typer exits with 2 for wrong usage.
REFUSED = 3
#: The outcome of a call is unknown, or not there yet.
UNKNOWN = 4


def refusal(error: Exception, cure: str = "") -> typer.Exit:
    """Tell the error and its cure on stderr. The answer, when raised, ends the program."""
    tell(str(error), style="red")
    tell_cure(getattr(error, "cure", cure))
    return typer.Exit(REFUSED)
