"""`callgate review`: what the gateway could not decide, for a person to see and to decide."""

import json
from typing import Annotated, Any

import typer

from callgate import Decision, Fail, Retry, Review, Succeed
from gateway.cli.connection import connect
from gateway.cli.output import row, show, show_json, show_text, table

Id = Annotated[str, typer.Argument(help="the invocation's id", metavar="INVOCATION")]
AsJson = Annotated[bool, typer.Option("--json", help="print it as JSON")]


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("list")(list_reviews)
    commands.command("show")(show_review)
    commands.command("resolve")(resolve)
    app.add_typer(commands, name="review", help="Decide what the gateway could not: calls of unknown outcome, and failed ones.")


def list_reviews(*, as_json: AsJson = False) -> None:
    """What waits for a person, oldest first."""
    with connect() as client:
        found = client.list_reviews()
    if as_json:
        show_json(found)
        return
    waiting = table("invocation", "tool", "since", "state", "what is known")
    for review in found:
        since = f"{review.opened:%Y-%m-%d %H:%M:%S}" if review.opened else ""
        waiting.add_row(*row(review.invocation.id, review.invocation.tool, since, review.invocation.state, review.summary))
    show(waiting)


def show_review(invocation: Id, *, as_json: AsJson = False) -> None:
    """The failure report: what was to be sent, every attempt with its evidence, and what to do."""
    with connect() as client:
        review = client.get_review(invocation)
    if as_json:
        show_json(review)
    else:
        _print(review)


def resolve(
    invocation: Id,
    *,
    reason: Annotated[str, typer.Option(help="why; it goes into the audit log")],
    retry: Annotated[bool, typer.Option("--retry", help="it did not happen: make one more attempt")] = False,
    succeed: Annotated[str | None, typer.Option(help="it did happen, and this was the answer", metavar="JSON")] = None,
    fail: Annotated[bool, typer.Option("--fail", help="it is not to be made any more")] = False,
    effect_possible: Annotated[bool, typer.Option("--effect-possible", help="with --fail: it may have acted")] = False,
) -> None:
    """Decide an open review, by your name."""
    decision = _decision(retry=retry, succeed=succeed, fail=fail, effect_possible=effect_possible)
    with connect() as client:
        review = client.resolve_review(invocation, decision, reason=reason)
    found = review.invocation
    show_text(f"{found.id} {found.tool}: {found.outcome or found.state}, as {review.author} decided")


def _decision(*, retry: bool, succeed: str | None, fail: bool, effect_possible: bool) -> Decision:
    if retry + fail + (succeed is not None) != 1:
        raise typer.BadParameter("give one of --retry, --succeed JSON and --fail")
    if succeed is not None:
        return Succeed(_parse(succeed))
    return Retry() if retry else Fail(effect_possible)


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise typer.BadParameter("malformed JSON", param_hint="--succeed") from None


def _print(review: Review) -> None:
    found, request = review.invocation, review.request
    show_text(f"{found.id} {found.tool} ({found.effect}): {found.outcome or found.state}")
    show_text(f"{request.method} {request.endpoint}\n{json.dumps(request.arguments, indent=2, ensure_ascii=False)}")
    attempts = table("attempt", "evidence", "status", "fault", "seconds", "box", "hosts")
    for one in found.attempts:
        ended, hosts = (one.http_status or "", one.fault or ""), " ".join(one.hosts)
        attempts.add_row(*row(one.number, one.evidence, *ended, f"{one.duration:.3f}", one.box, hosts))
    show(attempts)
    show_text(review.summary)
    show_text(review.suggestion if review.open else f"Decided by {review.author}: {review.reason}")
