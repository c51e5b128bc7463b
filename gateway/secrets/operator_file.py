"""A file of the operator's that is read again when it changes. A mistake in it has no effect: what it said before counts, as it
does while an editor has half of it written.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from gateway.model.config import PREFIX, ConfigInvalid

log = structlog.get_logger(__name__)

T = TypeVar("T")


class OperatorFile(Generic[T]):
    """`setting`: which one names the file. `parse` makes the value of its text, and raises ValueError where it cannot."""

    def __init__(self, path: Path, setting: str, parse: Callable[[str], T]) -> None:
        """Raises ConfigInvalid where the file cannot be read now."""
        self._path = path
        self._name = f"{PREFIX}{setting.upper()}"
        self._parse = parse
        self._version: object = self._look()
        try:
            self._value = self._read()
        except (OSError, ValueError) as error:
            raise ConfigInvalid(self._told(error), cure=f"Correct the file, or what {self._name} says.") from None

    def value(self) -> T:
        """What the file says. Costs one look at it where it has not changed."""
        version = self._look()
        if version != self._version:
            self._version = version
            try:
                self._value = self._read()
            except (OSError, ValueError) as error:
                cure = "Correct the file. Until then, what it said before counts."
                log.warning("operator_file_unusable", setting=self._name, error=self._told(error), cure=cure)
        return self._value

    def _look(self) -> object:
        try:
            stat = self._path.stat()
        except OSError as error:
            return error.errno
        return stat.st_mtime_ns, stat.st_size, stat.st_ino

    def _read(self) -> T:
        return self._parse(self._path.read_text("utf-8"))

    def _told(self, error: OSError | ValueError) -> str:
        """Nothing of the file's text: it may be a password's."""
        why = (error.strerror or "it cannot be read") if isinstance(error, OSError) else str(error)
        if isinstance(error, UnicodeDecodeError):
            why = "it is not UTF-8 text"
        return f"{self._name} names {self._path}, which cannot be used: {why}"
