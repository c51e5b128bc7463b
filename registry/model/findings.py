"""What a comparison of two tool versions finds. The ids are those of oasdiff, the widest list of changes that the field has;
a change that only a tool can have, and no OpenAPI document, has an id in their style."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a finding means for the callers of the tool."""

    BREAKING = "BREAKING"  # a call that was right may be wrong now, or an answer may be what its reader does not expect
    COMPATIBLE = "COMPATIBLE"  # every old call is as good as before
    TEXT = "TEXT"  # only words changed


class Level(StrEnum):
    """The part of the version number that a change raises."""

    MAJOR = "MAJOR"
    MINOR = "MINOR"
    PATCH = "PATCH"


@dataclass(frozen=True, slots=True)
class Finding:
    """One change. `pointer` leads into the tool's input or output schema, or names a field of the tool.

    `action` says what a caller must do.
    """

    id: str
    severity: Severity
    pointer: str
    message: str
    action: str = ""

    @property
    def held(self) -> bool:
        """Whether an operator must review it before callers get it: it breaks them, or says something new to the model."""
        return self.severity is Severity.BREAKING or self.id.endswith("description-changed")

    @property
    def opens(self) -> bool:
        """Whether a guard of the tool is another now, or gone: that is for an operator to say, and not for a document."""
        return self.id in _GUARDS


#: Findings about what guards a tool, though no caller must change because of them.
_GUARDS = frozenset(("tool-requires-approval-unset", "tool-effect-changed", "tool-credential-changed", "tool-limits-changed"))


def level_of(findings: Iterable[Finding]) -> Level:
    severities = {finding.severity for finding in findings}
    if Severity.BREAKING in severities:
        return Level.MAJOR
    return Level.MINOR if Severity.COMPATIBLE in severities else Level.PATCH
