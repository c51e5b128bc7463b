"""Whether a call may begin: decided before anything is worked on for it, from what this process knows.

A refusal must cost next to nothing. Else the callers that are refused take the processor from those that are served.
"""

from dataclasses import dataclass, field

from gateway.decisions.return_times import ReturnTimes
from gateway.model.errors import BudgetExhausted
from sandbox.api.errors import PoolExhausted
from sandbox.api.ports import Pool

#: Seconds that a call may be expected to wait for its box. Less than attempts do wait: expectations are sometimes wrong, and a
#: call that is refused after its claim has cost several steps of the store.
LONGEST_WAIT = 2.0
#: The share of a call's own time that it may be expected to wait.
SHARE_OF_TIME = 0.5


@dataclass(frozen=True, slots=True)
class CallAdmission:
    """`at_once`: how many calls a tenant may have under way at this gateway."""

    pool: Pool
    at_once: int
    returns: ReturnTimes = field(default_factory=ReturnTimes)

    def admit(self, tenant: str, timeout: float | None, *, under_way: int, arriving: int) -> None:
        """`timeout`: the call's own, in seconds. `under_way`: calls of its tenant here; `arriving`: those of them that have not
        come as far as to ask for a box. Raises BudgetExhausted, PoolExhausted."""
        if under_way >= self.at_once:
            raise BudgetExhausted(f"{self.at_once} calls of this tenant are under way already", self.returns.next(tenant))
        most = LONGEST_WAIT if timeout is None else min(LONGEST_WAIT, SHARE_OF_TIME * timeout)
        if (expected := self.pool.expected_wait(tenant, arriving)) > most:
            told = f"A box would be free in about {expected:.1f} s, and this call should not wait longer than {most:.1f} s."
            raise PoolExhausted(told, self.returns.next(tenant))
