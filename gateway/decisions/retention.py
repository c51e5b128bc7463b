"""For how long the key of an ended call is known. Pure.

Until then the same key is answered from the record, after it the same call would act again. So the key of a call that acts is
kept for longer than an agent may be away, over a weekend for example, and that of a call that looks only for its repetitions.
"""

from dataclasses import dataclass

from gateway.model.invocation import RETENTION
from registry.model.tool import Draft


@dataclass(frozen=True, slots=True)
class Retention:
    """An operator's choice for all tools, by what they do. In seconds; a tool's own setting wins."""

    of_reads: float = 3600.0
    of_acts: float = RETENTION

    def of(self, draft: Draft, *, parent: str = "") -> float:
        """For a call in the place of another (`parent`) that acts: at least long enough for that one's recovery."""
        own = draft.key_retention or (self.of_acts if draft.effect.acts else self.of_reads)
        return max(own, RETENTION) if parent and draft.effect.acts else own
