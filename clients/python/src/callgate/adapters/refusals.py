"""What a model is told where a call brought no outcome, and what is raised where it may have been carried out all the same,
or the run is over."""

from callgate.adapters.answers import Answer, Standing
from callgate.adapters.bounds import SAID, bounded
from callgate.adapters.wording import NEVER_AGAIN
from callgate.errors import (
    ApprovalRequired,
    ArgumentsInvalid,
    CallgateError,
    EndpointInvalid,
    KeyReused,
    MessageTooLarge,
    RefusedOnTheWay,
    ReplayMissed,
    RequestInvalid,
    RequestRefused,
    RunEnded,
    RunKilled,
    Unauthenticated,
)

#: Of so many arguments a model is told what is wrong with them.
VIOLATIONS = 10

#: What the program has done wrong, and no model can mend.
_OF_THE_PROGRAM = (RequestInvalid, EndpointInvalid, ReplayMissed)
#: Refusals that say nothing of a call which was made before: of the caller, of what stands between, of an answer's size.
_OPEN = (Unauthenticated, RefusedOnTheWay, MessageTooLarge)
#: The run is over: no call begins in it, so its agent has to stop.
RUN_OVER = (RunEnded, RunKilled)
STOP = (
    "Stop now: make no further calls, neither of this tool nor of another one, since all of them are refused. End your turn, "
    "and say that the task was stopped."
)


class CallUnsettled(CallgateError):
    """No answer has come, so it is open whether the call was carried out.

    It is raised, and not told to the model as an answer: the run is to be resumed, or the framework tries again by itself. Both
    make the same call, which attaches to this one. Its message is for a model, since frameworks show it to one.
    """


def told(error: CallgateError) -> Answer:
    """The answer that the model gets for a refusal. Raises what is the program's fault; RunEnded and RunKilled, in words for a
    model, where the run is over; and CallUnsettled from all else."""
    match error:
        case ApprovalRequired():
            return Answer(Standing.NEEDS_APPROVAL, _needs_approval(error))
        case KeyReused():
            return Answer(Standing.KEY_REUSED, _key_reused(error), invocation_id=error.invocation_id)
        case ArgumentsInvalid():
            return Answer(Standing.REFUSED, _unfit(error), may_repeat=True)
    if isinstance(error, _OF_THE_PROGRAM):
        raise error
    if isinstance(error, RUN_OVER):
        raise _over(error) from error
    if isinstance(error, RequestRefused) and not isinstance(error, _OPEN):
        return Answer(Standing.REFUSED, _refused(error))
    raise _unsettled(error) from error


def not_offered(name: str) -> Answer:
    """For a call of a tool that the model was not shown."""
    said = f"There is no tool {name!r} here, so nothing was done. Use one of the tools that you were given."
    return Answer(Standing.REFUSED, said, may_repeat=True)


def no_arguments(problem: str) -> Answer:
    """For a call whose arguments cannot be read."""
    said = f"The arguments of the call cannot be read, so nothing was done: {problem}. Write them as one JSON object."
    return Answer(Standing.REFUSED, said, may_repeat=True)


def _needs_approval(error: CallgateError) -> str:
    return (
        f"Nothing was done: a person must approve this call first. {_said(error)}. Do not call the tool again until you are "
        "told that it was approved. Say what you want to do, and why, and end your turn."
    )


def _key_reused(error: CallgateError) -> str:
    earlier = f" (invocation {error.invocation_id})" if error.invocation_id else ""
    return (
        f"Nothing was done now: in this place another call was made before{earlier}, with other arguments. Do not call the "
        "tool again for it: that call may have acted. Go on with its outcome, or ask the person whom you work for."
    )


def _unfit(error: CallgateError) -> str:
    wrong = [bounded(f"- {one.pointer or 'the arguments'}: {one.expected}", SAID) for one in error.violations[:VIOLATIONS]]
    if (more := len(error.violations) - VIOLATIONS) > 0:
        wrong.append(f"- and {more:,} more")
    lines = "\n".join([f"{_said(error)}.", *wrong])
    return f"Nothing was done, because the arguments do not fit. Correct them, and call the tool again. {lines}"


def _refused(error: CallgateError) -> str:
    cure = f" {error.cure}" if error.cure else ""
    never = "The same call would be refused again, so do not repeat it."
    return f"Nothing was done now: the call was refused. {_said(error)}.{cure} {never}"


def _said(error: CallgateError) -> str:
    return bounded(error.message, SAID)


def _over(error: CallgateError) -> CallgateError:
    why = "it was stopped from outside" if isinstance(error, RunKilled) else "it has ended"
    told = f"Nothing was done now: the run of this call is over, {why} ({_said(error)}). {STOP}"
    found = type(error)(told, cure=error.cure, reason=error.reason)
    found.idempotency_key = error.idempotency_key
    return found


def _unsettled(error: CallgateError) -> CallUnsettled:
    message = f"No answer has come for this call, and it may have been carried out: {_said(error)}. {NEVER_AGAIN}"
    found = CallUnsettled(
        message,
        cure="Resume the run, or let the framework try again: the same call attaches to this one.",
        reason=error.reason,
        retryable=error.retryable,
        retry_after=error.retry_after,
        invocation_id=error.invocation_id,
    )
    found.idempotency_key = error.idempotency_key
    return found
