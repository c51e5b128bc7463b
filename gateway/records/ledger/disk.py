"""What the gateway keeps on its disk, as its journal and marks: the directories for it, and the cure where that fails."""

import os
from errno import EACCES, EDQUOT, EIO, ENOSPC, EPERM, EROFS
from pathlib import Path

_FULL = "Free space, or files, on that disk: `df` and `df -i` show what is left."
_BROKEN = "Look at that disk (`dmesg`, `mount`): it does not take what is written."
_FORBIDDEN = "Let the gateway's user write there: CALLGATE_STATE_DIR is that user's own directory."

_CURES = {ENOSPC: _FULL, EDQUOT: _FULL, EROFS: _BROKEN, EIO: _BROKEN, EACCES: _FORBIDDEN, EPERM: _FORBIDDEN}


def cure_of_disk(error: OSError) -> str:
    return _CURES.get(
        error.errno or 0, "Let CALLGATE_STATE_DIR and CALLGATE_RUN_DIR be directories that the gateway can write."
    )


def make_private(directory: Path) -> None:
    """Make the directory and those above it, so that they are there after a loss of power, too. Raises OSError."""
    missing = [place for place in (directory, *directory.parents) if not place.is_dir()]
    for place in reversed(missing):
        place.mkdir(mode=0o700, exist_ok=True)
        sync_directory(place.parent)


def sync_directory(directory: Path) -> None:
    """Write the names in it through. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
