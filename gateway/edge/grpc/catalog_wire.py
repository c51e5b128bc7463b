"""Conversions between messages and what the catalog says of changes and versions."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from types import MappingProxyType

import orjson

from callgate.v1 import catalog_service_pb2 as pb
from callgate.v1 import tool_pb2
from gateway.decisions.tenant_rules import NamedSecret
from gateway.edge.grpc.enums import member
from gateway.edge.grpc.invocation_wire import timestamp
from gateway.model.errors import RequestInvalid
from registry.catalog.acts import Act, Acts
from registry.catalog.catalog import Import
from registry.catalog.import_plan import Fate, PlannedChange
from registry.catalog.tool_entry import Revision, ToolEntry, VersionState
from registry.manifest.named_secrets import named_secrets
from registry.manifest.toolset import Compiled, ToolsetHeader
from registry.model.clean_text import visible
from registry.model.errors import ManifestInvalid, NameTaken, Violation
from registry.model.findings import Finding
from registry.model.import_fault import ImportFault
from registry.model.json_pointer import escape
from registry.model.value_codec import plain

#: The most findings that an answer has for one tool, breaking ones first; the tool itself has all.
FINDINGS = 20
#: The most words of a manifest that a refusal names.
WORDS = 20
#: Characters of the reason why a version was put in its state.
REASON = 500
_LOST = (
    "Name what each was meant for as the document has it now, best by `METHOD /path`, or remove it; "
    "`callgate toolset plan` shows what would follow."
)


def how_from(said: pb.ImportHeader, header: ToolsetHeader, compiled: Compiled, document: bytes, *, guarded: bool) -> Import:
    beside = {"credentials": plain(header.credentials), "require_approval": sorted(header.require_approval)}
    return Import(
        header.toolset,
        require_promotion=said.require_promotion,
        deprecate_missing=said.deprecate_missing,
        dry_run=said.dry_run,
        guarded=guarded,
        document=compiled.document or sha256(document).hexdigest(),
        manifest=sha256(orjson.dumps(plain(header.manifest))).hexdigest(),
        beside=sha256(orjson.dumps(beside)).hexdigest(),
        bindings=compiled.bindings,
    )


def secrets_of(header: ToolsetHeader) -> Iterator[NamedSecret]:
    """Every secret that an import names, with its place: in the manifest behind `manifest:`, else in the header or in both."""
    for one in named_secrets(header):
        yield NamedSecret(f"manifest:{one.pointer}" if one.in_manifest else one.pointer, one.path)


def bound_secrets(compiled: Compiled) -> Iterator[NamedSecret]:
    """Those that the tools have come to: no other way to one may be open."""
    for draft in compiled.drafts:
        for binding in draft.credentials:
            yield NamedSecret(f"/tools/{escape(draft.name)}/credential/path", binding.path)
        if shown := draft.client_certificate:
            yield NamedSecret(f"/tools/{escape(draft.name)}/client_certificate/path", shown.path)


def require_meant(compiled: Compiled) -> None:
    """Raises ManifestInvalid while the operator names what the document does not have: a guard would be open."""
    if lost := compiled.lost[:WORDS]:
        words = "; ".join(f"{fault.pointer}: {fault.message}" for fault in lost)
        violations = tuple(Violation(fault.pointer, f"what the document has. {fault.cure}") for fault in lost)
        raise ManifestInvalid(f"nothing was imported, for a guard may be open: {words}", cure=_LOST, violations=violations)


def require_within(beyond: tuple[ImportFault, ...]) -> None:
    """Raises ManifestInvalid where a manifest asks for more than the operator's ceilings allow."""
    if named := beyond[:WORDS]:
        told = "; ".join(f"{fault.pointer}: {fault.message}" for fault in named)
        violations = tuple(Violation(fault.pointer, f"{fault.message}. {fault.cure}") for fault in named)
        raise ManifestInvalid(f"nothing was imported: {told}", cure=named[0].cure, violations=violations)


def clashes(taken: NameTaken) -> Iterator[ImportFault]:
    """A fault for each name, which would refuse the import."""
    return (ImportFault(one.pointer, f"the name is taken: expected {one.expected}", taken.cure) for one in taken.violations)


def progress(done: int, total: int, faults: int) -> pb.ImportProgress:
    return pb.ImportProgress(done=done, total=total, faults=faults)


def changes(found: tuple[PlannedChange, ...]) -> list[pb.ToolChange]:
    """All but those that change nothing."""
    return [_change(one) for one in found if one.fate is not Fate.UNCHANGED or one.held or one.reason]


def versions(entry: ToolEntry, acts: Mapping[str, Acts]) -> pb.ToolVersions:
    told = [status(one, acts.get(one.version, {})) for one in entry.revisions]
    return pb.ToolVersions(name=entry.name, toolset=entry.toolset, versions=told)


def status(revision: Revision, acts: Acts = MappingProxyType({})) -> pb.VersionStatus:
    return pb.VersionStatus(
        version=revision.version,
        digest=revision.digest,
        state=f"VERSION_STATE_{revision.state}",
        reason=visible(revision.reason),
        acts=[_act(deed, act) for deed, act in acts.items()],
    )


def _act(deed: str, act: Act) -> pb.VersionAct:
    kind = member(pb.VersionDeed, deed)
    return pb.VersionAct(deed=kind, agent=act.agent, subject=act.subject, act_time=timestamp(act.at))


def reason_from(request: pb.SetVersionStateRequest) -> str:
    """Raises RequestInvalid."""
    if len(request.reason) > REASON:
        raise RequestInvalid(f"a reason must be of at most {REASON} characters")
    return request.reason


def state_from(value: tool_pb2.VersionState) -> VersionState:
    """Raises RequestInvalid."""
    name = tool_pb2.VersionState.Name(value) if value in tool_pb2.VersionState.values() else ""
    try:
        return VersionState(name.removeprefix("VERSION_STATE_"))
    except ValueError:
        raise RequestInvalid("state is not one that a version can have") from None


def _change(change: PlannedChange) -> pb.ToolChange:
    return pb.ToolChange(
        name=change.name,
        fate=f"FATE_{change.fate}",
        version=change.version,
        previous=change.previous or "",
        level=f"VERSION_LEVEL_{change.level}" if change.level else None,
        held=change.held,
        findings=[_finding(one) for one in change.findings[:FINDINGS]],
        reason=visible(change.reason),
    )


def _finding(finding: Finding) -> pb.Finding:
    return pb.Finding(
        id=finding.id,
        severity=f"FINDING_SEVERITY_{finding.severity}",
        pointer=visible(finding.pointer),
        message=visible(finding.message),
        action=visible(finding.action),
    )
