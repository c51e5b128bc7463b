"""`callgate review`: shows a person what the gateway could not decide, and sends what the person decides."""

import json
from typing import Annotated, Any

import typer

from callgate import AnotherAttempt, Decision, DeclareFailed, DeclareSucceeded, Review
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import row, show, show_text, table, tell_cure

_DECISIONS = "(--another-attempt | --declare-succeeded JSON | --declare-failed)"

Id = Annotated[str, typer.Argument(help="the invocation's id", metavar="INVOCATION")]


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("list")(list_reviews)
    commands.command("show")(show_review)
    commands.command("resolve")(resolve)
    app.add_typer(
        commands,
        name="review",
        help="Decide calls that the gateway could not: those that failed, and those of unknown outcome.",
    )


def list_reviews(*, form: Output = Form.TABLE) -> None:
    """List the open reviews, oldest first."""
    with connect() as client:
        found = list(client.reviews.list())
    if shown_as(form, found):
        return
    waiting = table("invocation", "tool, state", "what is known", whole=("invocation",))
    for review in found:
        one, since = review.invocation, f" since {review.opened:%Y-%m-%d %H:%M:%S}" if review.opened else ""
        waiting.add_row(*row(one.id, f"{one.tool}\n{one.state}{since}", review.summary))
    show(waiting, empty="No review is open.")


def show_review(invocation: Id, *, form: Output = Form.TABLE) -> None:
    """Show a failure report: the request, every attempt with its evidence, and what the gateway suggests."""
    with connect() as client:
        review = client.reviews.get(invocation)
    if not shown_as(form, review):
        _print(review)


def resolve(
    invocation: Id,
    *,
    reason: Annotated[str, typer.Option(help="why; it goes into the audit log")],
    another_attempt: Annotated[
        bool, typer.Option("--another-attempt", help="the effect did not happen: make one more attempt")
    ] = False,
    declare_succeeded: Annotated[
        str | None, typer.Option(help="the effect did happen, and this was the answer", metavar="JSON")
    ] = None,
    declare_failed: Annotated[bool, typer.Option("--declare-failed", help="do not make the call any more")] = False,
    effect_possible: Annotated[
        bool, typer.Option("--effect-possible", help="with --declare-failed: the call may have had its effect")
    ] = False,
    attempts_seen: Annotated[
        int | None,
        typer.Option(min=0, help="how many attempts `review show` told of: a later one is not decided about", metavar="N"),
    ] = None,
    form: Output = Form.TABLE,
) -> None:
    """Decide an open review, in your name. Give a reason, and one of the three decisions."""
    if another_attempt + declare_failed + (declare_succeeded is not None) != 1:
        raise typer.BadParameter("give one of --another-attempt, --declare-succeeded JSON and --declare-failed")
    decision: Decision = AnotherAttempt() if another_attempt else DeclareFailed(effect_possible)
    if declare_succeeded is not None:
        decision = DeclareSucceeded(_parse(declare_succeeded))
    with connect() as client:
        review = client.reviews.decide(invocation, decision, reason=reason, attempts_seen=attempts_seen)
    if not shown_as(form, review):
        _print_decision(review)


def _print_decision(review: Review) -> None:
    found, stands = review.invocation, review.invocation.outcome or review.invocation.state
    by = f"as {review.author} decided" if review.author else "which came after your decision"
    show_text(f"{found.id} {found.tool}: {stands}, {by}")


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise typer.BadParameter("malformed JSON", param_hint="--declare-succeeded") from None


def _arguments(review: Review) -> str:
    if not (review.open or review.request.arguments):
        return "The arguments are not kept after the decision."
    return json.dumps(review.request.arguments, indent=2, ensure_ascii=False)


def _print(review: Review) -> None:
    found, request = review.invocation, review.request
    show_text(f"{found.id} {found.tool} ({found.effect}): {found.outcome or found.state}")
    show_text(f"{request.method} {request.endpoint}\n{_arguments(review)}")
    attempts = table("attempt", "evidence", "status", "fault", "seconds", "box", "hosts", whole=("box",))
    for one in found.attempts:
        ended, hosts = (one.http_status or "", one.fault or ""), " ".join(one.hosts)
        attempts.add_row(*row(one.number, one.evidence, *ended, f"{one.duration:.3f}", one.box, hosts))
    show(attempts)
    show_text(review.summary)
    show_text(review.suggestion if review.open else f"Decided by {review.author}: {review.reason}")
    if review.open:
        tell_cure(f"callgate review resolve {found.id} --reason WHY {_DECISIONS}")
