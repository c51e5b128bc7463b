"""The specification, explored exhaustively: four gateways, one key, two sets of arguments."""

import pytest

from .explore import explore, stuck


@pytest.mark.slow
@pytest.mark.parametrize("repeatable", [False, True], ids=["non-idempotent", "repeatable"])
def test_no_way_leads_to_a_broken_promise_or_to_a_standstill(repeatable: bool) -> None:
    found = explore(repeatable=repeatable, workers=4)
    print(f"{len(found.worlds)} states, {found.moved} steps, {len(found.kinds)} kinds of step")
    assert len(found.worlds) > 1000
    assert stuck(found) == set()
