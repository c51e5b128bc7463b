"""What a gateway has left in its folder, read as far as it is sound. What is not is told to the operator."""

from collections.abc import Callable
from typing import NamedTuple

import structlog

from gateway.records.ledger.permission_log import PermissionLog
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.witness_folder import ID, MARKS, WitnessFolder

log = structlog.get_logger(__name__)

_LOOK = "Look at the disk of CALLGATE_STATE_DIR, and let only the gateway write there. "

CURE_OF_LOSS = _LOOK + (
    "Should the store lose what it acknowledged up to now, its history waits for `callgate store acknowledge`."
)

CURE_OF_ABSENCE = _LOOK + (
    "This gateway has a new id. At the next change of its history the store waits for the old one: `callgate store status` "
    "names it, `callgate store acknowledge` goes on without it."
)


class LeftMemory(NamedTuple):
    """`id`: empty where the gateway's marks or its id are lost. The store waits for that gateway then, as nothing tells any
    more all that it had seen; what is left of its memory is another one's. `damaged`: a part of it is lost."""

    id: str
    marks: dict[str, Mark]
    permissions: PermissionLog
    damaged: bool


def left_in(folder: WitnessFolder, clock: Callable[[], float]) -> LeftMemory:
    """Raises OSError."""
    permissions, marks = PermissionLog.read_only(folder.permissions, clock), _marks(folder)
    damaged = permissions.damaged or (bool(marks) and not folder.permissions.exists())
    if damaged:
        log.error("permissions_lost", path=str(folder.permissions), cure=CURE_OF_LOSS)
    remembers = bool(marks) or (marks is not None and folder.permissions.exists())
    return LeftMemory(_id(folder) if remembers else "", marks or {}, permissions, damaged or marks is None)


def _marks(folder: WitnessFolder) -> dict[str, Mark] | None:
    """None where they are spoiled."""
    try:
        return folder.marks()
    except ValueError as error:
        path, gateway = str(folder.path / MARKS), folder.id()
        log.error("marks_lost", path=path, gateway=gateway, error=str(error), cure=CURE_OF_ABSENCE)  # noqa: TRY400 - no defect
        return None


def _id(folder: WitnessFolder) -> str:
    id = folder.id()
    if not id:
        log.error("id_lost", path=str(folder.path / ID), cure=CURE_OF_ABSENCE)
    return id
