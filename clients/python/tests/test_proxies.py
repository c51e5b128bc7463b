"""The SDK through real proxies: what they cut off is gone on with, and what they refuse is not called the gateway's fault."""

import threading
from collections.abc import Callable, Iterator

import pytest

from callgate import Client, RetryPolicy, errors
from clients.python.tests.conftest import TOKEN, Gateway
from tests.proxies import Proxies, Proxy, proxies, wait_until

__all__ = ["proxies"]

#: Shorter than what the calls below take: they end well only because what works is not counted as failing.
POLICY = RetryPolicy(patience=1.5)
Start = Callable[[str, float], Proxy]
KINDS = ["haproxy", "haproxy as a balancer of connections", "nginx"]


@pytest.fixture(params=KINDS)
def start(request: pytest.FixtureRequest, proxies: Proxies) -> Start:
    """Starts a proxy of one kind before an address, with its idle limit."""
    return {
        "haproxy": lambda upstream, idle: proxies.haproxy(upstream, idle=idle),
        "haproxy as a balancer of connections": lambda upstream, idle: proxies.haproxy(upstream, idle=idle, mode="tcp"),
        "nginx": lambda upstream, idle: proxies.nginx(upstream, idle=idle),
    }[request.param]


@pytest.fixture
def slow(gateway: Gateway) -> Iterator[threading.Event]:
    """Calls are under way until it is set, and a watched one does not settle."""
    gateway.ended, gateway.settles = threading.Event(), False
    yield gateway.ended
    gateway.ended.set()
    gateway.settles = True


def let_end(gateway: Gateway, ended: threading.Event, requests: int) -> threading.Thread:
    """End the call once so many requests have come."""

    def end() -> None:
        wait_until(lambda: len(gateway.requests) >= requests, "the requests", seconds=30)
        gateway.settles = True
        ended.set()

    thread = threading.Thread(target=end)
    thread.start()
    return thread


@pytest.mark.slow
def test_a_call_outlives_an_idle_limit_under_one_key(gateway: Gateway, slow: threading.Event, start: Start) -> None:
    ending = let_end(gateway, slow, 5)
    with Client(start(gateway.address, 1.0).address, token=TOKEN, retry=POLICY) as client:
        assert client.call("orders_get", {}).json() == {"ok": True}
    ending.join()
    assert len({request.idempotency_key for request in gateway.requests}) == 1


@pytest.mark.slow
def test_a_watch_outlives_an_idle_limit_and_tells_no_event_twice(gateway: Gateway, slow: threading.Event, start: Start) -> None:
    ending = let_end(gateway, slow, 4)
    with Client(start(gateway.address, 1.0).address, token=TOKEN, retry=POLICY) as client:
        assert [event.number for event in client.invocations.handle("inv-1").watch(until_settled=True)] == [1, 2, 3, 4, 5]
    ending.join()


@pytest.mark.slow
def test_a_call_and_a_watch_outlive_the_reload_of_a_proxy(gateway: Gateway, slow: threading.Event, start: Start) -> None:
    proxy = start(gateway.address, 30.0)
    with Client(proxy.address, token=TOKEN, retry=POLICY) as client:
        answers: list[object] = []
        threads = [
            threading.Thread(target=lambda: answers.append(client.call("orders_get", {}).json())),
            threading.Thread(
                target=lambda: answers.append(len(list(client.invocations.handle("inv-1").watch(until_settled=True))))
            ),
        ]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(gateway.requests) >= 2, "both requests")
        proxy.reload()
        let_end(gateway, slow, 4).join()
        for thread in threads:
            thread.join(20)
    assert sorted(map(str, answers)) == ["5", "{'ok': True}"]


@pytest.mark.slow
def test_a_gateway_that_is_started_again_behind_its_proxy_is_found(gateway: Gateway, start: Start) -> None:
    proxy = start(gateway.address, 30.0)
    with Client(proxy.address, token=TOKEN, retry=RetryPolicy(patience=15)) as client:
        client.tools.get("t")
        gateway.kill()
        with pytest.raises(errors.GatewayUnavailable) as caught, Client(proxy.address, retry=RetryPolicy(patience=0)) as hasty:
            hasty.call("orders_get", {})
        assert caught.value.retryable
        assert caught.value.cure
        again = threading.Timer(1.0, gateway.start)
        again.start()
        assert client.call("orders_get", {}).json() == {"ok": True}
        again.join()


def test_what_a_proxy_takes_for_too_large_is_told_and_not_sent_again(gateway: Gateway, proxies: Proxies) -> None:
    proxy = proxies.nginx(gateway.address, body_bytes=10_000)
    with Client(proxy.address, token=TOKEN) as client, pytest.raises(errors.MessageTooLarge) as caught:
        client.call("orders_get", {"text": "x" * 100_000})
    assert not caught.value.retryable
    assert caught.value.reason == "HTTP_413"
    assert "client_max_body_size" in caught.value.cure
    assert caught.value.idempotency_key
    assert gateway.requests == []


PAGES = [
    (200, errors.ConnectionBroken),  # in the place of an answer
    (302, errors.RefusedOnTheWay),
    (400, errors.RefusedOnTheWay),
    (401, errors.RefusedOnTheWay),
    (403, errors.RefusedOnTheWay),
    (404, errors.RefusedOnTheWay),
    (413, errors.MessageTooLarge),
    (429, errors.Overloaded),
    (431, errors.MessageTooLarge),
    (500, errors.ProxyAnswered),
    (502, errors.ProxyAnswered),
    (503, errors.ProxyAnswered),
    (504, errors.ConnectionBroken),
]


@pytest.mark.parametrize(("status", "kind"), PAGES)
def test_a_page_of_a_proxys_is_not_the_gateways_word(proxies: Proxies, status: int, kind: type[errors.CallgateError]) -> None:
    proxy = proxies.nginx_that_says(status)
    with Client(proxy.address, retry=RetryPolicy(patience=0)) as client, pytest.raises(kind) as caught:
        client.invocations.get("inv-1")
    assert type(caught.value) is kind
    assert caught.value.cure
    assert caught.value.retryable == (not issubclass(kind, errors.RequestRefused))


@pytest.mark.parametrize(("status", "kind"), [page for page in PAGES if page[0] in {200, 403, 413, 502}])
def test_a_page_in_the_place_of_a_stream_is_told_likewise(
    proxies: Proxies, status: int, kind: type[errors.CallgateError]
) -> None:
    proxy = proxies.nginx_that_says(status)
    with Client(proxy.address, retry=RetryPolicy(patience=1)) as client, pytest.raises(errors.CallgateError) as caught:
        list(client.invocations.handle("inv-1").watch())
    # gRPC now and then loses the status of such a page, and tells of a broken stream. A refusal shows when it is asked again.
    assert isinstance(caught.value, kind if issubclass(kind, errors.RequestRefused) else kind | errors.ConnectionBroken)
