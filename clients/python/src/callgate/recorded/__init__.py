"""Recordings of runs as a reader sees them: a file to review, and where two runs part.

The map: `calls` are the values, `entries` makes them of what a gateway has recorded and back, `bodies` writes answers so that
they can be read. `files` is the file. `steps` says which calls of a run stand side by side, `alignment` which call of one run
is which of another, `pointers` where two JSON values differ, `comparison` what of that is a difference, and `report` says it.
"""

from callgate.recorded.calls import RecordedCall, RecordedRun, RecordedStep
from callgate.recorded.comparison import ComparedCall, Comparison, Difference, compare
from callgate.recorded.files import dump, load
from callgate.recorded.report import report

__all__ = [
    "ComparedCall",
    "Comparison",
    "Difference",
    "RecordedCall",
    "RecordedRun",
    "RecordedStep",
    "compare",
    "dump",
    "load",
    "report",
]
