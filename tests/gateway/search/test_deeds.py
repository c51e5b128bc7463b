"""Whether a query, or a tool, reads or changes."""

import pytest

from gateway.search.deeds import Deed, deed_of_tool, deed_of_words
from tests.gateway.search.made import draft


@pytest.mark.parametrize(
    ("query", "deed"),
    [
        ("which labels does the project have", Deed.READS),
        ("show open issues", Deed.READS),
        ("please delete the list", Deed.CHANGES),
        ("tomorrow", Deed.UNKNOWN),
        ("", Deed.UNKNOWN),
    ],
)
def test_the_first_known_word_of_a_query_tells(query: str, deed: Deed) -> None:
    assert deed_of_words(query.split()) is deed


@pytest.mark.parametrize(
    ("method", "name", "deed"),
    [
        ("GET", "delete_is_only_a_name", Deed.READS),
        ("DELETE", "labels", Deed.CHANGES),
        ("POST", "search_labels", Deed.READS),
        ("POST", "create_label", Deed.CHANGES),
        ("POST", "labels", Deed.UNKNOWN),
    ],
)
def test_a_tools_method_tells_and_of_a_post_its_name(method: str, name: str, deed: Deed) -> None:
    assert deed_of_tool(draft(name, method=method), name.split("_")) is deed
