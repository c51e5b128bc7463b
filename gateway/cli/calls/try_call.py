"""`callgate try`: what a call would send, and what would refuse it. Only with --send is it sent."""

from typing import Annotated

import typer

from callgate import Preview, PreviewedProgram, PreviewedRequest, Refusal
from callgate.keys import new_key
from gateway.cli.calls.arguments import cure_of_words, parse_arguments
from gateway.cli.calls.call import exit_code, show_invocation
from gateway.cli.calls.curl import curl_command
from gateway.cli.calls.left import call_left
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import REFUSED
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import show_text, tell, tell_cure


def register(app: typer.Typer) -> None:
    app.command("try")(try_call)


def try_call(
    tool: Annotated[str, typer.Argument(help="name, name@1.0.0 or name@sha256:…")],
    words: Annotated[
        list[str] | None,
        typer.Argument(help="the arguments, as of `callgate call`", metavar="[ARGUMENTS]..."),
    ] = None,
    *,
    arguments: Annotated[
        str | None, typer.Option(help="the arguments as one JSON object, or `-` to read it from stdin", metavar="JSON")
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="then make the call, if nothing refuses it")] = False,
    key: Annotated[str | None, typer.Option(help="with --send: the idempotency key of the call")] = None,
    form: Output = Form.TABLE,
) -> None:
    """Show what a call would send, as a request and for curl, and why it would be refused. Nothing is sent without --send.

    No secret is shown: "[secret]" stands where the box puts it in. A version that waits for promotion can be tried by those
    who may import or promote it.

    Exit codes: 0 nothing refuses it, 3 it would be refused; with --send those of `callgate call`.
    """
    if words and arguments is not None:
        raise typer.BadParameter("give the arguments as words or by --arguments, not both", param_hint="--arguments")
    parsed = parse_arguments(words or ([arguments] if arguments is not None else []))
    with connect() as client:
        preview = client.invocations.preview(tool, parsed)
        if not send or preview.refusals:
            raise typer.Exit(_show(preview, form, words or []))
        if form is Form.TABLE:
            _show(preview, form, words or [])
        key = new_key() if key is None else key
        with call_left(client, key) as left:
            invocation = left.invocation = client.call(tool, parsed, key=key)
        if not shown_as(form, {"preview": preview, "invocation": invocation}):
            show_invocation(invocation)
    if code := exit_code(invocation):
        raise typer.Exit(code)


def _show(preview: Preview, form: Form, words: list[str]) -> int:
    """The exit code."""
    curl = curl_command(preview.request) if preview.request else ""
    if not shown_as(form, {"preview": preview, "curl": curl}):
        if preview.request:
            show_text(f"{_http(preview.request)}\n\n{curl}")
        if preview.program:
            show_text(_program(preview.program))
        for refusal in preview.refusals:
            _tell(preview, refusal, words)
    return REFUSED if preview.refusals else 0


def _http(request: PreviewedRequest) -> str:
    head = [f"{request.method} {request.url}", *(f"{name}: {value}" for name, value in request.headers)]
    return "\n".join(head) + (f"\n\n{_text(request.body, request.body_length)}" if request.body_length else "")


def _program(program: PreviewedProgram) -> str:
    return f"{program.image}: {' '.join(program.command)}\n\n{_text(program.input, program.input_length)}"


def _text(shown: bytes, length: int) -> str:
    try:
        text = shown.decode() if len(shown) == length else f"{shown.decode(errors='ignore')}… [{length:,} bytes]"
    except UnicodeDecodeError:
        return f"[{length:,} bytes that are no text]"
    return text


def _tell(preview: Preview, refusal: Refusal, words: list[str]) -> None:
    tell(f"{preview.tool} would be refused, {refusal.reason}: {refusal.message}", style="red")
    for violation in refusal.violations:
        tell(f"  {violation.pointer or 'the arguments'}: {violation.expected}")
    unread = cure_of_words(preview.tool, words) if refusal.violations else ""
    tell_cure(refusal.cure + unread)
