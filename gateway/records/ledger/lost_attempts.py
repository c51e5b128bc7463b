"""What is written for an attempt whose gateway died: nothing is known but that it may have been sent."""

from gateway.model.invocation import Attempt, Invocation, Outcome, Verdict
from sandbox.api.result import Evidence

FAULT = "GATEWAY_LOST"


def lost_attempt(invocation: Invocation) -> Attempt:
    number = len(invocation.attempts) + 1
    return Attempt(
        number=number,
        box="",
        accessor="",
        evidence=Evidence.SENT,
        http_status=0,
        fault=FAULT,
        bytes_out=0,
        bytes_in=0,
        connections=(),
        phases=(),
        started=invocation.accepted,
        duration=0.0,
    )


def unknown_outcome() -> Outcome:
    message = "The gateway died after it had let the request go. It may have acted, or not."
    return Outcome(Verdict.UNKNOWN, fault=FAULT, message=message, effect_possible=True)


def exhausted_outcome() -> Outcome:
    message = "The gateway died during the last attempt that was allowed, or the deadline passed meanwhile."
    return Outcome(Verdict.SANDBOX_FAILED, fault=FAULT, message=message, effect_possible=True)
