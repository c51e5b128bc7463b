"""What a command's exit code means, and how a refusal ends a command."""

import typer

from gateway.cli.terminal.output import tell, tell_cure

#: The tool or the check failed.
FAILED = 1
#: The gateway, or a part of it, refused the request or is unavailable. typer exits with 2 for wrong usage.
REFUSED = 3
#: The outcome of the call is unknown, or not there yet.
UNKNOWN = 4


def refusal(error: Exception, cure: str = "") -> typer.Exit:
    """Print the error and its cure to stderr. Raise the result to end the program."""
    tell(str(error), style="red")
    tell_cure(getattr(error, "cure", cure))
    return typer.Exit(REFUSED)
