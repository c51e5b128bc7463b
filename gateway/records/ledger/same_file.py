"""Whether a file that is open is the one that a path leads to: an operator may have removed or replaced it."""

import os
from pathlib import Path


def is_same_file(file: int, path: Path) -> bool:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return os.path.samestat(os.fstat(file), found)
