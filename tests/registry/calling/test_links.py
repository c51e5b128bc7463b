"""Links in headers are read, and never followed."""

import pytest

from registry.calling.links import MOST, read_links
from tests.processor_time import at_most

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
    with at_most(1):
        read_links((("link", value),), URL)


@pytest.mark.parametrize(
    ("headers", "links"),
    [
        ([("location", "/jobs/7")], {"location": "https://api.example.com/jobs/7"}),
        ([("Operation-Location", "https://o.example/1")], {"operation-location": "https://o.example/1"}),
        ([("location", "a"), ("link", "<b>; rel=next")], {"next": "https://api.example.com/v1/b", "location": "https://api.example.com/v1/a"}),
        ([("link", "<b>; rel=location"), ("location", "a")], {"location": "https://api.example.com/v1/a"}),
        ([("location", "javascript:alert(1)")], {}),
        ([("location", "http://[")], {}),
        ([("location", "/" + "x" * 64 * 1024)], {}),
    ],
)  # fmt: skip
def test_where_to_look_is_a_link_too(headers: list[tuple[str, str]], links: dict[str, str]) -> None:
    assert dict(read_links(headers, URL)) == links


def test_where_to_look_is_kept_among_links_without_end() -> None:
    found = read_links([("location", "/a"), ("link", ", ".join(f"<{n}>; rel=r{n}" for n in range(100)))], URL)
    assert (len(found), found[-1]) == (MOST, ("location", "https://api.example.com/a"))
