"""`callgate list`: lists calls, the newest first."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Annotated

import typer

from callgate import InvocationSummary, State
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.options import Form, Output, member
from gateway.cli.terminal.output import row, show, table

#: Seconds in what a length of time ends with.
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
#: An empty table does not say whether anything was found.
NONE = "There is no such call on record, or none that you may see."


def register(app: typer.Typer) -> None:
    app.command("list")(list_calls)


def list_calls(
    *,
    tool: Annotated[str | None, typer.Option(help="`name`, or `name@version`")] = None,
    state: Annotated[list[str] | None, typer.Option(help="such as failed; may be given more than once")] = None,
    run: Annotated[str | None, typer.Option(help="the run's id")] = None,
    key: Annotated[str | None, typer.Option(help="the idempotency key of a call of yours")] = None,
    since: Annotated[str | None, typer.Option(help="a time, such as 2026-11-29T18:00, or how long ago, such as 2h")] = None,
    until: Annotated[str | None, typer.Option(help="the same; calls accepted then are not listed")] = None,
    limit: Annotated[int, typer.Option(help="how many at most", min=1)] = 50,
    form: Output = Form.TABLE,
) -> None:
    """List calls, the newest first: yours, and your tenant's where you may review or operate.

    The exit code is 0, also where there is none.
    """
    begin, end = moment(since), moment(until)
    states = [member(State, "--state", one) for one in state or ()]
    with connect() as client:
        calls = client.invocations.list(tool=tool, states=states, run_id=run, key=key, since=begin, until=end)
        found = [*islice(calls, limit)]
    if not shown_as(form, found):
        shown = table("call", "tool", "state", "accepted", "took", "attempts", "run", "caller", whole={"call"})
        for one in found:
            shown.add_row(*row(*_cells(one)))
        show(shown, empty=NONE)


def _cells(one: InvocationSummary) -> tuple[object, ...]:
    took = f"{(one.ended - one.accepted).total_seconds():,.3f} s" if one.ended else ""
    state = f"{one.state}, under review" if one.under_review else one.state
    accepted = one.accepted.isoformat(sep=" ", timespec="seconds")
    return one.id, one.tool, state, accepted, took, one.attempts, one.run_id, f"{one.agent}/{one.subject}"


def moment(text: str | None, now: datetime | None = None) -> datetime | None:
    """A time, or how long ago that is. Without a zone, it is the machine's own. Raises typer.BadParameter."""
    if text is None:
        return None
    number, unit = text[:-1], text[-1:]
    try:
        if unit in UNITS and number.isdecimal() and number.isascii():
            return (now or datetime.now(UTC)) - timedelta(seconds=int(number) * UNITS[unit])
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text!r} is no time: give one such as 2026-11-29T18:00, or how long ago, as 30m, 2h, 7d"
        ) from None
