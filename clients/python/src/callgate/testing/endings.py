"""How a tool's function ends a call: what it returns is the outcome, and what it raises is the refusal."""

import asyncio
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from callgate.errors import CallgateError, GatewayDefect
from callgate.outcomes import Cancelled, Outcome, Result, Succeeded, TimedOut, Unknown
from callgate.testing.refusals import require_refusal
from callgate.testing.tools import FakeTool
from callgate.types import Effect, State

JSON, LINES = "application/json", "application/x-ndjson"
_OUTCOMES = get_args(Outcome)


def end(tool: FakeTool, arguments: Mapping[str, Any], tell: Callable[[bytes], None]) -> Outcome | CallgateError:
    """The outcome that the function returns, or made of what it returns; or the refusal that it raises. `tell` gets each line
    of one that yields values.

    What it raises beside those of `callgate.errors` is a defect, and its text is told: it is a test's own.
    """
    try:
        returned = tool.function(**arguments)
        if inspect.iscoroutine(returned):
            returned = asyncio.run(returned)
        return streamed(returned, tell) if inspect.isgenerator(returned) else outcome_of(returned)
    except CallgateError as error:
        return require_refusal(error)
    except Exception as error:  # noqa: BLE001 - a function of a test's may raise anything, and the test is told
        told = f"the function of the tool {tool.name} raised {error!r}"
        return GatewayDefect(told, cure="Let it return an outcome, or raise one of callgate.errors.")


def outcome_of(returned: Any) -> Outcome:
    """An outcome is one; a Result is a success's; all else is the JSON body of a success. Raises TypeError, ValueError."""
    if isinstance(returned, _OUTCOMES):
        return returned  # type: ignore[no-any-return]
    if isinstance(returned, Result):
        return Succeeded(returned)
    return Succeeded(Result(200, JSON, _json(returned)))


def streamed(values: Iterator[Any], tell: Callable[[bytes], None]) -> Outcome:
    """A success whose answer comes value by value, one a line. Raises TypeError, ValueError."""
    lines = []
    for value in values:
        lines.append(_json(value))
        tell(lines[-1])
    return Succeeded(Result(200, LINES, b"".join(line + b"\n" for line in lines)))


def _json(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False, ensure_ascii=False).encode()


def too_late(tool: FakeTool) -> Outcome:
    """The outcome where the call's time is over while the function runs."""
    if tool.effect is Effect.NON_IDEMPOTENT:
        return Unknown("the call's time was over, and its answer had not come")
    return TimedOut("the call's time was over, and its answer had not come", effect_possible=tool.acts)


def cancelled(tool: FakeTool) -> Outcome:
    """The outcome where the call is cancelled while the function runs."""
    if tool.effect is Effect.NON_IDEMPOTENT:
        return Unknown("the call was cancelled, and its answer had not come")
    return Cancelled(effect_possible=tool.acts)


def state_of(outcome: Outcome) -> State:
    match outcome:
        case Succeeded():
            return State.SUCCEEDED
        case Unknown():
            return State.UNKNOWN
        case Cancelled():
            return State.CANCELLED
        case _:
            return State.FAILED


def needs_review(tool: FakeTool, outcome: Outcome) -> bool:
    """Whether a person is to decide: what became of the call is unknown, or it failed and may have acted."""
    if isinstance(outcome, Succeeded | Cancelled):
        return False
    return isinstance(outcome, Unknown) or (tool.acts and outcome.effect_possible)


def is_not_done(outcome: Outcome | None) -> bool:
    return bool(getattr(outcome, "not_done", False))
