"""A short storm through real boxes: failovers that lose what was acknowledged, and every fault that takes little time."""

from random import Random

import pytest

from benchmarks.faults.figures_of_storms import SHORT
from benchmarks.faults.weather import figures_of, short


@pytest.mark.docker
@pytest.mark.slow
async def test_in_a_storm_no_call_acts_twice_none_is_lost_each_is_told_the_truth_and_nothing_is_left() -> None:
    seed = Random().randrange(1 << 32)
    [weathered] = await short(Random(seed))
    storm, told = weathered.storm, f"dice {seed}, {weathered.struck}, {weathered.storm.failovers}"
    assert [figure for figure in figures_of([weathered], SHORT) if not figure.holds] == [], told
    # The storm was one, and not of refusals: most calls came through, and many met what was broken.
    assert storm.callers.errors.total() > 0
    succeeded = sum(call.succeeded for call in storm.callers.calls)
    assert succeeded > weathered.verdict.calls / 2, told
