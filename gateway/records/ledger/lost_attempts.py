"""What is written for an attempt whose holder was lost: nothing is known but that its request may have been sent."""

from gateway.model.invocation import Attempt, Invocation, Outcome, Verdict
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence


def lost_attempt(invocation: Invocation) -> Attempt:
    number = len(invocation.attempts) + 1
    return Attempt(
        number=number,
        box="",
        accessor="",
        evidence=Evidence.SENT,
        http_status=0,
        fault=FaultCode.HOLDER_LOST,
        bytes_out=0,
        bytes_in=0,
        connections=(),
        phases=(),
        started=invocation.accepted,
        duration=0.0,
    )


def unknown_outcome() -> Outcome:
    message = "The gateway was lost after it had let the request go."
    return Outcome(Verdict.UNKNOWN, fault=FaultCode.HOLDER_LOST, message=message, effect_possible=True)


def dropped_outcome() -> Outcome:
    message = "The gateway was lost before it had begun an attempt. Nothing was sent."
    return Outcome(Verdict.SANDBOX_FAILED, fault=FaultCode.HOLDER_LOST, message=message, not_done=True)


def is_dropped(invocation: Invocation) -> bool:
    """Whether it has ended with its holder, before an attempt was begun: a caller that asks for it may have it begun."""
    outcome = invocation.outcome
    lost = outcome is not None and outcome.not_done and outcome.fault is FaultCode.HOLDER_LOST
    return lost and not invocation.attempts


def exhausted_outcome(effect: Effect) -> Outcome:
    message = "The gateway was lost during the last attempt that was allowed."
    return Outcome(Verdict.SANDBOX_FAILED, fault=FaultCode.HOLDER_LOST, message=message, effect_possible=effect.acts)


def out_of_time(effect: Effect) -> Outcome:
    message = "The gateway was lost after it had let the request go, and the call's time was over before another attempt."
    return Outcome(Verdict.TIMED_OUT, fault=FaultCode.HOLDER_LOST, message=message, effect_possible=effect.acts)
