"""What a call would send, and what would refuse it: steps 2 to 4 of the pipeline, and looks at what comes after them.

Nothing is claimed, counted, recorded or sent, and no secret is fetched.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.decisions.approvals import require_approval
from gateway.decisions.circuit_breaker import CircuitBreakers
from gateway.decisions.policy import Policy
from gateway.model.errors import GatewayError
from gateway.model.principal import Caller
from gateway.pipeline.artifact_access import NO_ARTIFACTS, ArtifactAccess
from gateway.pipeline.call import Call
from gateway.pipeline.execution import upstream_of
from gateway.pipeline.prepared_request import prepared_request
from gateway.pipeline.sent_artifacts import sent_body
from gateway.pipeline.sent_headers import sent_headers
from gateway.pipeline.strict_arguments import as_meant
from registry.calling.masking import with_masked_secrets
from registry.calling.request import HttpRequest, ProgramInput
from registry.catalog.catalog import Catalog
from registry.catalog.publications import Catalogs
from registry.checking.argument_checker import ArgumentChecker
from registry.model.errors import (
    ArgumentsInvalid,
    RegistryError,
    RequestRefused,
    ToolDisabled,
    ToolQuarantined,
    ToolRetired,
)
from registry.model.tool import ToolVersion

#: What an upstream that takes idempotency keys would get: the call's own, which is made when the call is.
KEY = "[key of the call]"


@dataclass(frozen=True, slots=True)
class Preview:
    """`sent` is None where the arguments make nothing that could be sent. `refusals` as the pipeline would raise them."""

    version: ToolVersion
    sent: HttpRequest | ProgramInput | None
    refusals: tuple[Exception, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Previews:
    catalogs: Catalogs
    checker: ArgumentChecker
    policy: Policy
    breakers: CircuitBreakers
    artifacts: ArtifactAccess = NO_ARTIFACTS

    async def preview(self, caller: Caller, call: Call) -> Preview:
        """Raises what a call raises about the tool itself: ToolNotFound, NotPermitted and their like."""
        refusals: list[Exception] = []
        version = await self._resolve(caller, call.tool, refusals)
        self.policy.require_call(caller, version.name)
        sent = await self._sent(caller, version, call, refusals)
        looks: tuple[Callable[[], object], ...] = (
            lambda: self.policy.grant(version),
            lambda: require_approval(version),
            lambda: self.breakers.require_closed(caller.principal.tenant, upstream_of(version.draft)),
        )
        for look in looks:
            try:
                look()
            except (GatewayError, RegistryError) as refusal:
                refusals.append(refusal)
        return Preview(version, sent, tuple(refusals))

    async def _resolve(self, caller: Caller, reference: str, refusals: list[Exception]) -> ToolVersion:
        """Also a version that may not be called, to those who may read it: they decide about it."""
        catalog = self.catalogs.of(caller.principal.tenant)
        try:
            return await catalog.resolve(reference)
        except (ToolQuarantined, ToolDisabled, ToolRetired) as refusal:
            refusals.append(refusal)
            return await self._inspect(catalog, caller, reference, refusal)

    async def _inspect(self, catalog: Catalog, caller: Caller, reference: str, refusal: Exception) -> ToolVersion:
        if self.policy.may_inspect(caller):
            found = await catalog.inspect(reference)
            if not found.published:
                return found.version
        raise refusal

    async def _sent(
        self, caller: Caller, version: ToolVersion, call: Call, refusals: list[Exception]
    ) -> HttpRequest | ProgramInput | None:
        try:
            meant = await as_meant(version, call)
            arguments = await self.checker.read(caller.principal.tenant, version, meant.args_json)
            request = await prepared_request(version, arguments, caller.principal)
        except (ArgumentsInvalid, RequestRefused) as refusal:
            refusals.append(refusal)
            return None
        if isinstance(request, ProgramInput):
            return request
        try:
            await sent_body(self.artifacts, caller, request)
        except GatewayError as refusal:
            refusals.append(refusal)
        whole = replace(request, headers=tuple(sent_headers(version.draft, request, KEY)))
        return with_masked_secrets(whole, version.draft.credentials)
