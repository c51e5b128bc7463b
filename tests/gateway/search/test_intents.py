"""Whether a query, or a tool, reads or changes."""

import pytest

from gateway.search.intents import Intent, intent_of_tool, intent_of_words
from tests.gateway.search.made import draft


@pytest.mark.parametrize(
    ("query", "intent"),
    [
        ("which labels does the project have", Intent.READS),
        ("show open issues", Intent.READS),
        ("please delete the list", Intent.CHANGES),
        ("tomorrow", Intent.UNKNOWN),
        ("", Intent.UNKNOWN),
    ],
)
def test_the_first_known_word_of_a_query_tells(query: str, intent: Intent) -> None:
    assert intent_of_words(query.split()) is intent


@pytest.mark.parametrize(
    ("method", "name", "intent"),
    [
        ("GET", "delete_is_only_a_name", Intent.READS),
        ("DELETE", "labels", Intent.CHANGES),
        ("POST", "search_labels", Intent.READS),
        ("POST", "create_label", Intent.CHANGES),
        ("POST", "labels", Intent.UNKNOWN),
    ],
)
def test_a_tools_method_tells_and_of_a_post_its_name(method: str, name: str, intent: Intent) -> None:
    assert intent_of_tool(draft(name, method=method), name.split("_")) is intent
