"""How a call stands, in words for a model: what is known, and whether it may call again. A model that reads of a failure tries
again, and that would be another call; so each text says what that would do.
"""

import json
from typing import Any, assert_never

from callgate.adapters.answers import Answer, Standing
from callgate.adapters.bounds import SAID, bounded
from callgate.adapters.hints import hints_of
from callgate.fault_code import FaultCode
from callgate.outcomes import (
    EFFECT_POSSIBLE,
    Cancelled,
    LimitExceeded,
    Outcome,
    Result,
    SandboxFailed,
    Succeeded,
    TimedOut,
    ToolFailed,
    Unknown,
)
from callgate.types import Invocation

NEVER_AGAIN = "Do not call this tool again for it: that would be a further call, and could act a second time."
NEVER_SOONER = "To call this tool again for it brings the answer no sooner."
NO_OTHER = "To call it again does no harm, and brings no other answer."
FIND_OUT = "Find out by a tool that only reads whether it has happened, or tell the person whom you work for."
GOES_ON = "Go on with what does not need its answer, or end your turn and say that it is still under way."
CORRECT = "It is not known to have changed anything. Correct what the answer says before you call the tool again."

#: The HTTP statuses by which an upstream says that it has done what it was asked.
_DONE = range(200, 300)
_STANDINGS: dict[type[Outcome], Standing] = {
    Succeeded: Standing.SUCCEEDED,
    TimedOut: Standing.TIMED_OUT,
    Cancelled: Standing.CANCELLED,
    Unknown: Standing.UNKNOWN,
}


def answer_of(invocation: Invocation, limit: int) -> Answer:
    """What the adapter gives back for an invocation. `limit`: characters that the model is shown of the upstream's answer."""
    match invocation.outcome:
        case None:
            return _pending(invocation)
        case Succeeded(result):
            return _succeeded(result, invocation, limit)
        case outcome:
            return _unsuccessful(outcome, invocation, limit)


def _pending(invocation: Invocation) -> Answer:
    told = f"The call was accepted, and is under way (invocation {invocation.id}). It has not ended yet, and goes on by itself."
    harmless = hints_of(invocation.effect).idempotent
    text = f"{told} {NEVER_SOONER if harmless else NEVER_AGAIN} {GOES_ON}"
    return Answer(Standing.PENDING, text, invocation_id=invocation.id, may_repeat=harmless)


def _succeeded(result: Result, invocation: Invocation, limit: int) -> Answer:
    return Answer(
        Standing.SUCCEEDED,
        _shown(result, limit) or "Done. The answer is empty.",
        structured=_structured(result),
        invocation_id=invocation.id,
        artifact=result.artifact,
        may_repeat=hints_of(invocation.effect).idempotent,
    )


def _unsuccessful(outcome: Outcome, invocation: Invocation, limit: int) -> Answer:
    result: Result | None = getattr(outcome, "result", None)
    harmless = hints_of(invocation.effect).idempotent
    # The advice says what may have happened, and a model reads it once.
    told = str(outcome).replace(EFFECT_POSSIBLE, "")
    text = f"{_sentence(told)} {_advice(outcome, invocation, harmless)}"
    if result is not None and (answered := _shown(result, limit)):
        text = f"{text}\n\nThe answer was:\n{answered}"
    return Answer(
        _STANDINGS.get(type(outcome), Standing.FAILED),
        text,
        structured=None if result is None else _structured(result),
        invocation_id=invocation.id,
        artifact=None if result is None else result.artifact,
        may_repeat=harmless or not _may_have_acted(outcome),
    )


def _advice(outcome: Outcome, invocation: Invocation, harmless: bool) -> str:
    """What the model may do after this end."""
    if getattr(outcome, "not_done", False):
        return f"Nothing was done, so you may call the tool again{_later(outcome)}."
    if lost := _lost_answer(outcome, harmless):
        again = NO_OTHER if harmless else NEVER_AGAIN
        return f"It was carried out (invocation {invocation.id}); only its answer {lost}. {again}"
    if harmless:
        return f"You may call the tool again{_later(outcome)}: that does no harm."
    if _may_have_acted(outcome):
        watched = " A person looks into it." if invocation.under_review else ""
        return f"It may have been carried out all the same (invocation {invocation.id}).{watched} {NEVER_AGAIN} {FIND_OUT}"
    if isinstance(outcome, Cancelled):
        return "Do not call the tool again for it unless you are told to."
    return CORRECT


def _lost_answer(outcome: Outcome, harmless: bool) -> str:
    """What is wrong with the answer, where that alone is why there is no success, and no further call brings another."""
    if isinstance(outcome, ToolFailed) and outcome.fault is FaultCode.VIEW_FAILED:
        return "cannot be shown"
    return "was too large" if isinstance(outcome, LimitExceeded) and outcome.http_status in _DONE and not harmless else ""


def _may_have_acted(outcome: Outcome) -> bool:
    match outcome:
        case Succeeded() | Unknown():
            return True
        case ToolFailed() | LimitExceeded() | TimedOut() | Cancelled() | SandboxFailed():
            return outcome.effect_possible
    assert_never(outcome)


def _later(outcome: Outcome) -> str:
    seconds = getattr(outcome, "retry_after", None)
    return "" if seconds is None else f" after {seconds:g} seconds"


def _sentence(told: str) -> str:
    said = bounded(told.rstrip("."), SAID)
    return f"{said[:1].upper()}{said[1:]}."


def _shown(result: Result, limit: int) -> str:
    """The answer, cut to size. What the gateway says of it stands behind it in brackets, and is never cut off."""
    notes = result.for_model.removeprefix(result.text)
    return f"{bounded(result.text, limit)}{notes}".strip()


def _structured(result: Result) -> Any:
    """The JSON value of a whole answer; None where it is none, or only a part of it is here."""
    if result.artifact is not None or "json" not in result.content_type:
        return None
    try:
        return json.loads(result.body)
    except ValueError:
        return None
