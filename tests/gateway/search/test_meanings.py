"""Tools that are found by what they mean: the ranking that is made of two, and what is embedded when. The model is a fake."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from threading import Event

import pytest

from gateway.model.config import ConfigInvalid
from gateway.search import live_index
from gateway.search.index import Match
from gateway.search.nearness import Vectors, fused, said
from gateway.search.opening import open_embeddings
from gateway.search.query import Query
from gateway.search.searches import Searches
from gateway.search.tool_text import text_of
from gateway.search.word_pieces import WordPieces, read_vocabulary
from registry.catalog.catalog import Import, MemoryCatalog
from registry.catalog.tool_entry import VersionState
from tests.gateway.search.made import draft

#: Words that mean the same, for the fake model.
ALIKE = {"abort": "cancel", "purchase": "order"}


class FakeModel:
    """Knows which words are alike. `held`: no text is embedded until it is set."""

    def __init__(self) -> None:
        self.held = Event()
        self.held.set()
        self.embedded: list[str] = []

    def vectors(self) -> Vectors:
        return FakeVectors(self)


class FakeVectors:
    def __init__(self, model: FakeModel) -> None:
        self._model = model
        self._of: dict[str, set[str]] = {}

    @property
    def size(self) -> int:
        return 100 * len(self._of)

    def put(self, texts: Mapping[str, str]) -> None:
        assert self._model.held.wait(30)
        self._model.embedded += texts
        self._of |= {name: _meant(text) for name, text in texts.items()}

    def keep(self, names: Callable[[str], bool]) -> None:
        self._of = {name: words for name, words in self._of.items() if names(name)}

    def nearest(self, query: str, wanted: Callable[[str], bool], most: int, also: Collection[str]) -> Mapping[str, float]:
        asked = _meant(query)
        near = {name: len(asked & words) / 9 for name, words in self._of.items() if asked & words and wanted(name)}
        return dict(sorted(near.items(), key=lambda one: -one[1])[:most])


def _meant(text: str) -> set[str]:
    return {ALIKE.get(word, word) for word in text.lower().replace(".", "").split()}


def query(text: str, may_call: Callable[[str], bool] = lambda _: True) -> Query:
    return Query(text, "", frozenset(), frozenset(), may_call)


@pytest.fixture
async def catalog(monkeypatch: pytest.MonkeyPatch) -> MemoryCatalog:
    monkeypatch.setattr(live_index, "PAUSE", 0.0)
    catalog = MemoryCatalog("acme")
    drafts = [draft("cancel_order", "Cancel an order."), draft("list_bills", "List bills."), draft("pay_bill", "Pay a bill.")]
    await catalog.add(drafts, Import("things"))
    return catalog


async def found(searches: Searches, catalog: MemoryCatalog, wanted: Query) -> list[str]:
    live = await searches.index("acme", catalog)
    if live._meanings:
        await live._meanings.settle()
    return [one.name for one in await live.find(wanted, 10)]


async def test_a_tool_is_found_whose_words_are_others(catalog: MemoryCatalog) -> None:
    by_words, by_both = Searches(), Searches(embeddings=FakeModel())
    assert await found(by_words, catalog, query("abort my purchase")) == []
    assert await found(by_both, catalog, query("abort my purchase")) == ["cancel_order"]
    assert (await found(by_both, catalog, query("pay the bill")))[0] == "pay_bill"
    await by_both.close()


async def test_what_a_caller_may_not_call_is_not_found_by_its_meaning_either(catalog: MemoryCatalog) -> None:
    searches = Searches(embeddings=FakeModel())
    assert await found(searches, catalog, query("abort my purchase", lambda name: name != "cancel_order")) == []
    await catalog.move("cancel_order", VersionState.DISABLED, "")
    assert await found(searches, catalog, query("abort my purchase")) == []
    await searches.close()


async def test_what_is_not_embedded_yet_is_found_by_its_words_and_nothing_is_embedded_twice(catalog: MemoryCatalog) -> None:
    model = FakeModel()
    searches = Searches(embeddings=model)
    model.held.clear()
    live = await searches.index("acme", catalog)
    asked = asyncio.create_task(live.find(query("cancel"), 10))
    model.held.set()
    assert [one.name for one in await asked] == ["cancel_order"]
    for _ in range(2):
        await found(searches, catalog, query("bills"))
    await catalog.add([draft("refund", "Give money back.")], Import("others"))
    await found(searches, catalog, query("bills"))
    assert sorted(model.embedded) == ["cancel_order", "list_bills", "pay_bill", "refund"]
    await searches.close()


async def test_what_is_embedded_ends_with_the_gateway(catalog: MemoryCatalog) -> None:
    model = FakeModel()
    searches = Searches(embeddings=model)
    model.held.clear()
    await searches.index("acme", catalog)
    await searches.close()
    model.held.set()
    await asyncio.sleep(0)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "search embeddings"]


def test_scores_by_words_and_nearness_make_one_ranking_each_as_a_share_of_the_best() -> None:
    words = [Match("a", 9.0), Match("b", 8.0), Match("c", 1.0)]
    assert [one.name for one in fused(words, {"b": 0.6, "d": 0.5, "c": -0.2}, 10)] == ["b", "a", "d", "c"]
    assert [one.name for one in fused(words, {}, 2)] == ["a", "b"]
    assert [one.name for one in fused([], {"d": 0.5, "e": 0.1}, 2)] == ["d", "e"]
    assert all(one.score > 0 for one in fused(words, {"x": -1.0}, 10))


def test_of_a_tool_its_name_description_and_arguments_are_embedded_within_bounds() -> None:
    told = text_of(draft("cancel_order", "Cancel it. " * 200, schema={"properties": {f"a{n}": {} for n in range(200)}}))
    assert said(told).startswith("cancel order. Cancel it.")
    assert len(said(told)) < 700


VOCABULARY = ["[UNK]", "[CLS]", "[SEP]", "cancel", "##ling", "an", "order", ":", "una", "##ffa", "##ble", "uber", "文"]


def test_a_text_is_read_as_word_pieces_the_longest_first() -> None:
    pieces = WordPieces({piece: number for number, piece in enumerate(VOCABULARY)})

    def read(text: str, most: int = 64) -> list[str]:
        return [VOCABULARY[number] for number in pieces.numbers(text, most)]

    assert read("Cancelling an\torder: unaffable") == [
        *("[CLS]", "cancel", "##ling", "an", "order", ":", "una", "##ffa", "##ble", "[SEP]"),
    ]
    assert read("Über 文文 cancelx") == ["[CLS]", "uber", "文", "文", "[UNK]", "[SEP]"]
    assert read("order " * 100, 5) == ["[CLS]", "order", "order", "order", "[SEP]"]
    assert read("") == ["[CLS]", "[SEP]"]
    assert read("x" * 101) == ["[CLS]", "[UNK]", "[SEP]"]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"model": {"type": "BPE", "vocab": {}}}', '{"model": []}'])
def test_a_file_without_such_a_vocabulary_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(ValueError, match=r"vocab|Expecting"):
        WordPieces(read_vocabulary(tmp_path / "tokenizer.json"))


def test_a_vocabulary_may_be_a_text_with_a_piece_in_each_line(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY), "utf-8")
    assert read_vocabulary(tmp_path / "vocab.txt") == {piece: number for number, piece in enumerate(VOCABULARY)}


def test_no_model_is_opened_where_the_operator_names_none() -> None:
    assert open_embeddings(None) is None


def test_a_directory_without_a_model_is_told_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="CALLGATE_SEARCH_MODEL"):
        open_embeddings(tmp_path)
