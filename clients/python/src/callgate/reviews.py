"""Reviews as plain, frozen values, and what a person may decide. The meaning of each is in review_service.proto."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callgate.types import Invocation


@dataclass(frozen=True, slots=True)
class RedactedRequest:
    """The call's request, with secret and long values replaced. `method` is empty where the catalog no longer has the tool.

    `arguments` are empty after the decision, too: they are not kept for longer.
    """

    method: str
    endpoint: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A failure report, and the decision about it. `author` and `reason` are empty while the review is open."""

    invocation: Invocation
    opened: datetime | None
    summary: str
    suggestion: str
    request: RedactedRequest
    author: str
    reason: str

    @property
    def open(self) -> bool:
        return not self.author


@dataclass(frozen=True, slots=True)
class AnotherAttempt:
    """The effect did not happen: the gateway makes one more attempt, though the effect may not be safe to repeat."""


@dataclass(frozen=True, slots=True)
class DeclareSucceeded:
    """The effect did happen, and `value`, any JSON value, was the answer."""

    value: Any


@dataclass(frozen=True, slots=True)
class DeclareFailed:
    """The call is not to be made any more. `effect_possible`: it may have had its effect all the same."""

    effect_possible: bool = False


Decision = AnotherAttempt | DeclareSucceeded | DeclareFailed
