"""The exceptions that the SDK raises.

    CallgateError
    ├── RequestRefused               the same request will be refused again
    │   ├── RequestInvalid             a field is missing or malformed
    │   ├── ArgumentsInvalid           the arguments do not fit the input schema; see `violations`
    │   ├── Unauthenticated            no valid bearer token
    │   ├── NotPermitted               the policy does not allow this caller to do it
    │   ├── ApprovalRequired           a person must approve this call, and no approver is connected
    │   ├── ToolNotFound               no such tool, or no such version of it
    │   ├── InvocationNotFound         never accepted, or its record has expired
    │   ├── QuotaExceeded              the tenant keeps as much as it may; the cure says what to delete
    │   ├── RecordingNotFound          this caller has no recording of this name
    │   ├── RunNotFound                no such run was started, or it was kept as long as runs are kept
    │   ├── RunPlanDiffers             the run was started with another plan
    │   ├── RunStateMoved              another process has saved the run's state since; see `run_version`
    │   ├── RunStateLost               the store has an older state of the run than this process; see `run_version`
    │   ├── RunEnded                   the run is over: no call of it begins
    │   ├── RunKilled                  the run was stopped from outside: no call of it begins
    │   ├── ArtifactNotFound           no artifact of this id is kept that this caller may see
    │   ├── ArtifactExpired            it was kept as long as the operator lets artifacts be kept
    │   ├── ArtifactsOff               the operator has named no store of artifacts
    │   ├── ReplayMissed               the recording has no such call, and none may be made
    │   ├── KeyReused                  this key belongs to another call; see `invocation_id`
    │   ├── PrincipalNotFound          no gateway knows such a token
    │   ├── HostNotFound               no gateway on a host of this id was ever seen
    │   ├── HostLives                  a gateway on the host has given a sign of life just now, so it is not lost
    │   ├── ReviewNotOpen              the invocation has no open review; it may have been decided meanwhile
    │   ├── DocumentInvalid            the OpenAPI document cannot be read, or is hostile
    │   ├── ManifestInvalid            the toolset manifest is malformed or contradicts the document
    │   ├── ToolQuarantined            the version waits until an operator promotes it
    │   ├── ToolDisabled               the version was switched off
    │   ├── ToolRetired                the version was withdrawn for good
    │   ├── TransitionRefused          a version cannot be moved to that state from the one that it is in
    │   ├── VersionUnreadable          the catalog's version was written by a release that this gateway cannot read
    │   ├── DocumentTooLarge           the document is over one of the gateway's limits
    │   ├── RefusedOnTheWay            a proxy, or a server that is no gateway, refused the request
    │   └── MessageTooLarge            the gateway, or a proxy on the way to it, does not take a message of that size
    ├── GatewayUnavailable           no gateway answers, or a part of it is missing or down
    │   ├── NoAnswer                   no answer within the time given; a call may be under way all the same
    │   ├── ConnectionBroken           the connection broke before the answer; a call may be under way all the same
    │   ├── ProxyAnswered              a proxy answered in the gateway's place, with 502 or its like; as with ConnectionBroken
    │   ├── EngineUnavailable          the container engine
    │   ├── VaultUnavailable
    │   ├── StoreUnavailable           Redis
    │   ├── ArtifactsUnavailable       the store of artifacts
    │   ├── StoreRolledBack            Redis has lost what it had acknowledged; an operator must look first
    │   ├── BoxNotGone                 the box of the last attempt may still act
    │   ├── CredentialNotProvisioned   Vault has no role for this tool version
    │   ├── TokenRefused               the token endpoint of the tool's API refuses the client; an operator must act
    │   ├── TokenUnavailable           the token endpoint gave no token; it may later
    │   ├── ConnectAgain               a person must connect the tool's API again: there is no refresh token to use
    │   └── ShuttingDown               this gateway is shutting down
    ├── Overloaded                   the gateway has no capacity now; the same request may succeed later
    │   ├── PoolExhausted
    │   ├── BudgetExhausted
    │   ├── GatewayOverloaded          this gateway is too busy, not the store
    │   └── UpstreamOpen               the upstream has failed repeatedly, so the gateway sends it no calls for a while
    ├── RequestCancelled             the RPC was cancelled before it could answer
    ├── GatewayDefect                a defect of the gateway, or an answer that cannot be read
    ├── LockDiffers                  the gateway has not the tools that the client's lock file names; see `differing`
    ├── ToolNotLocked                the lock file has no such tool, or another version of it
    ├── LockInvalid                  the lock file cannot be read; also a ValueError
    ├── EndpointInvalid              the address, the token or the certificates cannot be used; also a ValueError
    ├── InvocationUnderWay           the invocation has not ended, so it has no outcome yet
    └── InvocationFailed             the call ended without a success; see `outcome`
        └── OutcomeUnknown             the call may have had its effect: never repeat it blindly

All but the last three mean that the client received no outcome. Each error says in `cure` what its receiver can do about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from callgate.outcomes import Outcome
from callgate.visible import visible


@dataclass(frozen=True, slots=True)
class Violation:
    """One argument that does not fit: its JSON Pointer (RFC 6901), and what the tool expects there."""

    pointer: str
    expected: str


class CallgateError(Exception):
    """The root. `reason` is the name of the gateway's ErrorReason, such as KEY_REUSED, or, where it is not the gateway that
    answered, of the HTTP or gRPC status, such as HTTP_502 or UNAVAILABLE, or empty.

    `retryable` says whether the very same request may be sent again, `retry_after` how many seconds to wait before that.
    `idempotency_key` is set on what `call` raises: with it the same call can be sent again without a second effect.
    `invocation_id` names the invocation that the error is about, where it is about one: see `invocations.get`.
    `run_version`: of a run's state that was not saved, the version that is kept.
    """

    def __init__(
        self,
        message: str,
        *,
        cure: str = "",
        reason: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
        violations: Sequence[Violation] = (),
        invocation_id: str = "",
        run_version: int | None = None,
    ) -> None:
        self.message, self.cure = visible(message), visible(cure)
        super().__init__(self.message)
        self.reason = reason
        self.retryable = retryable
        self.retry_after = retry_after
        self.violations = tuple(violations)
        self.invocation_id = invocation_id
        self.run_version = run_version
        self.idempotency_key: str | None = None
        if cure:
            self.add_note(f"Cure: {self.cure}")


class RequestRefused(CallgateError): ...


class RequestInvalid(RequestRefused): ...


class ArgumentsInvalid(RequestRefused): ...


class Unauthenticated(RequestRefused): ...


class NotPermitted(RequestRefused): ...


class ApprovalRequired(RequestRefused): ...


class ToolNotFound(RequestRefused): ...


class InvocationNotFound(RequestRefused): ...


class QuotaExceeded(RequestRefused): ...


class RecordingNotFound(RequestRefused): ...


class RunNotFound(RequestRefused): ...


class RunPlanDiffers(RequestRefused): ...


class RunStateMoved(RequestRefused): ...


class RunStateLost(RequestRefused): ...


class RunEnded(RequestRefused): ...


class RunKilled(RequestRefused): ...


class ArtifactNotFound(RequestRefused): ...


class ArtifactExpired(RequestRefused): ...


class ArtifactsOff(RequestRefused): ...


class ReplayMissed(RequestRefused): ...


class KeyReused(RequestRefused): ...


class ReviewNotOpen(RequestRefused): ...


class PrincipalNotFound(RequestRefused): ...


class HostNotFound(RequestRefused): ...


class HostLives(RequestRefused): ...


class DocumentInvalid(RequestRefused): ...


class ManifestInvalid(RequestRefused): ...


class ToolQuarantined(RequestRefused): ...


class ToolDisabled(RequestRefused): ...


class ToolRetired(RequestRefused): ...


class TransitionRefused(RequestRefused): ...


class VersionUnreadable(RequestRefused): ...


class DocumentTooLarge(RequestRefused): ...


class RefusedOnTheWay(RequestRefused): ...


class MessageTooLarge(RequestRefused): ...


class GatewayUnavailable(CallgateError): ...


class NoAnswer(GatewayUnavailable): ...


class ConnectionBroken(GatewayUnavailable): ...


class ProxyAnswered(GatewayUnavailable): ...


class EngineUnavailable(GatewayUnavailable): ...


class VaultUnavailable(GatewayUnavailable): ...


class StoreUnavailable(GatewayUnavailable): ...


class ArtifactsUnavailable(GatewayUnavailable): ...


class StoreRolledBack(GatewayUnavailable): ...


class BoxNotGone(GatewayUnavailable): ...


class CredentialNotProvisioned(GatewayUnavailable): ...


class TokenRefused(GatewayUnavailable): ...


class TokenUnavailable(GatewayUnavailable): ...


class ConnectAgain(GatewayUnavailable): ...


class ShuttingDown(GatewayUnavailable): ...


class Overloaded(CallgateError): ...


class PoolExhausted(Overloaded): ...


class BudgetExhausted(Overloaded): ...


class GatewayOverloaded(Overloaded): ...


class UpstreamOpen(Overloaded): ...


class RequestCancelled(CallgateError): ...


class GatewayDefect(CallgateError): ...


class LockDiffers(CallgateError):
    """`differing` are the names of the tools."""

    def __init__(self, message: str, *, cure: str, differing: tuple[str, ...] = (), **parts: Any) -> None:
        super().__init__(message, cure=cure, **parts)
        self.differing = differing

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), cure=self.cure, differing=self.differing), (self.message,), vars(self)


class ToolNotLocked(CallgateError): ...


class LockInvalid(CallgateError, ValueError): ...


class EndpointInvalid(CallgateError, ValueError): ...


class InvocationUnderWay(CallgateError): ...


class InvocationFailed(CallgateError):
    """Sending the same request again returns the same record, unless the outcome says `not_done`: then it is `retryable`, after
    `retry_after` seconds where the upstream said so."""

    def __init__(self, message: str, *, cure: str, invocation_id: str, outcome: Outcome) -> None:
        retryable, retry_after = getattr(outcome, "not_done", False), getattr(outcome, "retry_after", None)
        super().__init__(message, cure=cure, retryable=retryable, retry_after=retry_after, invocation_id=invocation_id)
        self.outcome = outcome

    def __reduce__(self) -> tuple[Any, ...]:
        """To be copied and pickled: a pool of processes breaks where it cannot read what its worker raised."""
        made = partial(type(self), cure=self.cure, invocation_id=self.invocation_id, outcome=self.outcome)
        return made, (self.message,), vars(self)


class OutcomeUnknown(InvocationFailed): ...
