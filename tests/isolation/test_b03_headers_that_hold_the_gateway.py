"""One `Link` header of two thousand spaces held the gateway for seven seconds, for all callers."""

import time

import pytest

from registry.calling.links import read_links

URL = "https://api.example.com/things"

#: What is repeated, after what, and before what.
HOSTILE = {
    "spaces in a target": ("<", " ", ""),
    "spaces after a target": ("<a>", " ", ""),
    "spaces after a value": ('<a>;rel="next"', " ", ""),
    "spaces before a value": ("<a>;rel=", " ", ""),
    "targets that do not end": ("", "<", ""),
    "a quote that does not end": ('<a>;rel="', "x", ""),
    "escapes in a quote that does not end": ('<a>;rel="', "\\\\", ""),
    "quotes that do not end": ("", '<a>;rel="', ""),
    "quotes after escapes": ("", '<a>;rel="\\"', ""),
    "parameters without a value": ("<a>", ";rel", ""),
    "parameters with nothing": ("<a>", ";rel= ", "<"),
    "names that do not end": ("<a>;", "a", "="),
    "equals": ("<a>;rel", "=", ""),
    "links": ("", "<a>;rel=next,", ""),
    "relations": ('<a>;rel="', "next ", '"'),
}


@pytest.mark.parametrize("case", HOSTILE.values(), ids=HOSTILE.keys())
def test_twice_as_much_takes_less_than_three_times_as_long(case: tuple[str, str, str]) -> None:
    before, repeated, after = case

    def seconds(size: int) -> float:
        value = before + repeated * (size // len(repeated)) + after
        times = []
        for _ in range(5):
            began = time.process_time()
            read_links([("Link", value)], URL)
            times.append(time.process_time() - began)
        return min(times)

    once, twice = seconds(100_000), seconds(200_000)
    assert twice < 3 * once + 0.002
    assert twice < 0.1
