"""Tables of what an import has done, or would do."""

from callgate import ImportFault, ImportReport, ToolChange
from gateway.cli.terminal.output import row, show, show_text, table
from registry.model.import_fault import ImportFault as FoundFault

SHOWN_TOOLS = 50
SHOWN_FINDINGS = 200
SHOWN_NAMES = 5
SHOWN_PLACES = 3
#: The level of a change that breaks callers: one of its differences is BREAKING, or the tool is gone.
MAJOR = "MAJOR"
_ORDER = ("BREAKING", "TEXT", "COMPATIBLE")


def show_report(report: ImportReport, name: str) -> None:
    tools = table("tool", "effect", "request", "credential", "approval")
    for tool in report.tools[:SHOWN_TOOLS]:
        request = f"{tool.method} {tool.endpoint}"
        tools.add_row(*row(tool.reference, tool.effect, request, _tick(tool.needs_credential), _tick(tool.requires_approval)))
    if report.tools:
        show(tools)
    if len(report.tools) > SHOWN_TOOLS:
        show_text(f"… and {len(report.tools) - SHOWN_TOOLS:,} more: callgate tools --toolset {name}")
    show_changes(tuple(change for change in report.changes if change.fate != "ADDED" or change.held))
    show_faults(report.faults)
    show_text(f"{report.added:,} added, {report.unchanged:,} unchanged, {len(report.faults):,} faults")
    _show_waiting(report.changes, done=True)


def show_plan(report: ImportReport, *, done: bool = False) -> None:
    """`done`: the changes are made, and not only thought of."""
    show_changes(report.changes)
    show_faults(report.faults)
    fates = [change.fate for change in report.changes]
    told = ", ".join(f"{fates.count(fate):,} {fate.lower()}" for fate in ("ADDED", "CHANGED", "REMOVED"))
    show_text(f"{told}, {report.unchanged:,} unchanged, {len(report.faults):,} faults")
    if lost := [fault.pointer for fault in report.faults if fault.refuses]:
        names = ", ".join(lost[:SHOWN_NAMES]) + (" …" if len(lost) > SHOWN_NAMES else "")
        show_text(f"It would be refused: {len(lost):,} faults must be corrected first ({names}).")
    _show_waiting(report.changes, done=done)


def show_changes(changes: tuple[ToolChange, ...]) -> None:
    """Show a table of the tools, and one of their differences, those that break callers first."""
    if not changes:
        return
    tools = table("tool", "change", "from", "to", "level", "waits", "why")
    for one in changes[:SHOWN_FINDINGS]:
        waits = _tick(one.held)
        tools.add_row(*row(one.name, one.fate.lower(), one.previous, one.version, one.level, waits, one.reason))
    show(tools)
    found = [(finding, change.name) for change in changes for finding in change.findings]
    findings = table("tool", "severity", "what is different", "what callers must change")
    for finding, name in sorted(found, key=lambda one: _ORDER.index(one[0].severity))[:SHOWN_FINDINGS]:
        findings.add_row(*row(name, finding.severity, f"{finding.message} [{finding.id}]", finding.action))
    if found:
        show(findings)
    if len(found) > SHOWN_FINDINGS:
        show_text(f"… and {len(found) - SHOWN_FINDINGS:,} more differences")


def show_faults(faults: tuple[ImportFault, ...]) -> None:
    """Show a table of the different faults, each with the first of its places: many operations have the same one."""
    places: dict[tuple[str, str], list[ImportFault]] = {}
    for fault in faults:
        places.setdefault((fault.message, fault.cure), []).append(fault)
    found = table("where in the document", "fault", "cure")
    for (message, cure), alike in places.items():
        more = [f"and {len(alike) - SHOWN_PLACES:,} more"] if len(alike) > SHOWN_PLACES else []
        whose = _whose(tuple(operation for one in alike for operation in one.operations))
        found.add_row(*row("\n".join((*(one.pointer for one in alike[:SHOWN_PLACES]), *more)), f"{whose}{message}", cure))
    if faults:
        show(found)


def fault_of(found: FoundFault) -> ImportFault:
    """A fault that was found here, as a gateway tells it."""
    return ImportFault(found.pointer, found.message, found.cure, operations=found.operations)


def _whose(operations: tuple[str, ...]) -> str:
    more = f" and {len(operations) - 1:,} more" if len(operations) > 1 else ""
    return f"{operations[0]}{more}: " if operations else ""


def _show_waiting(changes: tuple[ToolChange, ...], *, done: bool) -> None:
    """The command that promotes, said to be for later where there is nothing to promote yet."""
    waiting = [change.name for change in changes if change.held]
    names = " ".join(waiting[:SHOWN_NAMES]) + (" …" if len(waiting) > SHOWN_NAMES else "")
    if waiting and done:
        show_text(f"{len(waiting):,} wait for promotion: callgate toolset promote {names}")
    elif waiting:
        show_text(f"{len(waiting):,} would wait for promotion. Once it is imported: callgate toolset promote {names}")


def _tick(holds: bool) -> str:
    return "yes" if holds else ""
