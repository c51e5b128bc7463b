"""The principals file: can it be read, and has one of its entries expired?"""

import time
from pathlib import Path

from gateway.model.config import ConfigInvalid
from gateway.operations.doctor import PartFinding
from gateway.records.principals.principals_file import read_principals

PART = "principals file"


def check_principals(path: Path, now: float | None = None) -> PartFinding:
    """`now`: seconds since the epoch."""
    try:
        entries = read_principals(path)
    except ConfigInvalid as error:
        return PartFinding(PART, False, str(error), error.cure)
    moment = time.time() if now is None else now
    expired = [entry.id for entry in entries.values() if entry.expires is not None and entry.expires <= moment]
    if expired:
        return PartFinding(PART, True, f"expired: {', '.join(sorted(expired))}", "Take these entries out.", warns=True)
    return PartFinding(PART, True, f"{len(entries)} tokens; `callgate principal list` has those of the store, too")
