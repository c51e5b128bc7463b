"""What callers name: their runs, and where in a run a call is made."""

from typing import Protocol

from gateway.model.errors import RequestInvalid
from gateway.model.invocation import RunStep
from registry.model.clean_text import is_plain

RUN_ID_LENGTH = 255
STEP_LENGTH = 255


class Placed(Protocol):
    """A request that says where in its run its call is made."""

    step: str
    occurrence: int


def run_id_from(run_id: str) -> str:
    """Empty for a call of no run. Raises RequestInvalid."""
    if len(run_id) > RUN_ID_LENGTH or not is_plain(run_id):
        raise RequestInvalid(f"run_id must be at most {RUN_ID_LENGTH} printable characters")
    return run_id


def run_name_from(run_id: str) -> str:
    """Raises RequestInvalid."""
    if not run_id:
        raise RequestInvalid("run_id is empty: name the run")
    if run_id != run_id.strip():
        # Names that differ by nothing else look the same in every list.
        raise RequestInvalid("run_id has a space at its beginning or end: name the run without it")
    return run_id_from(run_id)


def step_from(request: Placed) -> RunStep:
    """Raises RequestInvalid."""
    if len(request.step) > STEP_LENGTH or not is_plain(request.step):
        raise RequestInvalid(f"step must be at most {STEP_LENGTH} printable characters")
    return RunStep(request.step, request.occurrence)
