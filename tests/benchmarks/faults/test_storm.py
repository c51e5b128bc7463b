"""A short storm through real boxes: the fault bench with every kind of fault, and as many calls as a test may take."""

from random import Random

import pytest

from benchmarks.faults.arena import arena
from benchmarks.faults.injuries import injuries, one_of_each_kind
from benchmarks.faults.storm import Storm, rage
from benchmarks.faults.verdict import Verdict, judge
from callgate import State

CALLS = 300


async def weather(seed: int) -> tuple[Storm, Verdict]:
    dice = Random(seed)
    async with arena(dice, in_boxes=True) as place:
        storm = await rage(place, CALLS, one_of_each_kind(dice, in_boxes=True), dice)
        return storm, await judge(place, storm)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_in_a_storm_no_call_acts_twice_none_is_lost_and_nothing_is_left() -> None:
    seed = Random().randrange(1 << 32)
    storm, verdict = await weather(seed)
    told = f"dice {seed}, {dict(storm.struck)}, missed {dict(storm.missed)}"
    assert verdict.calls >= CALLS
    assert {kind for kind, _ in storm.struck} == {one.kind for one in injuries(in_boxes=True)}, told
    assert verdict.duplicate_effects == 0, told
    assert verdict.without_outcome == 0, told
    assert verdict.untrue_outcomes == 0, told
    assert verdict.leaks == {}, told
    # The storm was one, and not of refusals: most calls came through, with their secret, and many met what was broken.
    assert storm.callers.errors.total() > 0
    assert storm.callers.arena.upstream.refused == 0
    succeeded = sum(call.answer is not None and call.answer.state is State.SUCCEEDED for call in storm.callers.calls)
    assert succeeded > verdict.calls / 2, told
