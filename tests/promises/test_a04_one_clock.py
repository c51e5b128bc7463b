"""A gateway whose clock was an hour ahead of the store's ended a call of 28 s after 18 s, when it took it over; one that was an
hour behind let it run on for 38 s."""

import signal
from pathlib import Path

import pytest

from callgate import State, TimedOut
from callgate.keys import new_key
from tests.e2e.house import CLEAN_WITHIN, House, eventually

from .conftest import Offer
from .scripted import HANG, Scripted, answer

GET = ("GET", "/look")

#: Seconds: for a call as a whole; the first of it is spent waiting for its second attempt.
WHOLE, FIRST = 12.0, 3.0


def clock_of(offset: str) -> dict[str, str]:
    """What sets a process's wall clock so far off, and leaves its monotonic clock alone (Debian's libfaketime)."""
    [library] = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    return {"LD_PRELOAD": str(library), "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@pytest.mark.parametrize("offset", ["+1h", "-1h"])
def test_a_call_that_is_gone_on_with_has_the_time_that_the_store_says(
    new_house: House, scripted: Scripted, offer: Offer, offset: str
) -> None:
    house, look, key = new_house, offer(new_house, scripted.url, {"look": GET})["look"], new_key()
    scripted.tell(*GET, answer(503, b"", f"Retry-After: {FIRST:g}"), [HANG])
    begun = house.client.call(look, {}, key=key, timeout=WHOLE, wait=0)
    eventually(lambda: house.client.invocations.get(begun.id).state is State.RETRY_WAIT, what="the wait for the second attempt")
    house.signal_gateway(signal.SIGKILL)
    house.exit_code()
    house.start_gateway(clock_of(offset))
    eventually(lambda: house.client.invocations.get(begun.id).outcome is not None, CLEAN_WITHIN, "the end")
    ended = house.client.invocations.get(begun.id)
    assert isinstance(ended.outcome, TimedOut), ended
    assert scripted.received(*GET) == 2
    assert ended.accepted is not None
    assert ended.ended is not None
    assert WHOLE - 0.5 < (ended.ended - ended.accepted).total_seconds() < WHOLE + 1.5
