"""A program that must hold its secret, fails, and says it in its last words."""

import json

import pytest

from callgate import ToolFailed
from tests.e2e.house import House
from tests.e2e.leaks import leaks
from tests.e2e.test_program_canary import Offer, offer

__all__ = ["offer"]

#: Bytes of error output that are kept, of which the secret is the beginning: cut before it, in it, and behind it.
KEPT = 2048
ENDING = ", of all things"


@pytest.mark.parametrize("cut", [-40, -20, -1, 0, 1, 16, 31, 60])
def test_a_secret_that_the_end_of_the_words_cuts_in_two_is_not_told_in_part(house: House, offer: Offer, cut: int) -> None:
    tool = offer(delivery="file")
    filler = KEPT - len(ENDING) - len(tool.canary) + cut
    failed = house.client.call(tool.name, {"body": {"do": "blurt", "path": "/tmp/credential", "count": filler}}).outcome
    assert isinstance(failed, ToolFailed)
    assert failed.message.endswith("!!!")
    for part in (tool.canary[begin : begin + 6] for begin in range(len(tool.canary) - 6)):
        assert part not in failed.message


def test_a_failures_result_does_not_tell_it_either(house: House, offer: Offer) -> None:
    tool = offer(delivery="file")
    invocation = house.client.call(tool.name, {"body": {"do": "blurt", "path": "/tmp/credential"}})
    failed = invocation.outcome
    assert isinstance(failed, ToolFailed)
    assert failed.result is not None
    assert json.loads(failed.result.body) == {"error": "[REDACTED]"}
    assert leaks([tool.canary], {"the invocation": repr(invocation).encode(), "the result": failed.result.body}) == []
