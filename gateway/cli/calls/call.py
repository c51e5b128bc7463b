"""`callgate call`: makes one call. The exit code is 0 for a success and for nothing else."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from callgate import Invocation, Result, Succeeded, ToolFailed, Unknown
from callgate.errors import ArgumentsInvalid
from callgate.keys import new_key
from gateway.cli.calls.left import call_left
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import FAILED, UNKNOWN
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import show_text, tell


def register(app: typer.Typer) -> None:
    app.command("call")(call)


def call(
    tool: Annotated[str, typer.Argument(help="name, name@1.0.0 or name@sha256:…")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(help="a JSON object, `-` to read one from stdin, or key=value …; a value that is not JSON is text"),
    ] = None,
    *,
    key: Annotated[
        str | None, typer.Option(help="the idempotency key; give that of an earlier call to send the same call again")
    ] = None,
    timeout: Annotated[float | None, typer.Option(help="seconds after which the gateway ends the call", min=0.001)] = None,
    wait: Annotated[
        float | None,
        typer.Option(help="seconds to wait for the end of the call; 0: only until the gateway has accepted it", min=0),
    ] = None,
    form: Output = Form.TABLE,
) -> None:
    """Call a tool. The answer goes to stdout, everything else to stderr.

    Exit codes: 0 succeeded, 1 the call failed, 2 wrong usage, 3 refused or unavailable, 4 the outcome is unknown, or
    not there yet, 5 there is no such tool, 130 Ctrl-C: the call goes on, and what was printed says how to look at it.
    """
    parsed, key = parse_arguments(arguments or []), new_key() if key is None else key
    with connect() as client, call_left(client, key) as left, texts_told(arguments or []):
        invocation = client.call(tool, parsed, key=key, timeout=timeout, wait=wait)
        left.invocation = invocation
        if not shown_as(form, invocation):
            _print(invocation)
    if code := exit_code(invocation):
        raise typer.Exit(code)


@contextmanager
def texts_told(words: list[str]) -> Iterator[None]:
    """Where arguments do not fit, and one of these words was read as another value than a text: say how to send the text."""
    try:
        yield
    except ArgumentsInvalid as error:
        if name := next((name for name, sign, text in _split(words) if sign and not isinstance(_value(text), str)), None):
            error.cure += f" {name}=… was read as JSON; to send it as a text, put it in double quotes: {name}='\"…\"'."
        raise


def _split(words: list[str]) -> Iterator[tuple[str, str, str]]:
    return (word.partition("=") for word in words if not word.lstrip().startswith("{"))


def exit_code(invocation: Invocation) -> int:
    """0 for a success alone. The outcome of a call that has not ended is unknown."""
    match invocation.outcome:
        case Succeeded():
            return 0
        case Unknown() | None:
            return UNKNOWN
    return FAILED


def parse_arguments(words: list[str]) -> dict[str, Any]:
    """The tool's arguments from those of the command line. Raises BadParameter."""
    if len(words) == 1 and (words[0] == "-" or words[0].lstrip().startswith("{")):
        return _object(_stdin() if words[0] == "-" else words[0])
    arguments: dict[str, Any] = {}
    for word in words:
        name, separator, value = word.partition("=")
        if not (name and separator) or name in arguments:
            # The message does not repeat the word, which may be a secret.
            raise _malformed("write key=value, each key once, or one JSON object")
        arguments[name] = _value(value)
    return arguments


def _stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode()  # JSON is UTF-8, whatever the locale
    except UnicodeDecodeError:
        raise _malformed("stdin is not UTF-8") from None


def _object(text: str) -> dict[str, Any]:
    try:
        parsed = _parse(text)
    except (ValueError, RecursionError) as error:
        at = f" in line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise _malformed(f"malformed JSON{at}") from None
    if not isinstance(parsed, dict):
        raise _malformed("the JSON must be an object")
    return parsed


def _value(text: str) -> Any:
    try:
        return _parse(text)
    except (ValueError, RecursionError):
        return text


def _parse(text: str) -> Any:
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _malformed(message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint="ARGUMENTS")


def _print(invocation: Invocation) -> None:
    from_record = ", from the record: nothing ran" if invocation.from_record else ""
    match invocation.outcome:
        case Succeeded(result=result):
            show_text(_text(result))
            tell(f"{invocation.id} {invocation.tool}: {invocation.outcome}{from_record}")
        case outcome:
            tell(f"{invocation.id} {invocation.tool}: {outcome or 'under way'}{from_record}", style="red")
            if isinstance(outcome, ToolFailed) and outcome.result:
                tell(_text(outcome.result))
    if invocation.under_review:
        tell(f"under review: callgate review show {invocation.id}")


def _text(result: Result) -> str:
    """The body as it came, where it is UTF-8."""
    try:
        return result.body.decode()
    except UnicodeDecodeError:
        return f"{len(result.body):,} bytes of {result.content_type or 'no type'}; -o json prints them in base64"
