"""What an adapter gives back to its framework for one call."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from typing import Any

from callgate.artifacts import Artifact


class Standing(StrEnum):
    """How a call stands, as far as the agent must know it. PENDING: accepted, and under way. UNKNOWN: it may have acted, and
    what follows is for a person. REFUSED: the gateway did not take it, so that nothing was done."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    CANCELLED = "CANCELLED"
    PENDING = "PENDING"
    UNKNOWN = "UNKNOWN"
    NEEDS_APPROVAL = "NEEDS_APPROVAL"
    KEY_REUSED = "KEY_REUSED"
    REFUSED = "REFUSED"


#: What is no failure of the call: it has succeeded, or goes on.
_NO_ERROR = frozenset((Standing.SUCCEEDED, Standing.PENDING))


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` is for the model: bounded, and in words that say whether it may call again. `structured`: the whole answer's JSON
    value, None where it has none. `may_repeat`: a further call of the model does no harm, or this one has done nothing."""

    standing: Standing
    text: str
    _: KW_ONLY
    structured: Any = field(default=None, repr=False, hash=False)
    invocation_id: str = ""
    artifact: Artifact | None = None
    may_repeat: bool = False

    @property
    def is_error(self) -> bool:
        """Whether a framework is to mark it as an error: not what succeeded, and not what is under way."""
        return self.standing not in _NO_ERROR

    @property
    def record(self) -> Mapping[str, Any]:
        """The same without the text, in JSON's types: what a framework keeps beside the message, and its model does not see."""
        kept = self.artifact
        return {
            "invocation_id": self.invocation_id,
            "standing": str(self.standing),
            "may_repeat": self.may_repeat,
            "structured_content": self.structured,
            "artifacts": [] if kept is None else [{"id": kept.id, "media_type": kept.media_type, "size": kept.size}],
        }
