"""An answer's headers are found in whatever case they are asked for."""

import pytest

from callgate.headers import Headers
from callgate.outcomes import Result


@pytest.mark.parametrize("name", ["etag", "ETag", "ETAG"])
def test_a_header_is_found_in_any_case(name: str) -> None:
    headers = Headers({"Etag": "7"})
    assert (headers[name], headers.get(name), name in headers) == ("7", "7", True)
    assert "x-other" not in headers


def test_values_of_one_name_are_joined_in_their_order() -> None:
    headers = Headers([("warning", "a"), ("Via", "x"), ("Warning", "b")])
    assert dict(headers) == {"warning": "a, b", "via": "x"}
    assert headers == {"warning": "a, b", "via": "x"}


def test_an_answer_has_none_unless_it_is_given_some() -> None:
    assert Result(200, "", b"").headers == {}


@pytest.mark.parametrize(("body", "text"), [("Jürgen".encode(), "Jürgen"), (b"\xff", "\ufffd"), (b"", "")])
def test_a_body_is_text_where_it_is_utf_8(body: bytes, text: str) -> None:
    assert Result(200, "text/plain", body).text == text
