"""Which operations the words of a manifest mean, before and after a vendor has renamed them."""

import pytest

from registry.manifest.manifest import Group, Manifest
from registry.manifest.meaning import Candidate, Meaning
from registry.manifest.word_faults import word_faults
from registry.model.errors import ManifestInvalid
from registry.model.operation_key import OperationKey

APPROVED = {"requires_approval": True}
REFUND = OperationKey("POST", "/refunds", ("refund",), "refund", ("money",))
READ = OperationKey("GET", "/orders", ("read",), "read", ("public",))


def _as(key: OperationKey, *ids: str, tags: tuple[str, ...] = ()) -> OperationKey:
    """The same operation under other names of the document's. Its tool keeps its name."""
    return OperationKey(key.method, key.path, ids, key.name, tags or key.tags, server=key.server)


def _known(key: OperationKey, *ids: str, tags: tuple[str, ...] = ()) -> Candidate:
    return Candidate(_as(key, *(ids or key.ids), tags=tags), key)


def _lost(meaning: Meaning) -> list[str]:
    return [fault.pointer for fault in word_faults(meaning).lost]


def _told(meaning: Meaning) -> list[str]:
    return [fault.pointer for fault in word_faults(meaning).told]


@pytest.mark.parametrize("word", ["refund", "POST /refunds"])
def test_an_entry_means_the_operation_that_it_meant_and_says_so_where_the_document_has_renamed_it(word: str) -> None:
    meaning = Meaning(Manifest(operations={word: APPROVED}), [_known(REFUND, "payBack"), _known(READ)])
    assert [meaning.settings_for(place) for place in (0, 1)] == [APPROVED, {}]
    assert _lost(meaning) == []
    assert _told(meaning) == (["manifest:/operations/refund"] if word == "refund" else [])


def test_names_that_the_vendor_has_swapped_guard_what_they_guarded() -> None:
    meaning = Meaning(Manifest(operations={"refund": APPROVED}), [_known(REFUND, "read"), _known(READ, "refund")])
    assert [meaning.settings_for(place) for place in (0, 1)] == [APPROVED, {}]
    assert _told(meaning) == 2 * ["manifest:/operations/refund"]
    assert [meaning.remembered(place).ids for place in (0, 1)] == [("refund",), ("read",)]


def test_a_group_and_a_selection_mean_what_they_meant_when_tags_are_moved() -> None:
    group = Group(("tag:money",), APPROVED)
    manifest = Manifest(include=("tag:public", "tag:money"), groups=(group,))
    meaning = Meaning(manifest, [_known(REFUND, tags=("secret",)), _known(READ, tags=("money",))])
    assert [meaning.settings_for(place) for place in (0, 1)] == [APPROVED, {}]
    assert [meaning.selects(place) for place in (0, 1)] == [True, True]
    assert set(_told(meaning)) == {"manifest:/include/0", "manifest:/include/1", "manifest:/groups/0/match/0"}


def test_a_new_operation_is_matched_by_what_the_document_calls_it() -> None:
    meaning = Meaning(Manifest(include=("tag:money",), operations={"refund": APPROVED}), [Candidate(REFUND), Candidate(READ)])
    assert [meaning.selects(place) for place in (0, 1)] == [True, False]
    assert meaning.settings_for(0) == APPROVED
    assert list(meaning.doubts(0)) == []
    assert [meaning.entry_of(place) for place in (0, 1)] == ["refund", ""]


def test_a_newcomer_that_takes_a_name_gets_none_of_its_freedom_and_all_of_its_guard() -> None:
    settings = {"requires_approval": True, "credential": None, "cost": 5, "effect": "READ", "name": "pay_back"}
    newcomer = OperationKey("POST", "/v2", ("refund",), "refund_1")
    manifest = Manifest(include=("refund",), groups=(Group(("refund",), {"cost": 1}),), operations={"refund": settings})
    meaning = Meaning(manifest, [_known(REFUND, "x"), Candidate(newcomer)])
    assert meaning.selects(1)
    assert meaning.settings_for(1) == APPROVED | {"cost": 1}
    assert list(meaning.doubts(1)) == ["the document calls it 'refund', by which the manifest means POST /refunds"]
    remembered = meaning.remembered(1)
    assert (remembered.denied, remembered.likened) == (("refund",), ("POST /refunds",))
    again = Meaning(manifest, [_known(REFUND, "x"), Candidate(newcomer, remembered)])
    assert again.selects(1)  # the same document again changes nothing
    assert again.settings_for(1) == APPROVED | {"cost": 1}
    assert again.remembered(1) == remembered
    without = Meaning(manifest, [Candidate(newcomer, remembered)], gone=[REFUND])
    assert without.settings_for(0) == APPROVED | {"cost": 1}
    assert _lost(without) == ["manifest:/operations/refund"]


def test_a_twin_of_a_guarded_operation_is_guarded_unless_its_own_entry_says_otherwise() -> None:
    twin = Candidate(OperationKey("POST", "/refunds/", ("other",), "other"), twins=(REFUND,))
    guarded = Meaning(Manifest(operations={"refund": APPROVED}), [_known(REFUND), twin])
    assert guarded.settings_for(1) == APPROVED
    assert list(guarded.doubts(1)) == ["the upstream may take it for POST /refunds, which is the tool 'refund'"]
    freed = Manifest(operations={"refund": APPROVED, "POST /refunds/": {"requires_approval": False}})
    assert Meaning(freed, [_known(REFUND), twin]).settings_for(1) == {"requires_approval": False}


def test_a_word_whose_operation_is_gone_is_lost_and_no_known_operation_may_take_it() -> None:
    loose = {"effect": "READ", "requires_approval": False}
    meaning = Meaning(Manifest(operations={"refund": loose}), [_known(READ, "refund")], gone=[REFUND])
    assert meaning.settings_for(0) == {}
    assert _lost(meaning) == ["manifest:/operations/refund"]


def test_a_newcomer_that_has_the_name_of_what_is_gone_gets_its_settings_and_is_doubted() -> None:
    moved = OperationKey("POST", "/v2/refunds", ("refund",), "refund")
    meaning = Meaning(Manifest(operations={"refund": APPROVED}), [Candidate(moved)], gone=[REFUND])
    assert meaning.settings_for(0) == APPROVED
    assert list(meaning.doubts(0)) == ["'refund' in the manifest meant another operation, which is gone"]
    assert _lost(meaning) == []


def test_a_name_that_the_operator_writes_anew_is_learnt_and_then_follows_the_operation() -> None:
    manifest = Manifest(operations={"payBack": APPROVED})
    first = Meaning(manifest, [_known(REFUND, "payBack"), _known(READ)])
    assert first.settings_for(0) == APPROVED
    learnt = first.remembered(0)
    assert learnt.ids == ("refund", "payBack")
    later = Meaning(manifest, [Candidate(_as(REFUND, "y"), learnt), _known(READ, "payBack")])
    assert [later.settings_for(place) for place in (0, 1)] == [APPROVED, {}]


@pytest.mark.parametrize(
    ("manifest", "lost", "told"),
    [
        (Manifest(operations={"refnd": APPROVED}), ["manifest:/operations/refnd"], []),
        (Manifest(groups=(Group(("tag:cash",), APPROVED),)), ["manifest:/groups/0/match/0"], []),
        (Manifest(exclude=("admin*",)), [], ["manifest:/exclude/0"]),  # a precaution
        (Manifest(exclude=("pay*",)), ["manifest:/exclude/0"], []),  # it once meant an operation that is gone
        (Manifest(include=("GET *",)), [], []),
    ],
)
def test_words_that_mean_nothing_are_lost_but_for_precautions(manifest: Manifest, lost: list[str], told: list[str]) -> None:
    gone = OperationKey("POST", "/pay", ("payAll",), "payAll")
    meaning = Meaning(manifest, [_known(REFUND), _known(READ)], gone=[gone])
    assert (_lost(meaning), _told(meaning)) == (lost, told)


def test_a_path_is_meant_whatever_its_parameters_are_called() -> None:
    before, after = OperationKey("GET", "/a/{id}", ("a",), "a"), OperationKey("GET", "/a/{key}", ("b",), "a")
    for word in ("GET /a/{id}", "GET /a/{key}", "GET /a/{}"):
        entry = Meaning(Manifest(operations={word: APPROVED}), [Candidate(after, before)])
        group = Meaning(Manifest(groups=(Group((word,), APPROVED),)), [Candidate(after, before)])
        assert entry.settings_for(0) == group.settings_for(0) == APPROVED


def test_two_entries_that_have_come_to_mean_one_operation_are_refused() -> None:
    learnt = OperationKey("POST", "/refunds", ("refund", "payBack"), "refund")
    meaning = Meaning(Manifest(operations={"refund": {}, "payBack": {}}), [Candidate(learnt, learnt)])
    with pytest.raises(ManifestInvalid, match="the same operation"):
        meaning.settings_for(0)
