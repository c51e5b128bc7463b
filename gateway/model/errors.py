"""Why the gateway refuses a call. `status` maps each leaf to a gRPC status, and a test holds it to that.

    GatewayError
    ├── RequestInvalid           a field of the request is missing or malformed
    ├── Unauthenticated          no valid bearer token
    ├── NotPermitted             the policy says no
    ├── SelfPromotion            who imported a version may not promote it
    ├── SecretNotAllowed         the tenant's tools may not use the secret; carries Violations
    ├── UpstreamIsOwnPart        the tool's upstream is a server of Callgate itself
    ├── CeilingExceeded          the tool version asks for more than the operator lets any
    ├── ApprovalRequired         a person must approve, and no approver is connected
    ├── KeyReused                same idempotency key, other tool or arguments
    ├── InvocationNotFound       never accepted, or expired
    ├── ReplayMissed             the recording has no such call, and none may be made
    ├── RecordedRefusal          the recording has the call, and it was refused then
    ├── RecordingNotFound        the caller has none of this name
    ├── RunNotFound              no such run was started, or it was kept as long as runs are kept
    ├── RunPlanDiffers           the run was started with another plan
    ├── RunStateMoved            another process has saved the run's state since; carries the version that is kept
    ├── RunStateLost             the store has an older state of the run than its caller; carries its version
    ├── RunEnded                 the run is over
    ├── RunKilled                the run was stopped by its caller, or by an operator
    ├── ArtifactNotFound         the tenant has none of this id, or the caller may not see it
    ├── ArtifactExpired          it was kept as long as the operator lets artifacts be kept
    ├── ArtifactTooLarge         it is over the operator's bound of one artifact, or of one call
    ├── ArtifactsUnavailable     the store of artifacts is away, or does not take what is written
    ├── ArtifactsOff             the operator has named no store of artifacts
    ├── BudgetExhausted          too many calls, or other requests of one kind, at once
    ├── QuotaExceeded            the tenant keeps as much as it may
    ├── CredentialNotProvisioned Vault has no role for this tool version
    ├── TokenRefused             the token endpoint refuses the client, or gives what no call can show
    ├── TokenUnavailable         the token endpoint gave no token, or it could not be kept
    │   └── TokenEndpointUnusable    what is there speaks no TLS that a box trusts: an operator must act
    ├── ConnectAgain             there is no refresh token that may be sent
    ├── VaultUnavailable         down, sealed, or refuses the gateway
    ├── UpstreamOpen             the upstream has been down, and is left alone for a while
    ├── SearchUnready            the tenant's tools are being read, and none can be searched yet
    ├── StoreUnavailable         Redis is down, or did not do as asked: the cure says what it lacks
    │   ├── StoreUnsettled           it has another primary: gateways put back what that lacks, and nothing that acts begins
    │   ├── StoreFull                Redis' memory is full: what would fill it is refused, and what it has it keeps
    │   ├── StoreMisconfigured       Redis, or the way to it, is not set up for the gateway: an operator must act
    │   ├── ReplicasBehind           too few replicas have what the operator wants them to have before a call may act
    │   └── GatewayOverloaded        this gateway was too busy to hear what Redis answered
    ├── StoreUntrusted           Redis answers, but is not durable: nothing may be promised on it
    ├── StoreRolledBack          Redis has lost what it had acknowledged: only repeatable calls, until an operator has looked
    ├── ReviewNotOpen            there is nothing to decide about this invocation, or it was decided meanwhile
    ├── PrincipalNotFound        no such token is known
    ├── HostNotFound             no gateway on a host of this id was ever seen
    ├── HostLives                a gateway on the host has given a sign of life just now, so the host is not lost
    ├── BoxNotGone               the box of the last attempt may still act: decide when it is confirmed gone
    └── ShuttingDown             this gateway drains

Nothing here was sent upstream. Every error names its cure; none carries an argument, a result or a secret.
"""

from registry.model.errors import Violation

#: Characters of a name that no part of the gateway has made.
LONGEST_NAME = 64


def brief(name: str) -> str:
    """A caller's name for a thing, as a message repeats it: it may be as long as the caller pleases."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}… ({len(name):,} characters)"


class GatewayError(Exception):
    cure = "See the message."

    def __init__(self, message: str, *, cure: str | None = None) -> None:
        super().__init__(message)
        self.cure = cure or self.cure


class RequestInvalid(GatewayError):
    cure = "Correct the request as the message says."


class Unauthenticated(GatewayError):
    cure = (
        "Send `authorization: Bearer TOKEN` with a token that the operator gave you: the SDK and `callgate` take it from "
        "CALLGATE_TOKEN, else from the file that CALLGATE_TOKEN_FILE names. An operator makes one by `callgate principal add`."
    )


class NotPermitted(GatewayError):
    cure = "Ask the operator for access."


class SelfPromotion(GatewayError):
    cure = (
        "Let another person promote it who may. Is there none, the operator can allow it for this tenant: "
        "CALLGATE_SELF_PROMOTION=TENANT."
    )


class SecretNotAllowed(GatewayError):
    cure = "Name a secret below one of these prefixes, or let the operator allow its own: CALLGATE_SECRET_PREFIXES."

    def __init__(self, message: str, *, violations: tuple[Violation, ...] = (), cure: str | None = None) -> None:
        super().__init__(message, cure=cure)
        self.violations = violations


class UpstreamIsOwnPart(GatewayError):
    cure = (
        "Let the tool's server, or its container's egress, name another one: Vault, Redis, Sentinels, the engine, gateways and "
        "where their telemetry goes are no upstreams, whatever networks the operator permits."
    )


class CeilingExceeded(GatewayError):
    cure = "Then import the toolset again."


class ApprovalRequired(GatewayError):
    cure = "Ask the operator: no approver is connected to this gateway."


class KeyReused(GatewayError):
    cure = (
        "Look at that invocation. If it is what was meant, go on with its outcome: after a resume, the arguments have changed "
        "since, and a fresh key would act a second time. Only where another effect is meant, call with another step or "
        "occurrence, or, outside of a run, with another key."
    )

    def __init__(self, message: str, invocation_id: str = "") -> None:
        super().__init__(message)
        self.invocation_id = invocation_id


class InvocationNotFound(GatewayError):
    cure = "Check the id: `callgate list` has the newest. Records of ended invocations expire."


class ReplayMissed(GatewayError):
    cure = "Record the run again, or replay with REPLAY_OR_LIVE: the tool, its arguments or the number of such calls differ."


class RecordedRefusal(GatewayError):
    """`detail`: the refusal as the edge writes it, which knows how to say it again."""

    cure = "Record the run again, where it should not have been refused."

    def __init__(self, detail: bytes) -> None:
        super().__init__("the call was refused when it was recorded")
        self.detail = detail


class RecordingNotFound(GatewayError):
    cure = "Check the name: a recording is of the caller who made it. It expires 30 days after its last entry was written."


class RunNotFound(GatewayError):
    cure = (
        "Its own agent starts it: `runs.start` with the same id and plan. `callgate run list` has those that are kept; name "
        "another caller whose run it is by `agent` and `subject` (`--agent`, `--subject`)."
    )


class RunPlanDiffers(GatewayError):
    cure = "Start another run under another id, or this one with the plan that it has: `runs.get` shows it."


class RunStateMoved(GatewayError):
    """`run_version`: the version that is kept."""

    cure = "Another process goes on with this run. Read it again, and go on from the state that is there, or stop."

    def __init__(self, message: str, run_version: int) -> None:
        super().__init__(message)
        self.run_version = run_version


class RunStateLost(GatewayError):
    """`run_version`: the version that is kept."""

    cure = (
        "The store has lost what it acknowledged: let the operator look (`callgate store status`). To go on from your own "
        "state, save it in the place of the version that is kept; its calls are known by their keys."
    )

    def __init__(self, message: str, run_version: int) -> None:
        super().__init__(message)
        self.run_version = run_version


class RunEnded(GatewayError):
    cure = "Start another run, under another id. What the run has called is answered from its records."


class RunKilled(GatewayError):
    cure = "Stop: `callgate run show` says who has killed the run, and why. Ask there before you start another one."


class ArtifactNotFound(GatewayError):
    cure = "Check the id: `callgate artifact list` has those that you may see."


class ArtifactExpired(GatewayError):
    cure = "Make the call again, or put the file there again. The operator says for how long: CALLGATE_ARTIFACTS_HOURS."


class ArtifactTooLarge(GatewayError):
    cure = (
        "Ask the tool for less, such as a page or a range, or put a smaller file there; or let the operator raise "
        "CALLGATE_ARTIFACTS_BYTES, or CALLGATE_ARTIFACTS_CALL_BYTES."
    )


class ArtifactsUnavailable(GatewayError):
    cure = "Send the same request again. If it lasts, let the operator look at CALLGATE_ARTIFACTS_STORE."


class ArtifactsOff(GatewayError):
    cure = "Let the operator name a store of artifacts: CALLGATE_ARTIFACTS_STORE."


class BudgetExhausted(GatewayError):
    cure = "Send the same request again after `retry_after`, when some of those under way have ended."

    def __init__(self, message: str, retry_after: float = 1.0, *, rest: float = 0.0) -> None:
        """`rest`: for so many seconds the same caller's requests of this kind may be refused without a look at them."""
        super().__init__(message)
        self.retry_after = retry_after
        self.rest = rest


class QuotaExceeded(GatewayError):
    cure = "Delete what is not needed, or let the operator raise the quota that the message names."


class UpstreamOpen(GatewayError):
    cure = "Send the same request again after `retry_after`: by then the upstream is tried again."

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CredentialNotProvisioned(GatewayError):
    cure = "Let the operator import the toolset again with a Vault token that may make roles: then the roles are made."


class TokenRefused(GatewayError):
    cure = "Correct the credential's `token` in the manifest, or the client's secret in Vault, as the message says."


class TokenUnavailable(GatewayError):
    cure = "Send the same request again after `retry_after`: the token endpoint, or Vault, may answer by then."

    def __init__(self, message: str, retry_after: float = 2.0, *, cure: str | None = None) -> None:
        super().__init__(message, cure=cure)
        self.retry_after = retry_after


class TokenEndpointUnusable(TokenUnavailable):
    cure = "Check `token_url` under the credential's `token` in the manifest."


class ConnectAgain(GatewayError):
    cure = (
        "Let the operator store a new refresh token in the credential's secret (`callgate secret set`). A refresh token that "
        "may have been used is never sent again."
    )


class VaultUnavailable(GatewayError):
    cure = "Start or unseal Vault and check it with `callgate doctor`."


class SearchUnready(GatewayError):
    cure = "Send the same request again after `retry_after`, when the gateway has read more of the catalog."


class StoreUnavailable(GatewayError):
    cure = "Start Redis and check it with `callgate doctor`."


class StoreUnsettled(StoreUnavailable):
    cure = "Send the same request again in some seconds. `callgate store status` names the gateways that are waited for."


class StoreFull(StoreUnavailable):
    cure = "Let the operator give Redis more memory, or delete what is not needed."


class StoreMisconfigured(StoreUnavailable):
    cure = "Let the operator run `callgate doctor`."


class ReplicasBehind(StoreUnavailable):
    cure = "See that Redis' replicas are connected and keep up (`callgate doctor`), or let CALLGATE_REDIS_WAIT ask for fewer."


class GatewayOverloaded(StoreUnavailable):
    cure = "Send the same request again later, or let the operator give the gateway more processor, or start another one."


class StoreUntrusted(GatewayError):
    cure = "Set `appendonly yes`, `appendfsync always` and `maxmemory-policy noeviction` in Redis."


class StoreRolledBack(GatewayError):
    cure = (
        "Let the operator follow docs/running-redis.md, Open history: find out what was lost, then "
        "`callgate store acknowledge`. Calls that change nothing are served meanwhile."
    )


class ReviewNotOpen(GatewayError):
    cure = "Look at the invocation again: it is not under review, or was decided meanwhile."


class BoxNotGone(GatewayError):
    cure = (
        "Try again in some seconds: the gateway on the box's host removes it. Is a host gone for good? `callgate host list` "
        "has its id, `callgate host lost ID --reason …` declares it lost."
    )


class PrincipalNotFound(GatewayError):
    cure = "Check the name: `callgate principal list` has them. What was revoked already is not there."


class HostNotFound(GatewayError):
    cure = "Check the id: `callgate host list` has them."


class HostLives(GatewayError):
    cure = "Stop its gateways first, or wait 20 seconds if it has gone just now; what a living host left, its gateways remove."


class ShuttingDown(GatewayError):
    cure = "Send the same request again: another gateway, or this one restarted, will answer."
