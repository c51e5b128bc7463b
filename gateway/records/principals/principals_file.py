"""The principals file: whom an operator lets in without the store, and the first operator of all."""

import os
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import Any

import orjson

from gateway.model.config import ConfigInvalid
from gateway.model.principal import RIGHT, RIGHTS, Caller, Principal, rule_of
from gateway.model.token_entry import LAST_MOMENT, TokenEntry

#: Bytes of the file: some fifty thousand entries.
MOST_BYTES = 16 << 20

CURE = "Correct the file as docs/principals.md says. A gateway that runs goes on with what it has read before."


def read_principals(path: Path) -> dict[str, TokenEntry]:
    """The entries, by the SHA-256 of their tokens. Raises ConfigInvalid."""
    try:
        return {digest: _entry(digest, said) for digest, said in orjson.loads(_content(path)).items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        told = f"the principals file {path} cannot be read: {type(error).__name__}: {str(error)[:200]}"
        raise ConfigInvalid(told, cure=CURE) from error


def _content(path: Path) -> bytes:
    """Of a file alone: to read a pipe, or a device, would hold the gateway for as long as nobody writes, or for ever."""
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not S_ISREG(os.fstat(file.fileno()).st_mode):
            raise TypeError("it is no file")
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError("it is too large")
    return content


def signature(path: Path) -> tuple[int, ...] | None:
    """Another one wherever the file has changed. None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _entry(digest: str, said: dict[str, Any]) -> TokenEntry:
    names, tools = [said[part] for part in ("tenant", "agent", "subject")], said.get("tools", ())
    if not all(isinstance(one, str) for one in (*names, *tools)) or isinstance(tools, str):
        raise TypeError("tenant, agent and subject are texts, and tools is a list of texts")
    if not said["tenant"]:  # an owner of toolsets without a name would be the one of before they had owners
        raise ValueError("the tenant has no name")
    rights = frozenset(right for right in RIGHTS if _flag(said.get(f"{RIGHT}{right}", _unsaid(right, said))))
    return TokenEntry(digest, Caller(Principal(*names), rule_of(tuple(tools), rights)), _moment(said.get("expires")))


def _unsaid(right: str, said: dict[str, Any]) -> object:
    """A right of which an entry does not speak. Before these were rights of their own, who might import might promote, and who
    might call anything might record."""
    implied = {"promote": said.get(f"{RIGHT}import", False), "record": bool(said.get("tools"))}
    return implied.get(right, False)


def _flag(said: object) -> bool:
    if not isinstance(said, bool):
        raise TypeError("a right is true or false")
    return said


def _moment(said: object) -> float | None:
    """Seconds since the epoch, of a number or of a text such as 2027-01-31T12:00:00Z; without a zone, UTC."""
    moment = None if said is None else _seconds(said)
    if moment is not None and not moment <= LAST_MOMENT:
        raise ValueError("expires is beyond the year 9999: are these milliseconds?")
    return moment


def _seconds(said: object) -> float:
    if isinstance(said, str):
        moment = datetime.fromisoformat(said)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise TypeError("expires is a moment")
    return float(said)
