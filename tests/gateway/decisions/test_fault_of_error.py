"""Every error that can end up in a record has a fault code, whatever its class is called."""

import pytest

from callgate.v1.error_pb2 import ErrorReason
from gateway.decisions.endings import refused
from gateway.decisions.fault_of_error import FAULTS, fault_of
from gateway.edge.grpc.status import TABLE
from gateway.model import errors as of_gateway
from gateway.model.invocation import Verdict
from registry.model import errors as of_registry
from sandbox.api import errors as of_sandbox
from sandbox.api.fault_code import FaultCode

#: Errors that no record can meet, since nothing below the claim of a key raises them: they are of the edge, of imports, of
#: reviews, of recordings, of runs, of principals, of publications, or end where they are raised.
NEVER_RECORDED = {
    of_gateway.RequestInvalid,
    of_gateway.Unauthenticated,
    of_gateway.SelfPromotion,
    of_gateway.SecretNotAllowed,
    of_gateway.InvocationNotFound,
    of_gateway.ReplayMissed,
    of_gateway.RecordedRefusal,
    of_gateway.RecordingNotFound,
    of_gateway.RunNotFound,
    of_gateway.RunPlanDiffers,
    of_gateway.RunStateMoved,
    of_gateway.RunStateLost,
    of_gateway.ReviewNotOpen,
    of_gateway.BoxNotGone,
    of_gateway.PrincipalNotFound,
    of_gateway.HostNotFound,
    of_gateway.HostLives,
    of_gateway.SearchUnready,
    of_registry.DocumentInvalid,
    of_registry.ManifestInvalid,
    of_registry.DocumentTooLarge,
    of_registry.DocumentTooCostly,
    of_registry.ReaderFailed,
    of_registry.TransitionRefused,
    of_registry.ToolNotOwned,
    of_registry.ToolsetNotFound,
    of_registry.NameTaken,
    of_registry.PublicationRefused,
    of_registry.CatalogUnowned,
    of_sandbox.BoxElsewhere,
}

#: Where a fault is more exact than the reason that a caller gets for the same error before its call is accepted.
FINER: dict[type[Exception], FaultCode] = {
    of_gateway.ArtifactTooLarge: FaultCode.ARTIFACT_TOO_LARGE,
    of_sandbox.ImageMissing: FaultCode.IMAGE_MISSING,
    of_sandbox.ImageUnusable: FaultCode.IMAGE_UNUSABLE,
    of_sandbox.RuntimeUnavailable: FaultCode.RUNTIME_UNAVAILABLE,
}


def leaves(root: type[Exception]) -> set[type[Exception]]:
    below = root.__subclasses__()
    return {root} if not below else set().union(*(leaves(one) for one in below))


@pytest.mark.parametrize("root", [of_gateway.GatewayError, of_registry.RegistryError, of_sandbox.SandboxError])
def test_every_leaf_that_can_be_recorded_has_a_row(root: type[Exception]) -> None:
    shipped = {leaf for leaf in leaves(root) if leaf.__module__.split(".")[0] != "tests"}
    assert shipped - FAULTS.keys() == shipped & NEVER_RECORDED
    assert FAULTS.keys() & NEVER_RECORDED == set()


@pytest.mark.parametrize("kind", list(FAULTS), ids=lambda kind: str(kind.__name__))
def test_a_refusal_has_the_same_name_before_and_after_its_call_was_accepted(kind: type[Exception]) -> None:
    reason = ErrorReason.Name(TABLE[kind].reason).removeprefix("ERROR_REASON_")
    assert FAULTS[kind] == FINER.get(kind, reason)


def test_a_class_of_another_name_changes_no_code() -> None:
    kind = of_gateway.VaultUnavailable
    name, kind.__name__ = kind.__name__, "SecretStoreAway"
    try:
        outcome = refused(kind("Vault is sealed"))
    finally:
        kind.__name__ = name
    assert (outcome.verdict, outcome.fault) == (Verdict.SANDBOX_FAILED, FaultCode.VAULT_UNAVAILABLE)


def test_what_has_no_row_is_a_defect_of_the_gateway() -> None:
    assert fault_of(RuntimeError("a defect")) is FaultCode.INTERNAL
