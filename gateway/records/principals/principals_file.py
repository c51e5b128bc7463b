"""The principals file: whom an operator lets in without the store, and the first operator of all."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import Any

import orjson

from gateway.model.config import ConfigInvalid
from gateway.model.errors import brief
from gateway.model.principal import RIGHT, RIGHTS, Caller, Principal, rule_of
from gateway.model.token_entry import ID_LENGTH, LAST_MOMENT, TokenEntry

#: Bytes of the file: some fifty thousand entries.
MOST_BYTES = 16 << 20

CURE = "Correct the file as docs/principals.md says. A gateway that runs goes on with what it has read before."

_NAMES = ("tenant", "agent", "subject")
_FLAGS = tuple(f"{RIGHT}{right}" for right in RIGHTS)
#: What an entry may say. A misspelt `expires` would let a caller in for ever.
WORDS = (*_NAMES, "tools", "expires", *_FLAGS)
_DIGEST = re.compile("[0-9a-f]{64}")


class _NotUnderstood(Exception):
    """An entry, and why. It does not repeat a key: an operator may have written the token itself there."""


def read_principals(path: Path) -> dict[str, TokenEntry]:
    """The entries, by the SHA-256 of their tokens. Raises ConfigInvalid."""
    try:
        found = orjson.loads(_content(path))
        return dict(_entries(found))
    except _NotUnderstood as error:
        told = str(error)
    except OSError as error:
        told = f"it cannot be read: {error.strerror or type(error).__name__}"
    except orjson.JSONDecodeError as error:
        told = f"no JSON: {error}"
    raise ConfigInvalid(f"the principals file {path}: {told}", cure=CURE)


def _entries(found: Any) -> Iterator[tuple[str, TokenEntry]]:
    if not isinstance(found, dict):
        raise _NotUnderstood("it must be an object, of entries by the SHA-256 of their tokens")
    for number, (digest, said) in enumerate(found.items(), 1):
        if not _DIGEST.fullmatch(digest):
            raise _NotUnderstood(f"the key of entry {number} is not 64 hexadecimal digits in lower case, as of sha256sum")
        yield digest, _entry(digest, said)


def _content(path: Path) -> bytes:
    """Of a file alone: to read a pipe, or a device, would hold the gateway for as long as no writer comes, or for ever."""
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _NotUnderstood("it is no file")
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _NotUnderstood(f"it has more than {MOST_BYTES >> 20} MiB")
    return content


def signature(path: Path) -> tuple[int, ...] | None:
    """Another one wherever the file has changed. None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _entry(digest: str, said: Any) -> TokenEntry:
    if why := _mistake(said):
        raise _NotUnderstood(f"the entry {digest[:ID_LENGTH]}…: {why}")
    names, tools = [said[part] for part in _NAMES], tuple(said.get("tools", ()))
    rights = frozenset(right for right in RIGHTS if said.get(f"{RIGHT}{right}", _unsaid(right, said)))
    return TokenEntry(digest, Caller(Principal(*names), rule_of(tools, rights)), _moment(said.get("expires")))


def _mistake(said: Any) -> str | None:
    """What is wrong in an entry."""
    if not isinstance(said, dict):
        return "it must be an object"
    unknown = [word for word in said if word not in WORDS and not _of_a_later_release(word, said[word])]
    if unknown:
        return f"{brief(unknown[0])!r} is no word of it; there are {', '.join(WORDS)}"
    # An owner of toolsets without a name would be the one of before they had owners.
    if not all(isinstance(said.get(name), str) for name in _NAMES) or not said["tenant"]:
        return f"{', '.join(_NAMES)} must be texts, and the tenant's is not empty"
    tools = said.get("tools", [])
    if not isinstance(tools, list) or not all(isinstance(one, str) for one in tools):
        return "tools must be a list of texts"
    if not all(isinstance(said.get(flag, False), bool) for flag in _FLAGS):
        return "a right must be true or false"
    return None if _is_moment(said.get("expires")) else "expires must be a moment, such as 2027-01-31T12:00:00Z"


def _of_a_later_release(word: str, said: Any) -> bool:
    """A right that this release does not have, and so does not give: a home that a later one has started can be used again.
    What would take something away is refused."""
    return word.startswith(RIGHT) and said is True


def _is_moment(said: Any) -> bool:
    try:
        _moment(said)
    except (ValueError, TypeError, OverflowError):
        return False
    return True


def _unsaid(right: str, said: dict[str, Any]) -> object:
    """A right of which an entry does not speak. Before these were rights of their own, who might import might promote, and who
    might call anything might record."""
    implied = {"promote": said.get(f"{RIGHT}import", False), "record": bool(said.get("tools"))}
    return implied.get(right, False)


def _moment(said: object) -> float | None:
    """Seconds since the epoch, of a number or of a text such as 2027-01-31T12:00:00Z; without a zone, UTC."""
    moment = None if said is None else _seconds(said)
    if moment is not None and not 0 <= moment <= LAST_MOMENT:
        raise ValueError("expires is beyond the year 9999, as of milliseconds, or before 1970")
    return moment


def _seconds(said: object) -> float:
    if isinstance(said, str):
        moment = datetime.fromisoformat(said)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise TypeError("expires is a moment")
    return float(said)
