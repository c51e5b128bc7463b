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
    "links without a relation": ("", "<a>,", ""),
    "links that are none": ("", "<x:a>;rel=n,", ""),
    "relations": ('<a>;rel="', "next ", '"'),
}


@pytest.mark.parametrize("case", HOSTILE.values(), ids=HOSTILE.keys())
def test_twice_as_much_takes_less_than_three_times_as_long(case: tuple[str, str, str]) -> None:
    before, repeated, after = case

    def seconds(size: int) -> float:
        value = before + repeated * (size // len(repeated)) + after
        began = time.process_time()
        read_links([("Link", value)], URL)
        return time.process_time() - began

    # In turns: what slows the machine for a moment slows both.
    pairs = [(seconds(100_000), seconds(200_000)) for _ in range(9)]
    once, twice = (min(times) for times in zip(*pairs, strict=True))
    assert twice < 3 * once + 0.002
    assert twice < 0.1


def test_what_is_kept_of_a_header_is_not_a_multiple_of_it() -> None:
    """A target was kept once for each of its relations: of a quarter of a megabyte, eight, in the record and in the answer."""
    value = f'<{"a" * 200_000}>;rel="{" ".join(map(str, range(32)))}", <b>;rel={"n" * 50_000}'
    assert sum(len(relation) + len(target) for relation, target in read_links([("Link", value)], URL)) < len(value)
    longest = "a" * 2_000
    assert read_links([("Link", f"<{longest}>;rel=next")], URL)[0][1].endswith(longest)
