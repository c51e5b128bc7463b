"""What is wrong with one part of a document, while the rest of it can still become tools."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImportFault:
    """An operation that did not become a tool, or a part of it that was ignored. `pointer` is a JSON Pointer (RFC 6901).

    `operations` are those, as `METHOD /path`, that did not become tools because of it, or became tools that it is to be told
    of; `* /path`: all of that path. Empty: it is of a part that operations may share, and costs none of them.
    """

    pointer: str
    message: str
    cure: str
    operations: tuple[str, ...] = ()

    @property
    def what(self) -> tuple[str, str, str]:
        return self.pointer, self.message, self.cure


def gathered(faults: Iterable[ImportFault]) -> tuple[ImportFault, ...]:
    """Each fault once, with all operations that have it."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for fault in faults:
        found.setdefault(fault.what, {}).update(dict.fromkeys(fault.operations))
    return tuple(ImportFault(*what, tuple(operations)) for what, operations in found.items())


class DistinctFaults:
    """Counts the different faults of a list that only grows. It looks at each once: many operations have the same one."""

    def __init__(self, faults: list[ImportFault]) -> None:
        self._faults = faults
        self._looked_at = 0
        self._seen: set[tuple[str, str, str]] = set()

    def count(self) -> int:
        self._seen.update(fault.what for fault in self._faults[self._looked_at :])
        self._looked_at = len(self._faults)
        return len(self._seen)


class OperationUnusable(Exception):
    """This operation cannot become a tool. It never leaves the registry: the compiler turns it into its fault."""

    def __init__(self, message: str, *, pointer: str, cure: str = "Correct the document and import it again.") -> None:
        super().__init__(message)
        self.fault = ImportFault(pointer, message, cure)


class LeadsNowhere(OperationUnusable):
    """A reference to a place that the document does not have."""
