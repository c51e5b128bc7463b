"""What a person is told about an invocation under review: what is known, and what to do. Pure."""

from dataclasses import dataclass

from gateway.model.invocation import Invocation, InvocationState
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence

_VAULT = "See that Vault is unsealed and has the secret and the role (`callgate doctor`), then retry."
_ENGINE = "See that the engine is well (`callgate doctor`), then retry."

CURES = {
    FaultCode.UPSTREAM_UNREACHABLE: "See that the upstream can be reached, then retry.",
    FaultCode.UPSTREAM_OPEN: "See that the upstream can be reached, then retry.",
    FaultCode.SECRET_UNAVAILABLE: _VAULT,
    FaultCode.VAULT_UNAVAILABLE: _VAULT,
    FaultCode.CREDENTIAL_NOT_PROVISIONED: _VAULT,
    FaultCode.EGRESS_DENIED: "See that the destination is meant and allowed, then retry; or fail it.",
    FaultCode.BOX_DIED: _ENGINE,
    FaultCode.ENGINE_UNAVAILABLE: _ENGINE,
    FaultCode.RUNTIME_UNAVAILABLE: _ENGINE,
    FaultCode.STORE_UNAVAILABLE: "See that Redis is well (`callgate doctor`), then retry.",
}
LATER = "Nothing was done: retry when the cause is gone, or fail it."
LOOK = "Look upstream whether it happened. If it did, succeed with its answer; if it did not, retry; never retry unseen."


@dataclass(frozen=True, slots=True)
class Report:
    summary: str
    suggestion: str


def report(invocation: Invocation) -> Report:
    return Report(_summary(invocation), _suggestion(invocation))


def _summary(invocation: Invocation) -> str:
    attempts = invocation.attempts
    sent = sum(attempt.evidence is not Evidence.NOT_SENT for attempt in attempts)
    message = f": {invocation.outcome.message}" if invocation.outcome and invocation.outcome.message else ""
    made = "1 attempt" if len(attempts) == 1 else f"{len(attempts)} attempts"
    return f"{invocation.state} after {made}, let go: {sent}{message}"


def _suggestion(invocation: Invocation) -> str:
    outcome = invocation.outcome
    if invocation.state is InvocationState.UNKNOWN or (outcome and outcome.effect_possible):
        return LOOK
    return CURES.get(outcome.fault, LATER) if outcome and outcome.fault else LATER
