"""Recordings of several runs: each is answered as its own was, and compared with that."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from callgate import Client, errors
from callgate.recorded import RecordedRun, RecordedStep, compare, dump, load, report, unnamed
from callgate.testing import FakeGateway, RunDiffers, replay
from callgate.testing.agent_runs import recording

from .recorded_runs import call, made

Agent = Callable[[Client], None]


def order_in(*runs: str, orders: list[int] | None = None) -> Agent:
    """The same order in each run; without a name, in the client's own."""

    def agent(client: Client) -> None:
        for name in runs:
            order = partial(client.run(name).call, step=0) if name else client.call
            answered = order("create_order", {"item": "tea"}).json()
            if orders is not None:
                orders.append(answered)

    return agent


def recorded(file: Path, *runs: str) -> Path:
    """Each order has another answer."""
    with FakeGateway() as gateway:

        @gateway.tool
        def create_order(item: str) -> int:
            return len(gateway.calls)

        with recording(file, gateway.environment) as run, run.judged(), run.client() as client:
            order_in(*runs)(client)
    return file


def answers(file: Path, *runs: str) -> list[int]:
    """Raises RunDiffers."""
    found: list[int] = []
    with replay(file) as run, run.client() as client:
        order_in(*runs, orders=found)(client)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return recorded(tmp_path / "two.json", "st1", "st2")


def test_equal_calls_of_two_runs_are_answered_as_each_was(file: Path) -> None:
    assert answers(file, "st1", "st2") == [1, 2]


def test_runs_may_come_in_any_order(file: Path) -> None:
    assert answers(file, "st2", "st1") == [2, 1]


def test_runs_of_other_names_are_the_recorded_ones_in_their_order(file: Path) -> None:
    assert answers(file, "a", "b") == [1, 2]
    assert answers(file, "st1", "b") == [1, 2]


def test_one_run_more_is_missed_and_one_less_is_missing(file: Path) -> None:
    with pytest.raises(errors.ReplayMissed) as missed:
        answers(file, "st1", "st2", "st3")
    assert "call 3, step 0, run st3: create_order@1.0.0: is made in addition" in "\n".join(missed.value.__notes__)
    with pytest.raises(RunDiffers, match=r"call 1, step 0, run st1: create_order@1.0.0: is missing"):
        answers(file, "st2")


def test_what_the_agent_has_not_named_has_no_name_in_the_file(tmp_path: Path) -> None:
    file = recorded(tmp_path / "own.json", "st1", "", "")
    assert [step.run for step in load(file.read_bytes()).steps] == ["st1", "", ""]
    assert answers(file, "st1", "", "") == [1, 2, 3]
    assert answers(file, "", "st1", "") == [2, 1, 3]


def test_a_file_of_a_release_that_told_no_runs_answers_any(file: Path) -> None:
    file.write_bytes(dump(unnamed(load(file.read_bytes()), "st1")).replace(b'"run": "st2"', b'"run": ""'))
    with pytest.raises(RunDiffers, match="is missing"):
        answers(file, "st1")


def of(run: str, *calls: tuple[str, str], step: str = "1") -> RecordedStep:
    return RecordedStep(step, tuple(call(tool, argument, step=step, run=run) for tool, argument in calls))


FIRST = made(of("a", ("order", "tea")), of("b", ("order", "tea")), of("b", ("pay", "3"), step="2"))


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (made(of("b", ("order", "tea")), of("a", ("order", "tea")), of("b", ("pay", "3"), step="2")), []),
        (made(of("x", ("order", "tea")), of("y", ("order", "tea")), of("y", ("pay", "3"), step="2")), []),
        (
            made(of("a", ("order", "tea")), of("a", ("pay", "3"), step="2"), of("b", ("order", "tea"))),
            ["  + call 2, step 2, run a: pay@1.0.0: is made in addition", "  - call 3, step 2, run b: pay@1.0.0: is missing"],
        ),
        (
            made(of("a", ("order", "tea")), of("x", ("order", "rope")), of("x", ("pay", "3"), step="2")),
            ["  ~ call 2, step 1, run b: order@1.0.0: other arguments"],
        ),
    ],
)
def test_runs_are_compared_each_with_its_own(second: RecordedRun, told: list[str]) -> None:
    found = [line for line in report(compare(FIRST, second)).splitlines() if line[2:3] in ("~", "+", "-") and "call" in line]
    assert found == told
    assert not compare(FIRST, FIRST).differs


def test_a_file_tells_the_run_of_each_step() -> None:
    assert load(dump(FIRST)) == FIRST
    assert b'"run": "a"' in dump(FIRST)
