"""How many retries a tool version may add to its upstream's load: a token bucket, so that an outage is not answered with more
of it.

Each call earns a fraction of a retry (`Retry.budget`), each retry costs a whole one, and no more than BURST are saved. So
N calls make at most (1 + budget) · N + BURST attempts. Counted in this process: with several gateways, each has its own bucket.
"""

from registry.model.tool import ToolVersion

#: Retries that are saved up, and that a version starts with: enough for a passing fault of a seldom used tool.
BURST = 10.0


class RetryBudget:
    def __init__(self) -> None:
        self._saved: dict[tuple[str, str], float] = {}

    def earn(self, version: ToolVersion) -> None:
        """Count one call."""
        self._saved[_key(version)] = min(BURST, self._of(version) + version.draft.retry.budget)

    def spend(self, version: ToolVersion) -> bool:
        """Take one retry out of the budget; False where there is none."""
        if (saved := self._of(version)) < 1.0:
            return False
        self._saved[_key(version)] = saved - 1.0
        return True

    def _of(self, version: ToolVersion) -> float:
        return self._saved.get(_key(version), BURST)


def _key(version: ToolVersion) -> tuple[str, str]:
    """Equal tools of two tenants have each its own: neither spends the other's."""
    return version.owner, version.digest
