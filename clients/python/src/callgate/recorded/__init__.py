"""Recordings of runs as a reader sees them: a file to review, and where two runs part.

The map: `calls` are the values, `entries` makes them of what a gateway has recorded and back, `bodies` writes answers so that
they can be read. `files` is the file, and `loading` reads it. `steps` says which calls of a run stand side by side, `run_names`
which run of one recording is which of another, `alignment` the same of their calls, `pointers` where two JSON values differ,
`endings` what of a call's end is compared, `comparison` what is a difference, and `report` says it.
"""

from callgate.recorded.calls import RecordedCall, RecordedRun, RecordedStep
from callgate.recorded.comparison import ComparedCall, Comparison, Difference, compare
from callgate.recorded.files import dump
from callgate.recorded.loading import load
from callgate.recorded.report import report
from callgate.recorded.run_names import unnamed

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
    "unnamed",
]
