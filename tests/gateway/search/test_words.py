"""Which words a text has: the same for all forms of a word, and however names are written."""

import pytest

from gateway.search.stems import stem
from gateway.search.words import asked, counted, words


@pytest.mark.parametrize(
    "texts",
    [
        ["getHTTPUser2", "get_http_users", "Gets the HTTP user 2"],
        ["cancel_order", "Cancelling orders", "CancelOrders", "cancelled/order"],
        ["create", "creates", "created", "creating", "creation"],
        ["delete", "deletion", "DELETE", "deleted"],
        ["retrieve", "retrieval", "Retrieves"],
        ["notify", "notification", "notifies"],
        ["apply", "application", "applied"],
        ["address", "addresses"],
        ["status", "statuses"],
        ["query", "queries"],
        ["use", "using", "used", "uses"],
        ["add", "adding", "adds"],
        ["stop", "stopping", "stopped"],
        ["analyse", "analyze", "analysis", "analyses"],
        ["colours", "color"],
        ["über straße", "uber strasse"],
    ],
)
def test_all_forms_of_a_word_are_one(texts: list[str]) -> None:
    forms = {tuple(word for word in words(text) if not word.isdecimal()) for text in texts}
    assert len(forms) == 1, forms


@pytest.mark.parametrize(("one", "another"), [("order", "border"), ("list", "last"), ("status", "state"), ("bill", "ball")])
def test_two_words_stay_two(one: str, another: str) -> None:
    assert list(words(one)) != list(words(another))


def test_words_that_stand_everywhere_are_left_out_and_a_long_run_is_cut() -> None:
    assert list(words("What is the status of it?")) == ["status"]
    assert [len(word) for word in words("ax" * 10_000)] == [40]


@pytest.mark.parametrize("text", ["", " \n", "!!!", "\0", "🛒", "_", "\ud800"])
def test_what_has_no_words_has_none(text: str) -> None:
    assert list(words(text)) == []


def test_words_of_other_alphabets_are_kept() -> None:
    assert list(words("注文 заказы ١٢")) == ["注文", "заказы", "١٢"]


def test_texts_are_counted_as_they_are_read() -> None:
    told = ["List orders", "listOrders", "an order"]
    assert dict(counted(told)) == {"list": 2, "order": 3}
    assert sorted(counted(told).elements()) == sorted(word for text in told for word in words(text))


def test_no_word_becomes_nothing() -> None:
    for word in ("ing", "ed", "ate", "ly", "s", "es", "ies", "ation", "e", "y", "sses"):
        assert stem(word)


@pytest.mark.parametrize(
    ("text", "known", "found"),
    [
        ("ships of SpaceTraders", {"spacetrader"}, ["ship", "spacetrader"]),
        ("ships of SpaceTraders", set(), ["ship", "spac", "trader"]),
        ("Space Traders", {"spacetrader"}, ["spac", "trader", "spacetrader"]),
        ("buckets of S3", {"s3"}, ["bucket", "s3"]),
        ("a list of it", {"alist", "listof"}, ["list"]),
        ("order 1725ff48", set(), ["order"]),
    ],
)
def test_what_is_written_together_is_one_word_where_a_tool_has_it(text: str, known: set[str], found: list[str]) -> None:
    assert list(asked(text, known.__contains__)) == found
