"""What a comparison of two tool versions finds. The ids are those of oasdiff, the widest list of changes that the field has;
where a tool can change in a way that no OpenAPI document can, we follow its style."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a finding costs those who call the tool."""

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
    """One change. `pointer` leads into the tool's input or output schema, or names a field of it; `action` is the caller's."""

    id: str
    severity: Severity
    pointer: str
    message: str
    action: str = ""

    @property
    def held(self) -> bool:
        """Whether somebody must look before callers get it: it breaks them, or it says something new to the model."""
        return self.severity is Severity.BREAKING or self.id.endswith("description-changed")


def level_of(findings: Iterable[Finding]) -> Level:
    severities = {finding.severity for finding in findings}
    if Severity.BREAKING in severities:
        return Level.MAJOR
    return Level.MINOR if Severity.COMPATIBLE in severities else Level.PATCH
