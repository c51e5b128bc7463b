"""How an invocation ends without an attempt's result to say so. Pure."""

from gateway.decisions.fault_of_error import cause_and_cure, fault_of
from gateway.model.invocation import Outcome, Verdict
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode


def refused(refusal: Exception) -> Outcome:
    """How an invocation ends that was accepted, and then could not be begun: a part is missing, and nothing was sent."""
    return Outcome(Verdict.SANDBOX_FAILED, fault=fault_of(refusal), message=cause_and_cure(refusal), not_done=True)


def cancelled(effect: Effect, *, sent: bool) -> Outcome:
    """How an invocation ends whose caller cancelled it. `sent`: its request may have reached the upstream."""
    if sent and not effect.repeatable:
        message = "Cancelled after the request had been let go."
        return Outcome(Verdict.UNKNOWN, fault=FaultCode.CANCELLED, message=message, effect_possible=True)
    return Outcome(Verdict.CANCELLED, fault=FaultCode.CANCELLED, effect_possible=sent and effect.acts)
