"""The one table from exceptions to fault codes: for what is recorded of a refusal, where `status` is for what is answered.

So the name of a class is no part of the API. A test holds every leaf of every error tree to it that a record can meet.
"""

from gateway.model import errors as of_gateway
from registry.model import errors as of_registry
from sandbox.api import errors as of_sandbox
from sandbox.api.fault_code import FaultCode

FAULTS: dict[type[Exception], FaultCode] = {
    of_gateway.NotPermitted: FaultCode.NOT_PERMITTED,
    of_gateway.UpstreamIsOwnPart: FaultCode.NOT_PERMITTED,
    of_gateway.CeilingExceeded: FaultCode.NOT_PERMITTED,
    of_gateway.ApprovalRequired: FaultCode.APPROVAL_REQUIRED,
    of_gateway.KeyReused: FaultCode.KEY_REUSED,
    of_gateway.RunEnded: FaultCode.RUN_ENDED,
    of_gateway.RunKilled: FaultCode.RUN_KILLED,
    of_gateway.BudgetExhausted: FaultCode.BUDGET_EXHAUSTED,
    of_gateway.QuotaExceeded: FaultCode.QUOTA_EXCEEDED,
    of_gateway.ArtifactTooLarge: FaultCode.ARTIFACT_TOO_LARGE,
    of_gateway.ArtifactsUnavailable: FaultCode.ARTIFACTS_UNAVAILABLE,
    of_gateway.ArtifactNotFound: FaultCode.ARTIFACT_NOT_FOUND,
    of_gateway.ArtifactExpired: FaultCode.ARTIFACT_EXPIRED,
    of_gateway.ArtifactsOff: FaultCode.ARTIFACTS_OFF,
    of_gateway.CredentialNotProvisioned: FaultCode.CREDENTIAL_NOT_PROVISIONED,
    of_gateway.TokenRefused: FaultCode.TOKEN_REFUSED,
    of_gateway.TokenUnavailable: FaultCode.TOKEN_UNAVAILABLE,
    of_gateway.TokenEndpointUnusable: FaultCode.TOKEN_UNAVAILABLE,
    of_gateway.ConnectAgain: FaultCode.CONNECT_AGAIN,
    of_gateway.VaultUnavailable: FaultCode.VAULT_UNAVAILABLE,
    of_gateway.UpstreamOpen: FaultCode.UPSTREAM_OPEN,
    of_gateway.StoreUnavailable: FaultCode.STORE_UNAVAILABLE,
    of_gateway.StoreUnsettled: FaultCode.STORE_UNAVAILABLE,
    of_gateway.StoreFull: FaultCode.STORE_UNAVAILABLE,
    of_gateway.StoreMisconfigured: FaultCode.STORE_UNAVAILABLE,
    of_gateway.ReplicasBehind: FaultCode.STORE_UNAVAILABLE,
    of_gateway.GatewayOverloaded: FaultCode.GATEWAY_OVERLOADED,
    of_gateway.StoreUntrusted: FaultCode.STORE_UNAVAILABLE,
    of_gateway.StoreRolledBack: FaultCode.STORE_ROLLED_BACK,
    of_gateway.ShuttingDown: FaultCode.SHUTTING_DOWN,
    of_registry.ReferenceInvalid: FaultCode.REQUEST_INVALID,
    of_registry.RequestRefused: FaultCode.REQUEST_INVALID,
    of_registry.ArgumentsInvalid: FaultCode.ARGUMENTS_INVALID,
    of_registry.CheckerFailed: FaultCode.GATEWAY_OVERLOADED,
    of_registry.ToolNotFound: FaultCode.TOOL_NOT_FOUND,
    of_registry.ToolQuarantined: FaultCode.TOOL_QUARANTINED,
    of_registry.ToolDisabled: FaultCode.TOOL_DISABLED,
    of_registry.ToolRetired: FaultCode.TOOL_RETIRED,
    of_registry.VersionUnreadable: FaultCode.VERSION_UNREADABLE,
    of_sandbox.EngineUnavailable: FaultCode.ENGINE_UNAVAILABLE,
    of_sandbox.HostMemoryRefused: FaultCode.ENGINE_UNAVAILABLE,
    of_sandbox.HostCopied: FaultCode.ENGINE_UNAVAILABLE,
    of_sandbox.HostLost: FaultCode.ENGINE_UNAVAILABLE,
    of_sandbox.RuntimeUnavailable: FaultCode.RUNTIME_UNAVAILABLE,
    of_sandbox.ImageMissing: FaultCode.IMAGE_MISSING,
    of_sandbox.ImageUnusable: FaultCode.IMAGE_UNUSABLE,
    of_sandbox.BoxRegistryUnavailable: FaultCode.STORE_UNAVAILABLE,
    of_sandbox.PoolExhausted: FaultCode.POOL_EXHAUSTED,
    of_sandbox.PoolClosed: FaultCode.SHUTTING_DOWN,
}


def fault_of(error: Exception) -> FaultCode:
    """What is not in the table is a defect of the gateway."""
    return FAULTS.get(type(error), FaultCode.INTERNAL)


def why_not_kept(error: Exception) -> str:
    """What a record says where an answer, or a part of it, could not be kept. Its request was answered: to send it again, which
    is the cure where an artifact cannot be read, might act a second time."""
    if isinstance(error, of_gateway.ArtifactsUnavailable):
        cause, operators = str(error).rstrip("."), "Let the operator look at CALLGATE_ARTIFACTS_STORE."
        return f"{cause}. The request was answered, so do not call again. {operators}"
    return cause_and_cure(error)


def cause_and_cure(error: Exception) -> str:
    """What a record says of a refusal: it has one text for both."""
    cause, cure = str(error), str(getattr(error, "cure", ""))
    return f"{cause.rstrip('.')}. {cure}" if cure else cause
