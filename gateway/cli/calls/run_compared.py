"""`callgate run compare`: where two recorded runs part."""

from collections import Counter
from typing import Annotated, Any

import typer

from callgate.recorded import ComparedCall, Comparison, RecordedRun, compare, report
from callgate.recorded.pointers import ABSENT, Change
from gateway.cli.calls.recordings import Place, run_of
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import FAILED
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import show_text

Other = Annotated[str, typer.Argument(metavar="OTHER", help="the one to compare it with, named likewise")]


def compare_runs(first: Place, second: Other, *, form: Output = Form.TABLE) -> None:
    """Say where two recorded runs part: in which call, and in what. The exit code is 1 where they do.

    Calls of one step may come in any order. What calls have cost is told, and is no difference.
    """
    found = compare(run_of(first), run_of(second))
    if not shown_as(form, _value(found)):
        show_text(report(found))
    if found.differs:
        raise typer.Exit(FAILED)


def _value(found: Comparison) -> dict[str, Any]:
    return {
        "equal": not found.differs,
        "differing": [_call(one) for one in found.differing],
        "runs": [_run(found.first), _run(found.second)],
    }


def _run(run: RecordedRun) -> dict[str, Any]:
    calls = list(run.calls)
    cost = sum(float((one.cost or {}).get("amount", 0)) for one in calls)
    return {"calls": len(calls), "endings": dict(sorted(Counter(one.ending for one in calls).items())), "cost": cost}


def _call(one: ComparedCall) -> dict[str, Any]:
    moved = {} if one.moved_to is None else {"moved_to": one.moved_to}
    return {
        "run": one.call.run,
        "step": one.call.step,
        "number": one.number,
        "differences": one.differences,
        "before": one.before,
        "after": one.after,
        "changes": [_change(change) for change in one.changes],
        **moved,
    }


def _change(change: Change) -> dict[str, Any]:
    """What is absent on one side has no value there."""
    sides = {"before": change.before, "after": change.after}
    return {"pointer": change.pointer, **{side: value for side, value in sides.items() if value is not ABSENT}}
