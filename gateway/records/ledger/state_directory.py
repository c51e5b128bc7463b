"""The directory of what must outlive a gateway: there and to be written before the gateway starts, or said so with the cure."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from gateway.model.config import ConfigInvalid
from gateway.records.ledger.disk import cure_of_disk, make_private

log = structlog.get_logger(__name__)

WITHOUT = (
    "no CALLGATE_STATE_DIR is set: what a gateway knows of its calls dies with it, and a store that goes back in time is "
    "not noticed after a restart"
)
SET_ONE = "Set CALLGATE_STATE_DIR to a directory of this gateway's own, on a disk that outlives it."

#: Bytes written for a trial: a disk may be full and still have room for a name.
TRIAL = 4096


def prepare(directory: Path | None) -> None:
    """Make it, with the directories above it, and write a trial. Raises ConfigInvalid."""
    if directory is None:
        log.warning("no_state_dir", warning=WITHOUT, cure=SET_ONE)
        return
    with required(directory):
        make_private(directory)
        _try_to_write(directory)


@contextmanager
def required(directory: Path | None) -> Iterator[None]:
    """What is done within needs the directory. Raises ConfigInvalid where that fails by an OSError."""
    try:
        yield
    except OSError as error:
        message = f"CALLGATE_STATE_DIR={directory} cannot be used: {error}"
        raise ConfigInvalid(message, cure=cure_of_disk(error)) from error


def _try_to_write(directory: Path) -> None:
    with tempfile.TemporaryFile(dir=directory) as file:  # without a name that another gateway's could meet
        file.write(bytes(TRIAL))
        file.flush()
        os.fsync(file.fileno())
