"""What `search` counts as found, and when its exit status is 0."""

import pytest

from benchmarks.search_verdict import BOUNDS, recall, share_found
from benchmarks.spec_verdict import Figures

KEPT = {name: bound.value for name, bound in BOUNDS.items()}


def test_a_question_with_several_right_tools_counts_by_the_share_that_is_found() -> None:
    assert share_found({"a", "b"}, ["x", "b"]) == 0.5
    assert share_found({"a"}, ["x", "y"]) == 0


def test_by_name_any_tool_of_the_same_own_name_will_do() -> None:
    assert share_found({"a_2"}, ["a"], {"a": "a", "a_2": "a"}) == 1
    assert share_found({"a_2", "b"}, ["a"], {"a": "a", "a_2": "a", "b": "b"}) == 0.5


def test_a_question_whose_tool_is_not_in_the_catalog_is_one_that_is_not_found() -> None:
    assert recall([({"a"}, ["a"]), ({"no tool: GET /b"}, ["a"])], {"a": "a"}) == 0.5


@pytest.mark.parametrize("broken", [None, *BOUNDS])
def test_each_bound_decides(broken: str | None) -> None:
    worse = {name: value - 0.01 if BOUNDS[name].holds(1, 0) else value + 0.01 for name, value in KEPT.items()}
    figures = Figures(BOUNDS, dict(KEPT) | ({broken: worse[broken]} if broken else {}))
    assert figures.is_kept(whole=True) is (broken is None)


def test_a_figure_that_was_not_measured_is_not_kept_unless_its_part_was_left_out() -> None:
    figures = Figures(BOUNDS, {name: value for name, value in KEPT.items() if "embeddings" not in name})
    assert not figures.is_kept(whole=True)
    assert figures.is_kept(whole=True, without=("bfcl_recall_at_5_embeddings", "search_embeddings_p50_ms"))
