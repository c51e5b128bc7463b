"""Artifacts: large answers, and files for calls, as plain, frozen values. The meaning of each is in artifact_service.proto."""

from dataclasses import dataclass
from datetime import datetime

from callgate.visible import visible

#: How an argument that is bytes in base64 names an artifact in their place.
ARGUMENT = "artifact:"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A large answer that the gateway keeps until it `expires`. `size` in bytes, `sha256` of them, in hex."""

    id: str
    media_type: str
    size: int
    sha256: str
    expires: datetime

    def __str__(self) -> str:
        kind = f" of {visible(self.media_type)}" if self.media_type else ""
        return (
            f"The whole answer has {self.size:,} bytes{kind} and is not shown here: it is the artifact {self.id}, "
            f"kept until {self.expires:%Y-%m-%d %H:%M} UTC."
        )

    @property
    def argument(self) -> str:
        """What names it in a call's arguments, in the place of a file's bytes in base64."""
        return f"{ARGUMENT}{self.id}"


@dataclass(frozen=True, slots=True)
class StoredArtifact(Artifact):
    """What is known of an artifact. `invocation_id`: the call whose answer it is; empty where its owner has put it there.
    `agent` and `subject`: whose it is."""

    filename: str
    created: datetime
    invocation_id: str
    agent: str
    subject: str
