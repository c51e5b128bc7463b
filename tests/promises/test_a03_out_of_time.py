"""A call that ran out of time ended as JOB_INVALID, a failure of the sandbox: a PUT that may have acted, taken over with less
time left than an attempt needs; and any call with a timeout of a millisecond."""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from callgate import Invocation, State, TimedOut
from callgate.keys import new_key
from tests.e2e.house import CLEAN_WITHIN, House, eventually

from .conftest import Offer
from .scripted import HANG, Scripted

PUT = ("PUT", "/act")


def out_of_time(ended: Invocation) -> TimedOut:
    assert isinstance(ended.outcome, TimedOut), ended
    return ended.outcome


def test_a_put_that_is_taken_over_too_late_for_another_attempt_is_out_of_time_and_may_have_acted(
    new_house: House, scripted: Scripted, offer: Offer
) -> None:
    house, act = new_house, offer(new_house, scripted.url, {"act": PUT})["act"]
    times = (15.2, 16.0, 17.0, 18.0)  # the lease of a lost holder lasts 15 s
    scripted.tell(*PUT, *([HANG] for _ in range(2 * len(times))))
    with ThreadPoolExecutor(len(times)) as threads:
        calls = [threads.submit(house.client.call, act, {}, key=new_key(), timeout=seconds) for seconds in times]
        eventually(lambda: scripted.received(*PUT) == len(times), what="the first attempts")
        house.signal_gateway(signal.SIGKILL)
        house.exit_code()
        house.start_gateway()
        ended = [call.result(CLEAN_WITHIN) for call in calls]
    for one in ended:
        told = out_of_time(one)
        assert told.effect_possible, one
        assert not told.not_done
        assert (one.state, one.under_review) == (State.FAILED, True)


@pytest.mark.parametrize("seconds", [1e-9, 0.0004, 0.001])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_with_no_time_to_speak_of_is_out_of_time_with_nothing_sent_and_its_key_is_free(
    house: House, scripted: Scripted, offer: Offer, method: str, seconds: float
) -> None:
    act, key = offer(house, scripted.url, {"act": (method, "/act")})["act"], new_key()
    told = out_of_time(house.client.call(act, {}, key=key, timeout=seconds))
    assert (told.not_done, told.effect_possible) == (True, False)
    assert scripted.requests == []
    assert house.client.call(act, {}, key=key).state is State.SUCCEEDED
