"""Whether attempts, time and retry budget are left for another attempt, and the delay before it. `next_step` has the decision.

Exponential backoff with full jitter (the delay is drawn from the whole interval, so that callers who failed together do not
come back together); an upstream's own Retry-After is honoured where it is longer."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import random

from gateway.decisions.result_policy import Again
from gateway.decisions.retry_budget import RetryBudget
from gateway.model.invocation import Outcome
from registry.model.tool import RetryPolicy, ToolVersion


@dataclass(frozen=True, slots=True)
class Retries:
    random: Callable[[], float] = random
    budget: RetryBudget = field(default_factory=RetryBudget)

    def follow(self, again: Again, version: ToolVersion, *, attempt: int, most: int, left: float) -> float | Outcome:
        """Seconds until the attempt after number `attempt`, or the outcome where none may follow.

        `most`: attempts that may be made; `left`: seconds to act in.
        """
        if attempt >= most:
            return again.otherwise
        delay = backoff(attempt, again.retry_after, version.draft.retry, self.random)
        if delay >= left:
            return _final(again.otherwise, "No attempt could follow in time.")
        if again.loads and not self.budget.spend(version):
            return _final(again.otherwise, "Not repeated: the retry budget of this tool version is spent.")
        return delay


def _final(outcome: Outcome, remark: str) -> Outcome:
    message = outcome.message.removesuffix(".")  # that of a runner is no sentence
    return replace(outcome, message=f"{message}. {remark}" if message else remark)


def backoff(attempt: int, retry_after: float | None, retry: RetryPolicy, random: Callable[[], float]) -> float:
    """Seconds to wait after attempt number `attempt` (from 1). `random` answers in [0, 1)."""
    # An exponent without a bound would overflow after a thousand attempts.
    interval = min(retry.longest_delay, retry.first_delay * 2.0 ** min(attempt - 1, 32))
    return max(random() * interval, retry_after or 0.0)
