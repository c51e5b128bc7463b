"""The directory of what must outlive a gateway: is it there, and does it take what is written?"""

import os
from pathlib import Path

from gateway.operations.doctor import PartFinding
from gateway.operations.engine_checks import check_room
from gateway.records.ledger.state_directory import SET_ONE, WITHOUT

PART = "state directory"
_NO_DIRECTORY = "Let CALLGATE_STATE_DIR be a directory, or a place where the gateway can make one."
_ABSENT = (
    "A gateway makes it when it starts. Was it there before, find out what removed it: its marks and permissions were in it."
)
_NOT_WRITABLE = "Let the gateway's user write there, and see that the disk is not mounted read-only (`mount`)."


def check_state_dir(path: Path | None) -> list[PartFinding]:
    """To be asked as the gateway's own user."""
    if path is None:
        return [PartFinding(PART, True, WITHOUT, SET_ONE, warns=True)]
    there = next((place for place in (path, *path.parents) if os.path.lexists(place)), path)
    if not there.is_dir():
        return [PartFinding(PART, False, f"{there} is no directory", _NO_DIRECTORY)]
    if not os.access(there, os.W_OK | os.X_OK):
        return [PartFinding(PART, False, f"{there} cannot be written", _NOT_WRITABLE)]
    if there != path:
        return [PartFinding(PART, True, f"{path} is absent", _ABSENT, warns=True), check_room("the gateway's own", path)]
    return [PartFinding(PART, True, f"{path} is writable"), check_room("the gateway's own", path)]
