"""Conversions between messages and what the catalog says of changes and versions."""

from callgate.v1 import catalog_service_pb2 as pb
from callgate.v1 import tool_pb2
from gateway.model.errors import RequestInvalid
from registry.catalog.catalog import Import
from registry.catalog.import_plan import Fate, PlannedChange
from registry.catalog.tool_entry import Revision, ToolEntry, VersionState
from registry.model.findings import Finding

#: The most findings that an answer has for one tool, breaking ones first; the tool itself has all.
FINDINGS = 20


def how_from(header: pb.ImportHeader, toolset: str) -> Import:
    return Import(
        toolset if header.deprecate_missing else "", require_promotion=header.require_promotion, dry_run=header.dry_run
    )


def progress(done: int, total: int, faults: int) -> pb.ImportProgress:
    return pb.ImportProgress(done=done, total=total, faults=faults)


def changes(found: tuple[PlannedChange, ...]) -> list[pb.ToolChange]:
    """All but those that change nothing."""
    return [_change(one) for one in found if one.fate is not Fate.UNCHANGED or one.held]


def versions(entry: ToolEntry) -> pb.ToolVersions:
    return pb.ToolVersions(name=entry.name, toolset=entry.toolset, versions=[status(one) for one in entry.revisions])


def status(revision: Revision) -> pb.VersionStatus:
    state = f"VERSION_STATE_{revision.state}"
    return pb.VersionStatus(version=revision.version, digest=revision.digest, state=state, reason=revision.reason)


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
        level=change.level or "",
        held=change.held,
        findings=[_finding(one) for one in change.findings[:FINDINGS]],
    )


def _finding(finding: Finding) -> pb.Finding:
    return pb.Finding(
        id=finding.id,
        severity=finding.severity,
        pointer=finding.pointer,
        message=finding.message,
        action=finding.action,
    )
