"""Connections that are cut, over and over: what counts as working, and when it is enough. Time passes as the tests say."""

from functools import partial

import pytest
from grpc import StatusCode

from callgate import AnotherAttempt, Client, RetryPolicy, errors
from callgate.v1 import error_pb2
from callgate.waiting import Waiting
from clients.python.tests.conftest import Gateway, Pauses

REFUSED = "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Connection refused"
NO_GATEWAY = "Received http2 header with status: 503"


def test_a_call_outlives_any_number_of_cuts_under_one_key(client: Client, gateway: Gateway, pauses: Pauses) -> None:
    for _ in range(20):
        gateway.break_off(partial(pauses.sleep, 50.0))
    assert client.call("orders_get", {}, timeout=1800).json() == {"ok": True}
    assert pauses.now > 1000
    assert len({request.idempotency_key for request in gateway.requests}) == 1


def test_a_decision_whose_reply_is_cut_off_is_sent_again_as_the_same_of_the_same_attempts(
    client: Client, gateway: Gateway
) -> None:
    def act_unknown_again() -> None:
        gateway.attempts += 1

    gateway.script.append(lambda: None)  # the client looks
    for _ in range(2):
        gateway.break_off(act_unknown_again)
    assert len(client.reviews.decide("inv-1", AnotherAttempt(), reason="it is not there").invocation.attempts) == 3
    _, *sent = gateway.requests
    assert len(sent) == 3
    assert {request.attempts_seen for request in sent} == {1}
    assert len({request.decision_id for request in sent}) == 1
    client.reviews.decide("inv-1", AnotherAttempt(), reason="it is not there", attempts_seen=3)
    assert gateway.requests[-1].attempts_seen == 3
    assert gateway.requests[-1].decision_id not in {sent[0].decision_id, ""}


def test_a_watch_outlives_any_number_of_cuts(client: Client, gateway: Gateway, pauses: Pauses) -> None:
    for _ in range(20):
        gateway.break_off(partial(pauses.sleep, 50.0))
    assert [event.number for event in client.invocations.handle("inv-1").watch()] == [1, 2, 3, 4, 5]
    assert pauses.now > 1000


def test_a_cut_is_followed_by_a_short_pause_however_many_came_before(client: Client, gateway: Gateway, pauses: Pauses) -> None:
    for _ in range(20):
        gateway.break_off(partial(pauses.sleep, 50.0))
    list(client.invocations.handle("inv-1").watch())
    assert [taken for taken in pauses.taken if taken != 50.0] == [0.1] * 20


def test_a_heartbeat_alone_shows_that_a_watch_works(client: Client, gateway: Gateway, pauses: Pauses) -> None:
    gateway.heartbeats_before_break = 50
    assert [event.number for event in client.invocations.handle("inv-1").watch()] == [1, 2, 3, 4, 5]
    assert pauses.now > 60.0  # and yet such a gateway is left more and more time
    assert max(pauses.taken) == 2.5


def test_little_patience_is_enough_while_something_works(gateway: Gateway, pauses: Pauses) -> None:
    gateway.heartbeats_before_break = 50
    with pauses.pace(Client(gateway.address, retry=RetryPolicy(patience=0.5))) as client:
        assert [event.number for event in client.invocations.handle("inv-1").watch()] == [1, 2, 3, 4, 5]


def test_a_watch_without_a_gateway_ends(client: Client, gateway: Gateway, pauses: Pauses) -> None:
    for _ in range(100):
        gateway.break_off()
    with pytest.raises(errors.ConnectionBroken):
        list(client.invocations.handle("inv-1").watch())
    assert pauses.now <= 30.0


@pytest.mark.parametrize("text", [REFUSED, NO_GATEWAY])
@pytest.mark.parametrize("each", [0.1, 5.0])
def test_time_spent_on_no_gateway_is_not_health(
    client: Client, gateway: Gateway, pauses: Pauses, text: str, each: float
) -> None:
    for _ in range(1000):
        gateway.break_off(partial(pauses.sleep, each), text)
    with pytest.raises(errors.GatewayUnavailable):
        list(client.invocations.handle("inv-1").watch())
    assert pauses.now <= 30.0 + 2 * each


def test_the_patience_begins_with_the_last_that_worked(client: Client, gateway: Gateway, pauses: Pauses) -> None:
    gateway.break_off(partial(pauses.sleep, 50.0))
    for _ in range(1000):
        gateway.break_off(text=REFUSED)
    with pytest.raises(errors.GatewayUnavailable):
        list(client.invocations.handle("inv-1").watch())
    assert 70.0 < pauses.now <= 80.0


def test_a_refusal_that_took_long_is_not_health(client: Client, gateway: Gateway, pauses: Pauses) -> None:
    for _ in range(100):
        gateway.refuse(
            StatusCode.RESOURCE_EXHAUSTED,
            first=partial(pauses.sleep, 12.0),
            reason=error_pb2.ERROR_REASON_POOL_EXHAUSTED,
            retryable=True,
        )
    with pytest.raises(errors.PoolExhausted):
        client.call("orders_get", {})
    assert pauses.now < 60.0


def test_a_call_that_was_cut_off_asks_for_an_answer_in_half_the_time(client: Client, gateway: Gateway, pauses: Pauses) -> None:
    gateway.break_off(partial(pauses.sleep, 40.0))
    gateway.under_way = 3
    assert client.call("orders_get", {}).json() == {"ok": True}
    first, *later, last = gateway.requests
    assert not first.HasField("wait")
    assert [request.wait.ToMilliseconds() for request in later] == [20_000, 30_000, 45_000]
    assert not last.HasField("wait")  # and so back to as long as a request may take


def test_a_silence_is_never_asked_to_be_longer_than_the_caller_waits(pauses: Pauses) -> None:
    waiting = Waiting(None, 5.0, lambda: pauses.now)
    assert waiting.seconds == 5.0
    waiting.broke(40.0)
    assert waiting.seconds == 5.0
    waiting.broke(2.0)
    assert waiting.seconds == 1.0


def test_a_cut_at_once_says_nothing_of_an_idle_limit(pauses: Pauses) -> None:
    waiting = Waiting(None, None, lambda: pauses.now)
    waiting.broke(0.01)
    assert waiting.seconds is None
