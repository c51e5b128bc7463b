"""What a call is found again by, kept in the error that ends the wait for it: whichever error that is.

An error of the SDK has fields for it. A cancelled task and Ctrl-C raise Python's own errors: these get the same, and a note
that says it. They stay what they are, so that `asyncio.wait_for` and task groups work as ever.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from callgate.errors import CallgateError

_ATTRIBUTE = "callgate_interrupted"
_STOPPED = (asyncio.CancelledError, KeyboardInterrupt)


@dataclass(slots=True)
class InterruptedCall:
    """A call whose wait an error ended. `idempotency_key` is None, and `invocation_id` empty, where the client did not know it.

    `client.invocations.find` takes the one, `client.invocations.handle` the other.
    """

    idempotency_key: str | None = None
    invocation_id: str = ""

    def __str__(self) -> str:
        parts = [f"invocation {self.invocation_id}"] if self.invocation_id else []
        parts += [f"idempotency key {self.idempotency_key}"] if self.idempotency_key is not None else []
        return ", ".join(parts)


def interrupted_call(error: BaseException | None) -> InterruptedCall | None:
    """The call that this error is about, or one that it was raised from; None where it is about none.

    `asyncio.wait_for`, for one, raises a TimeoutError from the error that has it.
    """
    met: set[int] = set()
    while error is not None and id(error) not in met:
        met.add(id(error))
        if call := _own(error):
            return call
        error = error.__cause__ or error.__context__
    return None


@contextmanager
def kept_in_errors(call: InterruptedCall) -> Iterator[None]:
    """What ends this context by an error tells of the call, as far as it is known by then."""
    try:
        yield
    except CallgateError as error:
        error.invocation_id = error.invocation_id or call.invocation_id
        if error.idempotency_key is None:
            error.idempotency_key = call.idempotency_key
        raise
    except _STOPPED as stopped:
        if not hasattr(stopped, _ATTRIBUTE):
            vars(stopped)[_ATTRIBUTE] = InterruptedCall(call.idempotency_key, call.invocation_id)
            stopped.add_note(
                f"The call may be under way all the same: {call}. `invocations.find` and `get` tell how it stands."
            )
        raise


def _own(error: BaseException) -> InterruptedCall | None:
    if isinstance(error, CallgateError):
        known = error.idempotency_key is not None or error.invocation_id
        return InterruptedCall(error.idempotency_key, error.invocation_id) if known else None
    return getattr(error, _ATTRIBUTE, None)
