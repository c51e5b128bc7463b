"""Which headers of an answer its caller gets."""

import pytest

from registry.calling.answer_headers import IN_ALL, LONGEST, MOST, answer_headers

USEFUL = [
    ("content-type", "application/json"),
    ("etag", '"7"'),
    ("location", "/jobs/1"),
    ("retry-after", "5"),
    ("x-total-count", "120"),
    ("x-ratelimit-remaining", "9"),
    ("x-request-id", "abc"),
    ("www-authenticate", "Bearer"),
    ("content-encoding", "br"),
    ("warning", "299 - one"),
    ("warning", "299 - two"),
]
OTHERS = [
    ("set-cookie", "a=b"),
    ("set-cookie2", "a=b"),
    ("connection", "close, X-Hop"),
    ("x-hop", "1"),
    ("keep-alive", "timeout=5"),
    ("transfer-encoding", "chunked"),
    ("trailer", "x"),
    ("te", "trailers"),
    ("upgrade", "h2c"),
    ("proxy-authenticate", "Basic"),
    ("content-length", "7"),
    ("content-security-policy", "default-src 'none'"),
    ("access-control-allow-origin", "*"),
    ("strict-transport-security", "max-age=1"),
]


def test_what_says_something_of_the_answer_is_kept_in_its_order() -> None:
    found = answer_headers([*OTHERS[:5], *USEFUL, *OTHERS[5:]], "GET")
    assert (list(found.kept), found.left_out) == (USEFUL, 0)


@pytest.mark.parametrize("header", OTHERS, ids=lambda header: header[0])
def test_what_is_of_a_connection_a_cookie_jar_or_a_browser_is_not(header: tuple[str, str]) -> None:
    assert header not in answer_headers([("connection", "x-hop"), header], "GET").kept


def test_the_length_of_what_a_head_does_not_send_is_told() -> None:
    assert answer_headers([("content-length", "7")], "HEAD").kept == (("content-length", "7"),)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([("a", "x" * LONGEST), ("b", "y")], 2),
        ([("a", "x" * (LONGEST + 1)), ("b", "y")], 1),
        ([(f"x-{number}", "y") for number in range(MOST + 5)], MOST),
        ([(f"x-{number}", "y" * (IN_ALL // 4)) for number in range(5)], 3),
        ([("link", "z" * 64 * 1024), ("location", "z" * 64 * 1024), ("etag", "1")], 1),
    ],
)
def test_what_is_beyond_a_bound_is_left_out_as_a_whole_and_counted(given: list[tuple[str, str]], kept: int) -> None:
    found = answer_headers(given, "GET")
    assert (len(found.kept), found.left_out) == (kept, len(given) - kept)
    assert set(found.kept) <= set(given)
