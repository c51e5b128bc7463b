"""Links in headers are read, and never followed."""

import time

import pytest

from registry.calling.links import MOST, read_links

URL = "https://api.example.com/v1/things?page=2"


@pytest.mark.parametrize(
    ("value", "links"),
    [
        ('<https://api.example.com/v1/things?page=3>; rel="next"', (("next", "https://api.example.com/v1/things?page=3"),)),
        ("</a?x=1,2;3>; rel=next, <?page=1>;rel=prev", (("next", "https://api.example.com/a?x=1,2;3"), ("prev", "https://api.example.com/v1/things?page=1"))),
        ('<a>; title="x, <b>; rel=next"; rel="first LAST"', (("first", "https://api.example.com/v1/a"), ("last", "https://api.example.com/v1/a"))),
        ('< /a > ; REL = "next" ; foo*=UTF-8\'\'x', (("next", "https://api.example.com/a"),)),
        ("<a>", ()),
        ("a; rel=next", ()),
        ("<javascript:x>; rel=next", ()),
        ("<http://[>; rel=next", ()),
        ("<a>; rel=", ()),
        ("", ()),
    ],
)  # fmt: skip
def test_link_header_is_read_by_its_relations(value: str, links: tuple[tuple[str, str], ...]) -> None:
    assert read_links((("link", value), ("content-type", "<x>; rel=next")), URL) == links


def test_links_of_several_headers_are_joined_and_bounded() -> None:
    assert [name for name, _ in read_links((("link", "<a>;rel=a"), ("Link", "<b>;rel=b")), URL)] == ["a", "b"]
    assert len(read_links((("link", "<a>; rel=next, " * 1_000),), URL)) == MOST


@pytest.mark.parametrize(
    "value", ["<" * 60_000, "<a>" + ";" * 60_000, "<a>" + "; a" * 20_000, '<a>; rel="' + "\\" * 60_000, "<a>; x=" * 10_000]
)
def test_hostile_header_takes_no_time(value: str) -> None:
    began = time.process_time()
    read_links((("link", value),), URL)
    assert time.process_time() - began < 1
