"""The verdict finds each kind of untruth: made-up records of callers, upstream and failovers, with one thing wrong in each."""

from collections import Counter
from dataclasses import dataclass, replace

import pytest

from benchmarks.faults.calls import CREATE, METHODS, READ, REPLACE, Answer, Call, Refusal
from benchmarks.faults.failovers import RESUMES_WITHIN, Failover
from benchmarks.faults.figures_of_storms import SHORT, Figure, Floor, figures
from benchmarks.faults.upstream_log import Request
from benchmarks.faults.verdict import Record, Verdict, judge
from callgate.fault_code import FaultCode
from callgate.outcomes import Cancelled, Outcome, Result, SandboxFailed, Succeeded, TimedOut, ToolFailed, Unknown

DONE = Succeeded(Result(200, "application/json", b'{"charged": true}'))
LOST = Unknown("The gateway was lost.")
BUSY = ToolFailed(None, FaultCode.HTTP_STATUS, "503", effect_possible=False)
PERHAPS = replace(BUSY, effect_possible=True)
OURS = SandboxFailed(FaultCode.JOB_INVALID, "The job was not understood.")
FAILOVER = Failover("quiet_writer", began=100.0, killed=102.0, promoted=103.0, lost=7, all_lived=True, resumed=1.5)


def call(tool: str = CREATE, outcome: Outcome | None = DONE, *, at: float = 0.0, sent: int = 1, box: str = "fake-1") -> Call:
    """A call that three gateways have said the same of, from a second before `at` on."""
    answer = Answer(outcome, sent, (box,)) if outcome else None
    made = Call("c1", tool, "acme", began=at - 1, ended=at, first=answer, again=answer, again_after=0.1, finally_=answer)
    assert made.acts == (tool != READ)
    return made


def request(tool: str = CREATE, *, acted: bool = True, status: int = 200, charge: str = "c1") -> Request:
    return Request(0.0, METHODS[tool], charge, acted and tool != READ, status)


def verdict(
    *calls: Call, did: list[Request], refusals: list[Refusal] | None = None, failovers: list[Failover] | None = None
) -> Verdict:
    return judge(Record(calls, did, refusals or [], failovers or []))


def test_a_storm_in_which_all_is_true_has_nothing_against_it() -> None:
    found = verdict(call(), did=[request()], failovers=[FAILOVER])
    assert found == Verdict(
        calls=1,
        boxed=0,
        acting=1,
        asked_again=1,
        duplicate_effects=0,
        without_outcome=0,
        untrue_outcomes=0,
        changed_answers=0,
        forgotten_answers=0,
        unknown=0,
        refused=0,
        acting_refused=0,
        failovers=1,
        resumed=1.5,
    )


def test_a_second_effect_of_one_call_is_found_whatever_its_caller_was_told() -> None:
    assert verdict(call(), did=[request(), request()]).duplicate_effects == 1
    assert verdict(call(outcome=LOST), did=[request(), request(status=0), request()]).duplicate_effects == 2


def test_an_effect_that_no_call_asked_for_is_found() -> None:
    assert verdict(call(), did=[request(), request(charge="c2")]).duplicate_effects == 1
    assert verdict(call(READ), did=[request(READ), request(CREATE)]).duplicate_effects == 1
    assert verdict(call(READ), did=[request(READ), request(REPLACE)]).duplicate_effects == 1


def test_a_call_without_an_outcome_is_found() -> None:
    found = verdict(call(outcome=None), did=[])
    assert (found.without_outcome, found.asked_again) == (1, 0)


@pytest.mark.parametrize(
    ("tool", "told", "did"),
    [
        (CREATE, DONE, []),
        (CREATE, DONE, [request(status=0)]),  # it acted, and hung up: this answer is made up
        (CREATE, DONE, [request(acted=False)]),
        (REPLACE, DONE, []),
        (READ, DONE, []),
        (READ, DONE, [request(READ, status=0)]),
        (CREATE, BUSY, [request(status=0)]),
        (CREATE, OURS, [request()]),
        (CREATE, TimedOut("too late"), [request()]),
        (CREATE, Cancelled(effect_possible=False), [request()]),
        (REPLACE, BUSY, [request(REPLACE, status=0)]),
        (REPLACE, OURS, [request(REPLACE)]),
        (REPLACE, Cancelled(effect_possible=False), [request(REPLACE)]),
    ],
)
def test_an_outcome_that_says_otherwise_than_the_upstream_is_found(tool: str, told: Outcome, did: list[Request]) -> None:
    assert verdict(call(tool, told), did=did).untrue_outcomes == 1


@pytest.mark.parametrize(
    ("tool", "told", "did"),
    [
        (CREATE, LOST, [request(status=0)]),
        (CREATE, LOST, []),
        (CREATE, PERHAPS, [request(status=0)]),
        (CREATE, BUSY, [request(acted=False, status=503)]),
        (CREATE, OURS, []),
        (REPLACE, TimedOut("too late", effect_possible=True), [request(REPLACE)]),
        (REPLACE, PERHAPS, [request(REPLACE, status=0)]),
        (READ, BUSY, [request(READ, status=503)]),
    ],
)
def test_an_outcome_that_leaves_open_what_happened_is_true(tool: str, told: Outcome, did: list[Request]) -> None:
    assert verdict(call(tool, told), did=did).untrue_outcomes == 0


def test_an_untruth_that_is_told_only_later_is_found() -> None:
    later = replace(call(outcome=LOST), finally_=Answer(OURS))
    assert verdict(later, did=[request(status=0)]).untrue_outcomes == 1


def test_a_put_that_acted_more_often_than_its_record_tells_is_found_unless_a_tail_was_lost() -> None:
    twice = [request(REPLACE, status=0), request(REPLACE)]
    assert verdict(call(REPLACE, sent=2), did=twice).untrue_outcomes == 0
    assert verdict(call(REPLACE, sent=1), did=twice).untrue_outcomes == 1
    assert verdict(call(REPLACE, sent=1, at=101.0), did=twice, failovers=[FAILOVER]).untrue_outcomes == 0
    assert verdict(call(REPLACE, sent=1), did=twice).duplicate_effects == 0


@pytest.mark.parametrize("late", ["again", "finally_"])
def test_another_answer_for_the_same_key_is_found(late: str) -> None:
    changed = call(outcome=PERHAPS)
    setattr(changed, late, Answer(DONE))
    assert verdict(changed, did=[request()]).changed_answers == 1


def test_an_unknown_may_become_the_truth() -> None:
    assert verdict(replace(call(outcome=LOST), finally_=Answer(DONE)), did=[request()]).changed_answers == 0


@dataclass(frozen=True)
class NotDone(ToolFailed):
    not_done: bool = True


def test_what_says_that_nothing_was_done_may_give_way_to_what_the_next_call_with_its_key_does() -> None:
    free = Answer(NotDone(None, FaultCode.HTTP_STATUS, "429", effect_possible=False), at=5.0)
    anew = replace(call(), first=free)
    found = verdict(anew, did=[replace(request(acted=False, status=429), at=4.0), replace(request(), at=6.0)])
    assert (found.changed_answers, found.untrue_outcomes, found.duplicate_effects) == (0, 0, 0)
    assert verdict(anew, did=[replace(request(), at=4.0)]).untrue_outcomes == 1


def test_an_answer_that_was_lost_with_the_store_is_forgotten_and_not_changed() -> None:
    forgotten = replace(call(at=101.0), again=Answer(LOST), finally_=Answer(LOST))
    found = verdict(forgotten, did=[request()], failovers=[FAILOVER])
    assert (found.changed_answers, found.forgotten_answers) == (0, 1)
    assert verdict(forgotten, did=[request()]).changed_answers == 1
    denied = replace(call(at=101.0), again=Answer(PERHAPS))
    assert verdict(denied, did=[request()], failovers=[FAILOVER]).changed_answers == 1


@pytest.mark.parametrize(
    "lax",
    [
        replace(call(), again=None),
        replace(call(), finally_=None),
        replace(call(), again_after=1.5),
    ],
)
def test_a_key_that_was_not_asked_of_again_in_time_and_at_the_end_does_not_count(lax: Call) -> None:
    assert verdict(lax, did=[request()]).asked_again == 0


def test_refusals_count_where_they_are_of_calls_that_act_and_long_after_a_failover() -> None:
    refusals = [Refusal(at, acting) for at in (101.0, 102.5, 112.9, 113.1) for acting in (True, False)]
    found = verdict(did=[], refusals=refusals, failovers=[FAILOVER])
    assert (found.refused, found.acting_refused) == (4, 2)


def test_a_storm_has_resumed_when_the_last_failover_has_that_no_gateway_died_in() -> None:
    slow, never = replace(FAILOVER, resumed=9.0), replace(FAILOVER, resumed=None)
    assert verdict(did=[], failovers=[FAILOVER, slow]).resumed == 9.0
    assert verdict(did=[], failovers=[slow, never]).resumed == RESUMES_WITHIN
    assert verdict(did=[], failovers=[FAILOVER, replace(never, all_lived=False)]).resumed == 1.5


def test_a_failover_counts_only_where_the_store_has_lost_something() -> None:
    assert verdict(did=[], failovers=[FAILOVER, replace(FAILOVER, lost=0)]).failovers == 1


def test_a_call_counts_as_boxed_by_its_container() -> None:
    assert verdict(call(box="cg-0123456789ab"), did=[request()]).boxed == 1


GOOD = Verdict(
    calls=200,
    boxed=100,
    acting=100,
    asked_again=200,
    duplicate_effects=0,
    without_outcome=0,
    untrue_outcomes=0,
    changed_answers=0,
    forgotten_answers=3,
    unknown=5,
    refused=50,
    acting_refused=10,
    failovers=4,
    resumed=10.0,
)
STRUCK = Counter(gateway_killed=3, clock_stepped=2, failover_quiet_writer=4)
FLOOR = Floor(calls=200, fault_kinds=3, failovers=4, boxed_share=0.5)


def broken(verdict: Verdict, *, struck: Counter[str] = STRUCK, **leaks: int) -> list[str]:
    return [figure.name for figure in figures([verdict], struck, Counter(leaks), FLOOR) if not figure.holds]


def test_a_good_verdict_breaks_no_bound() -> None:
    assert broken(GOOD) == []
    assert all(isinstance(figure, Figure) for figure in figures([GOOD], STRUCK, Counter(), SHORT))


@pytest.mark.parametrize(
    ("bad", "figure"),
    [
        (replace(GOOD, calls=199, asked_again=199), "calls"),
        (replace(GOOD, failovers=3), "failovers"),
        (replace(GOOD, asked_again=199), "keys_asked_again"),
        (replace(GOOD, boxed=99), "boxed_share"),
        (replace(GOOD, duplicate_effects=1), "duplicate_effects"),
        (replace(GOOD, without_outcome=1), "without_outcome"),
        (replace(GOOD, untrue_outcomes=1), "untrue_outcomes"),
        (replace(GOOD, changed_answers=1), "changed_answers"),
        (replace(GOOD, acting_refused=11), "acting_refused_share"),
        (replace(GOOD, resumed=10.1), "resumed_s"),
    ],
)
def test_each_bound_that_is_broken_is_named(bad: Verdict, figure: str) -> None:
    assert broken(bad) == [figure]


def test_a_leak_and_too_few_kinds_of_faults_break_their_bounds() -> None:
    assert broken(GOOD, boxes=1) == ["leaks"]
    assert broken(GOOD, struck=Counter(gateway_killed=9, failover_quiet_writer=4)) == ["fault_kinds"]
