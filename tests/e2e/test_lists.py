"""What happened can be listed: on real parts."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from callgate import State
from callgate.errors import RequestInvalid
from callgate.keys import new_key

from .hostile import Hostile
from .house import House


def test_a_caller_finds_its_calls_again_by_tool_run_key_state_and_time(house: House, hostile: Hostile) -> None:
    run, key, began = f"run-{new_key()}", new_key(), datetime.now(UTC) - timedelta(seconds=5)
    first = house.client.call("read_plain", {}, key=key, run_id=run)
    second = house.client.call("write_broken", {}, run_id=run)
    listed = list(house.client.invocations.list(run_id=run))
    assert [one.id for one in listed] == [second.id, first.id]
    assert [(one.state, one.under_review, one.attempts) for one in listed] == [
        (State.UNKNOWN, True, 1),
        (State.SUCCEEDED, False, 1),
    ]
    assert [one.id for one in house.client.invocations.list(key=key)] == [first.id]
    assert [one.id for one in house.client.invocations.list(run_id=run, states=[State.UNKNOWN])] == [second.id]
    assert [one.id for one in house.client.invocations.list(run_id=run, tool=first.tool, since=began)] == [first.id]
    assert list(house.client.invocations.list(run_id=run, until=began)) == []
    assert listed[0].accepted >= listed[1].accepted


def test_the_newest_calls_come_first_and_no_more_pages_than_are_looked_at(house: House, hostile: Hostile) -> None:
    made = [house.client.call("read_plain", {}).id for _ in range(3)]
    assert [one.id for one in islice(house.client.invocations.list(), 2)] == [made[2], made[1]]


@pytest.mark.parametrize("since", [datetime(2026, 1, 1)])
def test_a_time_without_a_zone_is_refused(house: House, since: datetime) -> None:
    with pytest.raises(RequestInvalid, match="time zone"):
        list(house.client.invocations.list(since=since))
