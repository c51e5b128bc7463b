"""What is written for an attempt whose holder was lost: nothing is known but that its request may have been sent."""

from gateway.model.invocation import Attempt, Invocation, Outcome, Verdict
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence


def lost_attempt(invocation: Invocation) -> Attempt:
    number = len(invocation.attempts) + 1
    return Attempt(number, "", "", Evidence.SENT, 0, FaultCode.HOLDER_LOST, 0, 0, (), (), invocation.accepted, 0.0)


def unknown_outcome() -> Outcome:
    message = "The gateway died after it had let the request go. It may have acted; the answer is lost."
    return Outcome(Verdict.UNKNOWN, fault=FaultCode.HOLDER_LOST, message=message, effect_possible=True)


def exhausted_outcome() -> Outcome:
    message = "The gateway died during the last attempt that was allowed, or the deadline passed meanwhile."
    return Outcome(Verdict.SANDBOX_FAILED, fault=FaultCode.HOLDER_LOST, message=message, effect_possible=True)
