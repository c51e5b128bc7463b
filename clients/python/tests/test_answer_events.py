"""The events of an answer that is there: those that are whole."""

from datetime import UTC, datetime
from typing import Any

import pytest

from callgate import Artifact, Result, ShownPart, Succeeded, TimedOut
from callgate.answer_events import MOST, events_of

ARTIFACT = Artifact(f"art_ffffffff{'0' * 24}", "application/x-ndjson", 2 << 20, "0" * 64, datetime(2026, 1, 1, tzinfo=UTC))
CUT = ShownPart("", False, 100, 0, 50)


def result(**cut: Any) -> Result:
    return Result(200, "application/x-ndjson", b'{"a":1}\n{"b', **cut)


@pytest.mark.parametrize("cut", [{"artifact": ARTIFACT}, {"shown": CUT}], ids=str)
def test_a_line_that_was_cut_is_no_event(cut: dict[str, Any]) -> None:
    event, mark = events_of(Succeeded(result(**cut)), 1)
    assert event.data == b'{"a":1}'
    assert (mark.number, mark.left_out, mark.artifact) == (MOST + 1, True, ARTIFACT.id if "artifact" in cut else "")


def test_the_last_line_of_a_whole_answer_needs_no_end_and_of_one_that_broke_off_is_none() -> None:
    assert len(list(events_of(Succeeded(result()), 1))) == 2
    assert len(list(events_of(TimedOut("late", result=result()), 1))) == 1
