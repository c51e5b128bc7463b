"""What this gateway has answered lately, by caller and key: an end does not change, so the ledger need not be asked again.

A planner that repeats a call does so soon, and mostly to the gateway that it has asked before. The ledger remains the truth:
what may still change (an UNKNOWN, anything under review, what leaves its key free) is not kept, and nothing is kept
for long: never until its key may be free again by retention, since another call may have that then.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from gateway.model.invocation import Invocation, InvocationState
from gateway.model.principal import Principal
from gateway.pipeline.call import Call, Mode

#: Seconds: much less than the ledger remembers.
KEPT_FOR = 60.0
KEPT_BYTES = 8 << 20
LARGEST = 1 << 20

#: An estimate of what an answer takes beside its body and its arguments.
OVERHEAD = 4096


@dataclass(frozen=True, slots=True)
class _Kept:
    call: Call
    invocation: Invocation
    until: float
    size: int


@dataclass(slots=True)
class RecentOutcomes:
    """The oldest goes first, by time and where there are too many."""

    clock: Callable[[], float] = monotonic
    limit: int = KEPT_BYTES
    _kept: OrderedDict[tuple[Principal, str], _Kept] = field(default_factory=OrderedDict)
    _size: int = 0

    def find(self, principal: Principal, call: Call) -> Invocation | None:
        """The end of the very same call, byte for byte. Any other is for the ledger to judge, or for a recording."""
        kept = self._kept.get((principal, call.key))
        if kept is None or kept.until <= self.clock() or call.mode is not Mode.LIVE:
            return None
        was = kept.call
        same = (was.tool, was.args_json, was.strict) == (call.tool, call.args_json, call.strict)
        return kept.invocation if same else None

    def keep(self, principal: Principal, call: Call, invocation: Invocation) -> None:
        """Keep an end that is final, and has come just now; forget what is old, or too much."""
        size = _size(call, invocation)
        if call.mode is not Mode.LIVE or not _final(invocation) or size > LARGEST:
            return
        self._drop((principal, call.key))
        kept_for = min(KEPT_FOR, invocation.request.retention / 2)
        self._kept[principal, call.key] = _Kept(call, invocation, self.clock() + kept_for, size)
        self._size += size
        while self._size > self.limit or next(iter(self._kept.values())).until <= self.clock():
            self._drop(next(iter(self._kept)))

    def _drop(self, key: tuple[Principal, str]) -> None:
        dropped = self._kept.pop(key, None)
        self._size -= dropped.size if dropped else 0


def _final(invocation: Invocation) -> bool:
    if invocation.outcome is None or invocation.outcome.not_done:  # the key is free
        return False
    under_review = invocation.review is not None and invocation.review.open
    return invocation.state.ended and invocation.state is not InvocationState.UNKNOWN and not under_review


def _size(call: Call, invocation: Invocation) -> int:
    answer = invocation.outcome.answer if invocation.outcome else None
    told = len(answer.body) + sum(len(name) + len(text) for name, text in (*answer.headers, *answer.links)) if answer else 0
    return OVERHEAD + len(call.args_json) + told
