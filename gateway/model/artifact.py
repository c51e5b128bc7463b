"""Files that the gateway keeps for a while: answers that are too large to be told, and what callers have put there."""

import re
from dataclasses import KW_ONLY, dataclass

from gateway.model.principal import Principal

#: An artifact's id: when it expires, in seconds since the epoch, and what makes it its own.
ARTIFACT_ID = re.compile(r"art_([0-9a-f]{8})[0-9a-f]{24}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Artifact:
    """`size` in bytes, `sha256` of them, in hex. `expires` in seconds since the epoch. `filename` may be empty."""

    id: str
    media_type: str
    size: int
    sha256: str
    expires: float
    filename: str = ""


@dataclass(frozen=True, slots=True)
class StoredArtifact:
    """An artifact with whose it is, and where it comes from: the invocation whose answer it is, or nothing where its owner has
    put it there. `created` in seconds since the epoch."""

    artifact: Artifact
    owner: Principal
    created: float
    _: KW_ONLY
    origin: str = ""


def expiry_of(id: str) -> float | None:
    """When an artifact of this id expires. None for what is no id."""
    found = ARTIFACT_ID.fullmatch(id)
    return float(int(found[1], 16)) if found else None
