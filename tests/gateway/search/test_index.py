"""What an index finds, in which order, and how much work a search is."""

import asyncio
import pickle
from collections.abc import Iterable
from time import process_time

import pytest

from gateway.search import index as bounds
from gateway.search.index import Entry, Index, Match
from gateway.search.intents import Intent
from gateway.search.query import Query


def entry(
    name: str, toolset: str = "things", effect: str = "READ", tags: Iterable[str] = (), intent: Intent = Intent.UNKNOWN
) -> Entry:
    return Entry(name, toolset, effect, frozenset(tags), b"", intent)


def query(text: str, **how: object) -> Query:
    told: dict[str, object] = {"toolset": "", "effects": frozenset(), "tags": frozenset(), "may_call": lambda _: True}
    return Query(text, **{**told, **how})  # type: ignore[arg-type] # each has its type


def found(index: Index, asked: Query, most: int = 10) -> list[Match]:
    return asyncio.run(index.ranked(asked.words(index.knows), asked.intent).best(most, asked.fits))


def names(index: Index, text: str, most: int = 10, **how: object) -> list[str]:
    return [one.name for one in found(index, query(text, **how), most)]


@pytest.fixture
def index() -> Index:
    made = Index()
    made.put(entry("list_orders", effect="READ", tags=["shop"]), {"list": 0.7, "order": 0.8})
    made.put(entry("cancel_order", effect="NON_IDEMPOTENT", tags=["shop", "risky"]), {"cancel": 0.8, "order": 0.8})
    made.put(entry("list_bills", toolset="bills"), {"list": 0.7, "bil": 0.8, "order": 0.1})
    return made


def test_the_rarer_word_and_the_larger_weight_win(index: Index) -> None:
    assert names(index, "cancel the order") == ["cancel_order", "list_orders", "list_bills"]
    assert names(index, "bills") == ["list_bills"]
    assert names(index, "weather") == []


def test_tools_that_fit_alike_are_in_the_order_of_their_names() -> None:
    made = Index()
    for name in ("c", "a", "b"):
        made.put(entry(name), {"word": 0.5})
    assert names(made, "word") == ["a", "b", "c"]


def test_what_is_not_wanted_takes_no_place(index: Index) -> None:
    assert names(index, "order", toolset="bills") == ["list_bills"]
    assert names(index, "order", effects=frozenset({"NON_IDEMPOTENT"})) == ["cancel_order"]
    assert names(index, "order", tags=frozenset({"shop", "risky"})) == ["cancel_order"]
    assert names(index, "order", most=1, may_call=lambda name: name == "list_bills") == ["list_bills"]


def test_a_tool_that_is_put_again_is_known_by_its_new_words_alone(index: Index) -> None:
    index.put(entry("list_bills"), {"invoic": 0.8})
    assert (names(index, "bil"), names(index, "invoices")) == ([], ["list_bills"])
    index.remove("list_bills")
    index.remove("nothing")
    assert names(index, "invoice") == []
    assert (len(index), "list_bills" in index, sorted(index.names)) == (2, False, ["cancel_order", "list_orders"])


def test_an_index_of_which_most_was_taken_out_is_worn(index: Index) -> None:
    for number in range(200):
        assert index.is_worn == (number > 103)
        index.put(entry("list_bills"), {f"word{number}": 0.5})


def test_of_tools_with_the_same_words_the_one_that_does_what_is_asked_for_is_first() -> None:
    made = Index()
    for name, intent in (("a_change", Intent.CHANGES), ("b_read", Intent.READS), ("c_other", Intent.UNKNOWN)):
        made.put(entry(name, intent=intent), {"label": 0.5})
    assert names(made, "which labels do we have?") == ["b_read", "c_other", "a_change"]
    assert names(made, "remove the label") == ["a_change", "c_other", "b_read"]
    assert names(made, "label") == ["a_change", "b_read", "c_other"]


def test_a_number_tells_less_than_a_word() -> None:
    made = Index()
    made.put(entry("a"), {"2": 0.5})
    made.put(entry("b"), {"order": 0.5})
    assert names(made, "order 2") == ["b", "a"]


def test_a_caller_that_may_call_one_tool_in_thousands_finds_it_though_all_fit_better() -> None:
    made = Index()
    for number in range(3_000):
        made.put(entry(f"t{number:04}"), {"order": 0.9})
    made.put(entry("mine"), {"order": 0.1})
    assert names(made, "order", may_call=lambda name: name == "mine") == ["mine"]
    assert len(names(made, "order", most=50)) == 50


def test_a_query_walks_no_more_than_its_bound_and_the_rarest_words_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_WALKED", 100)
    made = Index()
    for number in range(150):
        made.put(entry(f"t{number:03}"), {"common": 0.9} | ({"odd": 0.5} if number == 140 else {}))
    assert names(made, "common odd") == ["t140"]
    assert len(names(made, "common", most=50)) == 50


def test_a_search_among_many_tools_is_short_work() -> None:
    made = Index()
    for number in range(20_000):
        made.put(entry(f"t{number}"), {f"w{number % 97}": 0.5, f"w{number % 89}": 0.4, f"x{number % 4001}": 0.6, "all": 0.2})
    asked = query(" ".join([*(f"w{n}" for n in range(40)), "x7", "all"]))
    begun = process_time()
    for _ in range(5):
        found(made, asked)
    assert (process_time() - begun) / 5 < 0.1  # some milliseconds; a machine under load takes more


def test_its_size_is_about_what_it_takes() -> None:
    made = Index()
    for number in range(2_000):
        made.put(entry(f"tool_{number}"), {f"word{(number * 7 + one * 13) % 3_000}": 0.5 for one in range(50)})
    assert 0.5 < made.size / (len(pickle.dumps(made)) + 400 * 2_000) < 3
