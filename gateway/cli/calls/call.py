"""`callgate call`: makes one call. The exit code is 0 for a success and for nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from callgate import AnswerStream, Client, Invocation, LimitExceeded, Result, Succeeded, TimedOut, ToolFailed, Unknown
from callgate.answer_events import MOST, AnswerEvent, events_of
from callgate.keys import new_key
from gateway.cli.calls.answers import in_words, require_place, show_answer
from gateway.cli.calls.arguments import fit_told, parse_arguments
from gateway.cli.calls.artifacts import download
from gateway.cli.calls.fault_cures import cure_of
from gateway.cli.calls.left import Left, call_left, tell_way_back
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import FAILED, UNKNOWN
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import Unwritten, show_text, tell, tell_cure


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
    output: Annotated[
        Path | None, typer.Option(help="write the body of the answer to this file, byte for byte; `-`: to stdout")
    ] = None,
    events: Annotated[
        bool,
        typer.Option("--events", help="write the data of each event of a streamed answer as it comes, in place of the answer"),
    ] = False,
    form: Output = Form.TABLE,
) -> None:
    """Call a tool. The answer goes to stdout, everything else to stderr.

    An answer that is no text goes to a file or a pipe as it is; a terminal is told how long it is.

    Exit codes: 0 succeeded, 1 the call failed, 2 wrong usage, 3 refused or unavailable, 4 the outcome is unknown, or
    not there yet, 5 there is no such tool, 6 the answer could not be written, 130 Ctrl-C: the call goes on, and what was
    printed says how to look at it.
    """
    require_place(output)
    parsed, key = parse_arguments(arguments or []), new_key() if key is None else key
    with connect() as client, call_left(client, key) as left, fit_told(tool, arguments or []):
        if events:
            invocation = _told_by_events(client.stream(tool, parsed, key=key, timeout=timeout), left)
        else:
            invocation = client.call(tool, parsed, key=key, timeout=timeout, wait=wait)
        left.invocation = invocation
        with _told_if_unwritten(invocation):
            if events and output is None and form is Form.TABLE and is_stream(invocation):
                tell_end(invocation)
            elif not shown_as(form, invocation):
                _show(invocation, output)
            elif output is not None and not _is_artifact(invocation) and (result := _answer(invocation)):
                show_answer(result, output)
            _show_artifact(client, invocation, output)
    if code := exit_code(invocation):
        raise typer.Exit(code)


def _told_by_events(stream: AnswerStream, left: Left) -> Invocation:
    """The call, once its events were shown."""
    for event in stream:
        left.invocation = stream.invocation
        show_text(_in_words(event))
    assert stream.invocation is not None, "a stream that was read to its end has a call"  # noqa: S101
    return stream.invocation


def _in_words(event: AnswerEvent) -> str:
    if event.number > MOST:
        return "[more has come than is told by events: what there is of it is in the answer, or its artifact]"
    if event.left_out and not event.data:
        return f"[event {event.number} is too long to be shown: it is in the answer]"
    return event.text


@contextmanager
def _told_if_unwritten(invocation: Invocation) -> Iterator[None]:
    """A call whose answer was lost on the last step must not be taken for one that failed, and made again."""
    try:
        yield
    except Unwritten:
        tell(f"{invocation.id} {invocation.tool}: {invocation.outcome or 'under way'}")
        tell_cure(f"The gateway has the answer: callgate show {invocation.id} -o json")
        raise


def _show(invocation: Invocation, output: Path | None) -> None:
    """Of an artifact that goes to a file or to stdout, its beginning would be there twice."""
    if output is not None and _is_artifact(invocation):
        tell_end(invocation)
    else:
        show_invocation(invocation, output)


def _is_artifact(invocation: Invocation) -> bool:
    result = _answer(invocation)
    return result is not None and result.artifact is not None


def _show_artifact(client: Client, invocation: Invocation, output: Path | None) -> None:
    """Where the answer was too large to be told: write it as a whole to the file, or say how."""
    result = _answer(invocation)
    if result is None or result.artifact is None:
        return
    if output is not None:
        download(client, result.artifact, output)
    else:
        tell(str(result.artifact))
        tell_cure(f"callgate artifact get {result.artifact.id} --output FILE")


def exit_code(invocation: Invocation) -> int:
    """0 for a success alone. The outcome of a call that has not ended is unknown."""
    match invocation.outcome:
        case Succeeded():
            return 0
        case Unknown() | None:
            return UNKNOWN
    return FAILED


def _answer(invocation: Invocation) -> Result | None:
    """What is data for the caller: the answer of a success, or what came of a stream within its bounds."""
    match invocation.outcome:
        case Succeeded(result=result):
            return result
        case TimedOut(result=result) | LimitExceeded(result=result) if result is not None and (result.body or result.artifact):
            return result
    return None


def show_invocation(invocation: Invocation, output: Path | None = None) -> None:
    """For people: the answer to stdout, or to the file `output`, all else to stderr."""
    if result := _answer(invocation):
        show_answer(result, output)
    tell_end(invocation)


def is_stream(invocation: Invocation) -> bool:
    """Whether its answer was told by events."""
    result = _answer(invocation)
    return result is not None and next(events_of(invocation.outcome, 1), None) is not None


def tell_end(invocation: Invocation) -> None:
    """How it ended, and what to do then, to stderr."""
    from_record = ", from the record: nothing ran" if invocation.from_record else ""
    match invocation.outcome:
        case Succeeded(result=result):
            tell(f"{invocation.id} {invocation.tool}: {invocation.outcome}{from_record}")
            for relation, target in result.links.items():
                tell(f"{relation}: {target}")
            for note in (result.pages, result.shown):
                if note is not None:
                    tell(str(note))
        case outcome:
            tell(f"{invocation.id} {invocation.tool}: {outcome or 'under way'}{from_record}", style="red")
            if isinstance(outcome, ToolFailed) and outcome.result and outcome.result.body:
                tell(in_words(outcome.result))
            tell_cure(cure_of(outcome))
    if invocation.outcome is None:
        tell_way_back(invocation)
    if invocation.under_review:
        tell_cure(f"under review: callgate review show {invocation.id}")
