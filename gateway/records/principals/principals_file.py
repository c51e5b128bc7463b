"""The principals file: whom an operator lets in without the store, and the first operator of all."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from gateway.model.config import ConfigInvalid
from gateway.model.principal import RIGHT, RIGHTS, Caller, Principal, rule_of
from gateway.model.token_entry import TokenEntry

CURE = "Correct the file as docs/principals.md says. A gateway that runs goes on with what it has read before."


def read_principals(path: Path) -> dict[str, TokenEntry]:
    """The entries, by the SHA-256 of their tokens. Raises ConfigInvalid."""
    try:
        return {digest: _entry(digest, said) for digest, said in orjson.loads(path.read_bytes()).items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        told = f"the principals file {path} cannot be read: {type(error).__name__}"
        raise ConfigInvalid(told, cure=CURE) from error


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
    if said is None:
        return None
    if isinstance(said, str):
        moment = datetime.fromisoformat(said)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise TypeError("expires is a moment")
    return float(said)
