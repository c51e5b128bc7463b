"""`callgate show`: shows as a tree what happened in one call."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Annotated

import typer
from rich.text import Text
from rich.tree import Tree

from callgate import Attempt, Client, Cost, Event, Evidence, Invocation, Phase
from callgate.errors import NoAnswer
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import show
from registry.model.clean_text import visible


def register(app: typer.Typer) -> None:
    app.command("show")(show_invocation)


def show_invocation(
    invocation: Annotated[str, typer.Argument(help="the id that `callgate call` printed")],
    wait: Annotated[float, typer.Option(help="seconds to wait for the end of the call and for its clean-up", min=0.1)] = 2.0,
    form: Output = Form.TABLE,
) -> None:
    """Show the timeline of a call: attempts, phases, box, token, bytes, connections, events."""
    with connect() as client:
        events = _events(client, invocation, wait)
        found = client.invocations.get(invocation)
    if not shown_as(form, {"invocation": found, "events": events}):
        show(timeline(found, events))


def _events(client: Client, invocation: str, wait: float) -> list[Event]:
    """All events within `wait` seconds: those of the clean-up come after the end of the call."""
    events: list[Event] = []
    with suppress(NoAnswer):
        for event in client.invocations.handle(invocation).watch(until_settled=True, timeout=wait):
            events.append(event)  # one by one: NoAnswer must not lose those that have come
    return events


def timeline(invocation: Invocation, events: list[Event]) -> Tree:
    """The tree. It shows a box as removed and a token as revoked only where an event says so."""
    tree = Tree(_line(f"{invocation.id}  {invocation.tool}  {invocation.effect}  {invocation.state}"))
    source = f"  (from {invocation.outcome_source})" if invocation.outcome_source else ""
    tree.add(_line(f"outcome: {invocation.outcome or 'none yet'}{source}"))
    if invocation.under_review:
        tree.add(_line(f"under review: callgate review show {invocation.id}"))
    tree.add(_line(f"accepted {_clock(invocation.accepted)}, took {_span(invocation.accepted, invocation.ended)}"))
    if invocation.cost:
        tree.add(_line(f"cost {cost_line(invocation.cost)}"))
    tree.add(_line(f"trace {invocation.trace_id or 'none'}, run {invocation.run_id or 'none'}"))
    for attempt in invocation.attempts:
        _grow_attempt(tree, attempt, events)
    branch = tree.add(_line(f"{len(events)} events"))
    for event in events:
        attributes = "".join(f"  {name}={value}" for name, value in sorted(event.attributes.items()))
        branch.add(
            _line(f"{event.number:>2}  +{_span(invocation.accepted, event.time)}  {event.kind}  {event.state}{attributes}")
        )
    return tree


def cost_line(cost: Cost) -> str:
    counts = [f"{name} {count:,.12g}" for name, count in cost.counts.items()]
    missing = [f"no {name} in the answer" for name in cost.missing]
    amount = f"{cost.amount:,.12f}".rstrip("0").rstrip(".")
    return ": ".join(filter(None, (amount, ", ".join(counts + missing))))


def _grow_attempt(tree: Tree, attempt: Attempt, events: list[Event]) -> None:
    ended = f"HTTP {attempt.http_status}" if attempt.http_status else attempt.fault or "completed"
    branch = tree.add(_line(f"attempt {attempt.number}  {attempt.evidence}  {ended}  {_milliseconds(attempt.duration)}"))
    branch.add(_line(box_line(attempt, events)))
    if token := attempt.token_accessor or _told(events, "TOKEN_ISSUED", attempt, "obligation"):
        branch.add(_line(f"token {token}: {_seen('TOKEN_REVOKED', token, events, 'revoked')}"))
    branch.add(_line(f"{attempt.bytes_out:,} bytes out, {attempt.bytes_in:,} bytes in"))
    for one in attempt.connections:
        way = f"{one.host}:{one.port} ({one.address or 'no address'})"
        branch.add(_line(f"{way}: {one.verdict}, {one.bytes_out:,} bytes out, {one.bytes_in:,} bytes in"))
    _grow_phases(branch, attempt.phases)


def _grow_phases(branch: Tree, phases: Iterable[Phase]) -> None:
    for phase in sorted(phases, key=lambda one: one.offset):
        branch.add(_line(f"{phase.name:<12}+{_milliseconds(phase.offset):>10}{_milliseconds(phase.duration):>12}"))


def box_line(attempt: Attempt, events: list[Event]) -> str:
    """What became of the attempt's box. The gateway owes word of it only where the box was let go."""
    let_go = _told(events, "DISPATCHED", attempt, "box")
    box = attempt.box or let_go  # what a lost gateway knew of an attempt, its events know alone
    if not box:
        return "no box"
    if attempt.evidence is Evidence.NOT_SENT and not let_go:
        return f"box {box}: never let go, so nothing waits for its removal"
    if _names("DECLARED_GONE", box, events):
        return f"box {box}: declared gone, with its host"
    return f"box {box}: {_seen('BOX_REMOVED', box, events, 'removed')}"


def _told(events: list[Event], kind: str, attempt: Attempt, attribute: str) -> str:
    """What an event of this kind says of the attempt, without the kind of an obligation (`token:ACCESSOR`)."""
    of_attempt = (one.attributes for one in events if one.kind == kind and one.attributes.get("attempt") == str(attempt.number))
    return next((attributes.get(attribute, "").rpartition(":")[2] for attributes in of_attempt), "")


def _seen(kind: str, subject: str, events: list[Event], done: str) -> str:
    return done if _names(kind, subject, events) else f"not seen {done}"


def _names(kind: str, subject: str, events: list[Event]) -> bool:
    """Whether an event of this kind names the subject in an attribute, whole or as its last part (`token:ACCESSOR`)."""
    values = (value for event in events if event.kind == kind for value in event.attributes.values())
    return any(value.rpartition(":")[2] == subject for value in values)


def _line(text: str) -> Text:
    return Text(visible(text))


def _clock(moment: datetime | None) -> str:
    return moment.isoformat(sep=" ", timespec="milliseconds") if moment else "at an unknown time"


def _span(begin: datetime | None, end: datetime | None) -> str:
    return _milliseconds((end - begin).total_seconds()) if begin and end else "?"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms"
