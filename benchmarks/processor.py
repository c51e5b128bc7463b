"""Processor time of the whole machine, spent by any process, the engine included."""

import os
from pathlib import Path

_IDLE, _IO_WAIT = 3, 4


def busy_seconds() -> float:
    """Seconds since the machine started in which its processors were at work (`/proc/stat`, all of them together)."""
    figures = [int(text) for text in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(figures) - figures[_IDLE] - figures[_IO_WAIT]) / os.sysconf("SC_CLK_TCK")
