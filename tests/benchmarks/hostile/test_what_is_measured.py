"""The verdict of the benchmark rests on these: which calls count for a window, and what the hostile tenant sends."""

import json
from collections import deque

import pytest

from benchmarks.hostile.delays import FAILED, Seen, Watch
from benchmarks.hostile.http2_frames import frame, index, literal, settings
from benchmarks.hostile.schemas import CASES, cases
from benchmarks.hostile.tools import notion_page
from registry.calling.arguments import parse


def watch(*seen: Seen) -> Watch:
    ordinary = [Seen("recalled", 10.0 + number / 10, 2.0, "") for number in range(8)]
    return Watch(None, deque([*ordinary, *seen]), {"recalled": 2.0})  # type: ignore[arg-type] # no process is asked


def test_a_call_counts_that_was_under_way_at_some_time_of_the_window() -> None:
    before, within, after = (Seen("recalled", began, 500.0, "") for began in (9.0, 9.7, 12.1))
    assert watch(before, after).worst_delay(10.0, 12.0, ["recalled"]) == 0.0
    assert watch(within).worst_delay(10.0, 12.0, ["recalled"]) == 498.0


def test_a_call_that_failed_counts_as_long() -> None:
    assert watch(Seen("recalled", 11.0, 1.0, "refused")).worst_delay(10.0, 12.0, ["recalled"]) == FAILED


def test_a_window_in_which_no_call_was_answered_counts_as_long() -> None:
    assert watch().worst_delay(20.0, 22.0, ["recalled"]) == FAILED


def test_the_hostile_tenant_sends_what_is_read_and_the_same_each_time() -> None:
    made = cases()
    assert len(made) == CASES >= 200
    assert made == cases()
    for case in made:
        parse(json.dumps({"body": case.wrong}).encode())  # else the arguments would be refused before they are checked


@pytest.mark.parametrize(("width", "text", "least", "most"), [(3, 125, 14_000, 18_000), (9, 95, 900_000, 1 << 20)])
def test_the_pages_are_as_large_as_their_figures_say(width: int, text: int, least: int, most: int) -> None:
    written = json.dumps(notion_page(width, text), separators=(",", ":")).encode()
    assert least < len(written) < most
    parse(written)


def test_frames_are_those_of_rfc_9113_and_fields_those_of_rfc_7541() -> None:
    assert settings((4, 0)).hex() == "000006040000000000000400000000"
    assert frame(3, 0, 1, b"\x00\x00\x00\x08").hex() == "00000403000000000100000008"
    assert literal(b"a", b"b", indexed=True) == b"\x40\x01a\x01b"
    assert index(62) == b"\xbe"
    assert index(1337) == b"\xff\xba\x09"
