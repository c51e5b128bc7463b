"""What to do about a disk that does not take what the gateway writes: ends for its journal, marks."""

from errno import EACCES, EDQUOT, EIO, ENOSPC, EPERM, EROFS

_FULL = "Free space, or files, on that disk: `df` and `df -i` show what is left."
_BROKEN = "Look at that disk (`dmesg`, `mount`): it does not take what is written."
_FORBIDDEN = "Let the gateway's user write there: CALLGATE_STATE_DIR is that user's own directory."

_CURES = {ENOSPC: _FULL, EDQUOT: _FULL, EROFS: _BROKEN, EIO: _BROKEN, EACCES: _FORBIDDEN, EPERM: _FORBIDDEN}


def cure_of_disk(error: OSError) -> str:
    return _CURES.get(
        error.errno or 0, "Let CALLGATE_STATE_DIR and CALLGATE_RUN_DIR be directories that the gateway can write."
    )
