"""Where two runs part: order, tool, arguments and outcome count, and calls of one step may come in any order."""

from dataclasses import replace

import pytest

from callgate.recorded import RecordedRun, RecordedStep, compare, report
from callgate.recorded.calls import RecordedCall
from callgate.recorded.pointers import ABSENT, changes
from callgate.recorded.steps import Timed, steps_of

from .recorded_runs import call, made, run

BEFORE = run("1 order:tea", "2 pay:3 | ship:7", "3 thank:ada")


def told(first: RecordedRun, second: RecordedRun) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.call.step, one.call.name, tuple(map(str, one.differences))) for one in compare(first, second).differing]


def test_a_run_does_not_differ_from_itself() -> None:
    assert not compare(BEFORE, BEFORE).differs
    assert report(compare(BEFORE, BEFORE)).startswith("The runs are equal.")


def test_calls_of_one_step_may_come_in_any_order() -> None:
    """Also where the second run made them one after another."""
    assert told(BEFORE, run("1 order:tea", "2 ship:7 | pay:3", "3 thank:ada")) == []
    assert told(BEFORE, run("1 order:tea", "2 ship:7", "2 pay:3", "3 thank:ada")) == []


@pytest.mark.parametrize(
    ("after", "differences"),
    [
        (run("1 order:tea", "2 pay:4 | ship:7", "3 thank:ada"), [("2", "pay", ("ARGUMENTS",))]),
        (run("1 order:tea", "2 pay:3", "3 thank:ada"), [("2", "ship", ("MISSING",))]),
        (run("1 order:tea", "2 pay:3 | ship:7 | ship:7", "3 thank:ada"), [("2", "ship", ("EXTRA",))]),
        (run("1 order:tea", "2 thank:ada", "3 pay:3 | ship:7"), [("3", "thank", ("MOVED",))]),
        (run("1 pay:3", "2 order:tea", "3 ship:7", "4 thank:ada"), [("2", "pay", ("MOVED",))]),
        (run("1 order:tea", "2 refund:3 | ship:7", "3 thank:ada"), [("2", "refund", ("EXTRA",)), ("2", "pay", ("MISSING",))]),
        (
            run(),
            [
                ("1", "order", ("MISSING",)),
                ("2", "pay", ("MISSING",)),
                ("2", "ship", ("MISSING",)),
                ("3", "thank", ("MISSING",)),
            ],
        ),
    ],
)
def test_another_order_tool_or_argument_is_a_difference(
    after: RecordedRun, differences: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    assert sorted(told(BEFORE, after)) == sorted(differences)


def test_what_was_moved_is_told_with_its_place_in_the_second_run() -> None:
    found = compare(BEFORE, run("1 pay:3", "2 order:tea", "3 ship:7", "4 thank:ada"))
    assert report(found).splitlines()[0] == "The runs part at call 2, step 2: pay@1.0.0: is made at another place, as call 1."


def alone(one: RecordedCall) -> RecordedRun:
    return made(RecordedStep("", (one,)))


def test_another_version_and_another_outcome_are_told_of_the_same_call() -> None:
    failed = {"tool_failed": {"fault": "FAULT_CODE_UPSTREAM_ERROR"}}
    assert told(alone(call("pay", "3")), alone(call("pay", "3", version="1.1.0"))) == [("", "pay", ("VERSION",))]
    assert told(alone(call("pay", "3")), alone(call("pay", "3", outcome=failed))) == [("", "pay", ("OUTCOME",))]
    refused = call("pay", "3", refusal={"reason": "NOT_PERMITTED", "message": "one"})
    assert told(alone(call("pay", "3")), alone(refused)) == [("", "pay", ("OUTCOME",))]
    assert told(alone(replace(refused, refusal={"reason": "NOT_PERMITTED", "message": "other"})), alone(refused)) == []


def answered(headers: dict[str, str], body: str = "3") -> RecordedRun:
    told = [{"name": name, "value": value} for name, value in headers.items()]
    return alone(call("pay", "3", outcome={"succeeded": {"result": {"http_status": 200, "headers": told, "json": body}}}))


def test_headers_that_say_only_when_or_where_an_answer_was_made_are_no_difference() -> None:
    first = answered({"date": "Mon, 30 Nov 2026 18:22:00 GMT", "age": "1", "x-request-id": "a", "etag": '"7"'})
    second = answered({"etag": '"7"', "Date": "Mon, 30 Nov 2026 18:24:00 GMT", "via": "1.1 b", "x-ratelimit-remaining": "9"})
    assert not compare(first, second).differs
    assert not compare(first, answered({"etag": '"7"'})).differs
    (found,) = compare(first, answered({"date": "x", "etag": '"8"'})).differing
    assert [(one.pointer, one.before, one.after) for one in found.changes] == [
        ("/succeeded/result/headers/etag/0", '"7"', '"8"')
    ]
    assert compare(first, answered({"date": "x"})).differs
    assert compare(first, answered({"etag": '"7"'}, "4")).differs


def test_a_call_made_once_more_is_told_at_the_one_that_was_made_once_more() -> None:
    missed = call("order", "tea", step="2", refusal={"reason": "REPLAY_MISSED"})
    before = run("1 order:tea", "2 pay:3")
    take = made(*run("1 order:tea").steps, RecordedStep("2", (missed,)), RecordedStep("3", (call("pay", "3", step="3"),)))
    assert told(before, take) == [("2", "order", ("EXTRA",))]
    again = made(*run("1 order:tea").steps, RecordedStep("2", (call("order", "tea", step="2", outcome={"unknown": {}}),)))
    assert told(before, made(*again.steps, *run("3 pay:3").steps)) == [("2", "order", ("EXTRA",))]


def test_what_is_secret_and_differs_is_told_without_it() -> None:
    first, second = (replace(call("pay", "[redacted]"), arguments_digest=digest) for digest in ("1", "2"))
    found = compare(alone(first), alone(second))
    assert [one.changes for one in found.differing] == [()]
    assert "They differ in what is secret, or not known." in report(found)


def test_the_cost_of_a_call_is_no_difference_and_is_summed() -> None:
    first, second = (alone(replace(call("pay", "3"), cost={"amount": amount})) for amount in (0.5, 0.25))
    found = compare(first, second)
    assert not found.differs
    assert "cost      0.5 → 0.25" in report(found)


def test_the_report_begins_where_the_runs_part_and_names_each_place() -> None:
    after = run("1 order:tea", "2 pay:4 | ship:7", "3 scold:ada")
    assert report(compare(BEFORE, after)).splitlines() == [
        "The runs part at call 2, step 2: pay@1.0.0: other arguments.",
        "",
        "  = 1 call is equal",
        "  ~ call 2, step 2: pay@1.0.0: other arguments",
        '      /it: "3" → "4"',
        "  = 1 call is equal",
        "  - call 4, step 3: thank@1.0.0: is missing",
        '      {"it": "ada"}',
        "  + call 4, step 3: scold@1.0.0: is made in addition",
        '      {"it": "ada"}',
        "",
        "  calls     4 → 4",
        "  outcomes  4 succeeded → 4 succeeded",
    ]


def test_texts_of_strangers_cannot_drive_a_terminal() -> None:
    assert "\x1b" not in report(compare(alone(call("pay", "\x1b[2J")), alone(call("pay", "3"))))


def test_values_are_compared_as_json_has_them() -> None:
    before = {"a/b": [1, {"x": True}], "n": 1.0, "gone": None}
    after = {"a/b": [1, {"x": 1}, 2], "n": 1, "new~": {}}
    assert [(one.pointer, one.before, one.after) for one in changes(before, after)] == [
        ("/a~1b/1/x", True, 1),
        ("/a~1b/2", ABSENT, 2),
        ("/gone", None, ABSENT),
        ("/new~0", ABSENT, {}),
    ]


def names(*timed: tuple[str, str, int, int]) -> list[list[str]]:
    calls = [Timed(call(name, step=step), begun, ended) for name, step, begun, ended in timed]
    return [[one.name for one in step.calls] for step in steps_of(calls)]


def test_what_was_under_way_together_or_is_of_one_step_stands_side_by_side() -> None:
    assert names(("b", "", 2, 4), ("a", "", 1, 3), ("c", "", 5, 6)) == [["a", "b"], ["c"]]
    assert names(("a", "", 1, 2), ("b", "", 3, 4)) == [["a"], ["b"]]
    assert names(("a", "1", 1, 2), ("b", "1", 3, 4), ("c", "2", 5, 6)) == [["a", "b"], ["c"]]
    assert names(("b", "", 0, 0), ("a", "", 0, 0)) == [["a", "b"]]  # an older release has not told
