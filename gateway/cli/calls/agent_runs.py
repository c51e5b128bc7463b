"""`callgate run list | show | kill`: the runs of agents, as the gateway keeps them."""

from itertools import islice
from typing import Annotated

import typer

from callgate import Client, InvocationSummary, RunRecord, RunStatus, RunSummary
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.options import Form, Output, member
from gateway.cli.terminal.output import row, show, show_text, table

#: An empty table does not say whether anything was found.
NONE = "No such run was started, or none that you may see. Calls that only name a run are in `callgate list --run`."
NO_CALLS = "No call of it is on record."

Run = Annotated[str, typer.Argument(help="the run's id, as its agent names it", metavar="RUN")]
Agent = Annotated[str, typer.Option(help="of another caller of your tenant whose run it is, with --subject")]
Subject = Annotated[str, typer.Option(help="whom that agent acts for")]


def register(commands: typer.Typer) -> None:
    commands.command("list")(list_runs)
    commands.command("show")(show_run)
    commands.command("kill")(kill)


def list_runs(
    *,
    status: Annotated[
        list[str] | None, typer.Option(help="running, succeeded, failed or killed; may be given more than once")
    ] = None,
    label: Annotated[list[str] | None, typer.Option(help="NAME=VALUE; may be given more than once")] = None,
    limit: Annotated[int, typer.Option(help="how many at most", min=1)] = 50,
    form: Output = Form.TABLE,
) -> None:
    """List runs that agents have started, the newest first: yours, and your tenant's where you may review or operate.

    The exit code is 0, also where there is none.
    """
    labels = dict(_pair(one) for one in label or ())
    statuses = [member(RunStatus, "--status", one) for one in status or ()]
    with connect() as client:
        found = [*islice(client.runs.list(statuses=statuses, labels=labels), limit)]
    if not shown_as(form, found):
        shown = table("run", "status", "started", "state", "calls", "labels", "caller", whole={"run"})
        for one in found:
            shown.add_row(*row(*_cells(one)))
        show(shown, empty=NONE)


def _pair(text: str) -> tuple[str, str]:
    """Raises typer.BadParameter."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise typer.BadParameter(f"{text!r} is no label: give NAME=VALUE, such as team=billing")
    return name, value


def _cells(one: RunSummary) -> tuple[object, ...]:
    caller = f"{one.agent}/{one.subject}"
    return one.run_id, one.status, _time(one.started), f"version {one.version}", one.calls, _labels(one), caller


def show_run(
    run: Run,
    *,
    agent: Agent = "",
    subject: Subject = "",
    limit: Annotated[int, typer.Option(help="how many of its calls at most, the newest", min=0)] = 50,
    form: Output = Form.TABLE,
) -> None:
    """Show how a run stands, and its calls in their order. `-o json` has its plan and its state, too."""
    with connect() as client:
        found = client.runs.get(run, agent=agent, subject=subject)
        calls = _calls(client, found, limit)
    if shown_as(form, {"run": found, "calls": calls}):
        return
    show_text("\n".join(_told(found)))
    shown = table("step", "tool", "state", "accepted", "took", "cost", "call", whole={"call"})
    for one in calls:
        shown.add_row(*row(*_call_cells(one)))
    show(shown, empty=NO_CALLS)


def _calls(client: Client, run: RunSummary, limit: int) -> list[InvocationSummary]:
    """The newest, in their order."""
    calls = client.invocations.list(run_id=run.run_id, agent=run.agent, subject=run.subject)
    return [*islice(calls, limit)][::-1]


def _told(run: RunRecord) -> list[str]:
    told = f"run {run.run_id}  {run.status}  of {run.agent}/{run.subject}"
    lines = [told, f"started {_time(run.started)}, {run.calls:,} calls, kept until {_time(run.expires)}"]
    if run.version:
        size = f"the artifact {run.state_artifact}" if run.state_artifact else f"{len(run.state or b''):,} bytes"
        lines.append(f"state: version {run.version}, {size}" + (f", saved {_time(run.saved)}" if run.saved else ""))
    if run.ended:
        by = f" by {run.author}" if run.author else ""
        lines.append(f"ended {_time(run.ended)}{by}" + (f": {run.reason}" if run.reason else ""))
    return [*lines, f"labels: {_labels(run)}"] if run.labels else lines


def _call_cells(one: InvocationSummary) -> tuple[object, ...]:
    step = f"{one.step} ({one.occurrence})" if one.occurrence else one.step
    state = f"{one.state}: {one.fault}" if one.fault else str(one.state)
    took = f"{(one.ended - one.accepted).total_seconds():,.3f} s" if one.ended else ""
    cost = "" if one.cost is None else f"{one.cost:g}"
    return step, one.tool, f"{state}, under review" if one.under_review else state, _time(one.accepted), took, cost, one.id


def kill(
    run: Run,
    *,
    reason: Annotated[str, typer.Option(help="why; it goes on record, with your name")],
    agent: Agent = "",
    subject: Subject = "",
    form: Output = Form.TABLE,
) -> None:
    """Stop a run: no call of it begins any more, and those that wait are cancelled. One that is over stays as it is.

    A call that has sent its request may be under way yet: `callgate run show` tells.
    """
    with connect() as client:
        found = client.runs.kill(run, reason, agent=agent, subject=subject)
    if shown_as(form, found):
        return
    if found.status is RunStatus.KILLED:
        show_text(f"{found.run_id}: KILLED by {found.author}: {found.reason}")
    else:
        show_text(f"{found.run_id}: it had ended before, as {found.status}. Nothing was left to kill.")


def _labels(run: RunSummary) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(run.labels.items()))


def _time(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
