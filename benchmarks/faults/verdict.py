"""What came of storms, from two records that no gateway wrote: what callers were told, and what the upstream did.

Pure: `tests/benchmarks/faults/test_verdict.py` shows each kind of untruth to it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import pairwise

import structlog

from benchmarks.faults.calls import CREATE, METHODS, REPLACE, Answer, Call, Refusal
from benchmarks.faults.failovers import RESUMES_WITHIN, Failover
from benchmarks.faults.upstream_log import Request
from callgate.outcomes import Cancelled, LimitExceeded, SandboxFailed, Succeeded, TimedOut, ToolFailed, Unknown

log = structlog.get_logger(__name__)

#: Seconds within which another gateway must be asked of a key, and within which the store's users may refuse after a failover.
AGAIN_WITHIN, MAY_REFUSE = 1.0, 10.0
#: Seconds that a replica may be behind before a tail begins: what it gets goes through the benchmark's own busy process.
LAG = 1.0


@dataclass(frozen=True, slots=True)
class Record:
    """What one storm has left: of callers, of the upstream, of the injuries."""

    calls: Sequence[Call]
    requests: Sequence[Request]
    refusals: Sequence[Refusal]
    failovers: Sequence[Failover]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Numbers of calls, but for the last four.

    `duplicate_effects`: effects of POST beyond the one that a call asked for, and effects on a charge that no call asked for.
    `untrue_outcomes`: calls of which some answer says otherwise than the upstream wrote down. `changed_answers`: calls whose
    key had another answer later, though the first was no UNKNOWN. `forgotten_answers`: those among them whose end fell into a
    lost tail, and which the later answer calls UNKNOWN or which are safe to repeat: they break no promise.
    `refused`: refusals of acting calls because of what the store has lost; `acting_refused`: those of them that came later than
    `MAY_REFUSE` after a failover.
    `resumed`: the longest time until acting calls were served again, of failovers that every gateway lived through.
    """

    calls: int
    boxed: int
    acting: int
    asked_again: int
    duplicate_effects: int
    without_outcome: int
    untrue_outcomes: int
    changed_answers: int
    forgotten_answers: int
    unknown: int
    refused: int
    acting_refused: int
    failovers: int
    resumed: float


class _Deeds:
    """What the upstream did, by HTTP method and charge."""

    def __init__(self, requests: Iterable[Request]) -> None:
        self.acted: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.answered: Counter[tuple[str, str]] = Counter()
        for request in requests:
            what = request.method, request.charge
            self.answered[what] += request.status == HTTPStatus.OK
            if request.acted:
                self.acted[what].append(request.at)

    def effects(self, call: Call, answer: Answer) -> int:
        """Those that the answer has to agree with: all of them, but what came later where the key was free again."""
        acted = self.acted[METHODS[call.tool], call.charge]
        return sum(moment <= answer.at for moment in acted) if getattr(answer.outcome, "not_done", False) else len(acted)


def judge(record: Record) -> Verdict:
    calls, deeds = record.calls, _Deeds(record.requests)
    changed = [call for call in calls if _changed(call)]
    forgotten = [call for call in changed if _forgotten(call, record.failovers)]
    return Verdict(
        calls=len(calls),
        boxed=sum(call.boxed for call in calls),
        acting=sum(call.acts for call in calls),
        asked_again=sum(_asked_again(call) for call in calls),
        duplicate_effects=_duplicates(deeds, calls),
        without_outcome=sum(call.first is None for call in calls),
        untrue_outcomes=sum(_is_untrue(call, deeds, record) for call in calls),
        changed_answers=len(changed) - len(forgotten),
        forgotten_answers=len(forgotten),
        unknown=sum(call.first is not None and isinstance(call.first.outcome, Unknown) for call in calls),
        refused=sum(refusal.acting for refusal in record.refusals),
        acting_refused=sum(
            refusal.acting and not _just_failed_over(refusal.at, record.failovers) for refusal in record.refusals
        ),
        failovers=sum(failover.lost > 0 for failover in record.failovers),
        resumed=max((_resumed(failover) for failover in record.failovers if failover.all_lived), default=0.0),
    )


def _asked_again(call: Call) -> bool:
    return call.again is not None and call.again_after <= AGAIN_WITHIN and call.finally_ is not None


def _duplicates(deeds: _Deeds, calls: Iterable[Call]) -> int:
    """POST may act once for the call that asks for it; PUT may act again, but on no charge that no call replaces."""
    asked = {(METHODS[call.tool], call.charge) for call in calls if call.acts}
    found = 0
    for (method, charge), moments in deeds.acted.items():
        allowed = (len(moments) if method == METHODS[REPLACE] else 1) if (method, charge) in asked else 0
        if len(moments) > allowed:
            log.error("duplicate", charge=charge, method=method, effects=len(moments))
            found += len(moments) - allowed
    return found


def _is_untrue(call: Call, deeds: _Deeds, record: Record) -> bool:
    answers, touched = deeds.answered[METHODS[call.tool], call.charge], _touched_by_a_tail(call, record.failovers)
    reasons = []
    for answer in call.answers:
        effects = deeds.effects(call, answer)
        reasons.append(_untruth(call, answer, effects, answers))
        reasons.append(_miscount(answer, effects) if call.tool == REPLACE and not touched else "")
    if found := [reason for reason in reasons if reason]:
        outcomes = [str(answer.outcome) for answer in call.answers]
        log.error("untrue", charge=call.charge, tool=call.tool, outcomes=outcomes, found=found)
    return bool(found)


def _untruth(call: Call, answer: Answer, effects: int, answers: int) -> str:
    """What is wrong with an answer; empty where it agrees with the upstream."""
    match answer.outcome:
        case Succeeded() if answers == 0:
            return "the upstream has answered no such request"
        case Succeeded() if call.acts and effects == 0:
            return "there was no effect"
        case Succeeded() | Unknown():
            return ""
        case ended if call.acts and effects > 0 and _rules_out(ended):
            return "there was an effect"
    return ""


def _rules_out(outcome: ToolFailed | LimitExceeded | TimedOut | Cancelled | SandboxFailed) -> bool:
    """Whether the outcome says that there was no effect."""
    return not outcome.effect_possible


def _miscount(answer: Answer, effects: int) -> str:
    """A call that may be repeated has one attempt on record for each time that it acted."""
    return f"{answer.sent} attempts that may have sent are on record" if effects > answer.sent else ""


def _changed(call: Call) -> bool:
    """Whether a later answer is another one, though that before it was final."""
    answers = call.answers
    changed = any(not before.may_change and after.outcome != before.outcome for before, after in pairwise(answers))
    if changed:
        outcomes = [str(answer.outcome) for answer in answers]
        log.error("changed", charge=call.charge, tool=call.tool, outcomes=outcomes)
    return changed


def _forgotten(call: Call, failovers: Sequence[Failover]) -> bool:
    """Whether the answer was lost with the store's tail, and nothing but that was said of it later."""
    unknown = all(
        isinstance(answer.outcome, Unknown) for answer in call.answers[1:] if answer.outcome != call.answers[0].outcome
    )
    return _touched_by_a_tail(call, failovers) and (unknown or call.tool != CREATE)


def _touched_by_a_tail(call: Call, failovers: Sequence[Failover]) -> bool:
    """Whether something of this call may have been in what the store has lost."""
    return any(call.began <= one.promoted and call.ended >= one.began - LAG for one in failovers)


def _just_failed_over(moment: float, failovers: Iterable[Failover]) -> bool:
    return any(failover.killed <= moment <= failover.promoted + MAY_REFUSE for failover in failovers)


def _resumed(failover: Failover) -> float:
    return RESUMES_WITHIN if failover.resumed is None else failover.resumed
