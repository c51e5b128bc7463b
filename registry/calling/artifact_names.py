"""How an argument names an artifact, a file that the gateway keeps, in the place of bytes in base64."""

import re
from dataclasses import dataclass
from typing import Any

#: No base64 has a colon, so that it is neither.
_NAMED = re.compile(r"artifact:(art_[0-9a-f]{32})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Insertion:
    """What is put into a body while it is sent: the artifact of that id, behind so many of the bytes that are there."""

    at: int
    artifact: str


def named_artifact(value: Any) -> str | None:
    """The id of the artifact that a value names."""
    found = _NAMED.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else None
