"""A14: what a proxy ended was called the gateway's defect, and a watch was not gone on with."""

import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import grpc
import pytest

from callgate import Client, RetryPolicy, State, ToolFailed
from callgate.errors import MessageTooLarge, ProxyAnswered
from callgate.keys import new_key
from callgate.v1.invocation_service_pb2 import WatchInvocationRequest
from callgate.v1.invocation_service_pb2_grpc import InvocationServiceStub
from tests.conftest import FreePort
from tests.e2e.hostile import Hostile, description
from tests.e2e.house import CLEAN_WITHIN, House, eventually
from tests.e2e.second_gateway import SecondGateway
from tests.promises.callers import Seen, blocking, with_asyncio
from tests.proxies import Proxies, Proxy

from .conftest import Offer
from .scripted import Answer, Scripted, answer

pytestmark = pytest.mark.slow

#: Of 0.3 s each: three times the idle limit.
ENOUGH = 12
NO_PATIENCE = RetryPolicy(patience=0)
Start = Callable[..., Proxy]
Caller = Callable[[str, str, str, str], Seen]


@pytest.fixture
def prefix(house: House, upstream: Hostile) -> str:
    made = f"t{uuid4().hex[:8]}_"
    house.offer(description(prefix=made), made.rstrip("_"), upstream.url)
    return made


@pytest.mark.parametrize("way", [(Proxies.haproxy, blocking), (Proxies.nginx, with_asyncio)], ids=["haproxy", "nginx"])
def test_a_call_and_a_watch_outlive_an_idle_limit_and_a_reload(
    house: House, upstream: Hostile, prefix: str, proxies: Proxies, way: tuple[Start, Caller]
) -> None:
    start, caller = way
    proxy, token = start(proxies, house.address, idle=1.2), house.state.token.read_text()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(caller, proxy.address, token, f"{prefix}write_slowly", new_key())
        eventually(lambda: proxy.ended >= 8 or running.done(), 30, "several cuts")
        proxy.reload()
        eventually(lambda: proxy.ended >= 12 or running.done(), 30, "cuts after the reload")
        upstream.released.set()
        seen = running.result(20)
    assert seen.invocation.state is State.SUCCEEDED
    assert seen.numbers == list(range(1, len(seen.numbers) + 1))
    assert upstream.received("POST", "/hang") == 1


@pytest.mark.parametrize("start", [Proxies.haproxy, Proxies.nginx], ids=["haproxy", "nginx"])
def test_a_call_that_ended_while_its_caller_was_cut_off_is_told_though_its_key_is_free_and_is_made_once(
    house: House, scripted: Scripted, offer: Offer, proxies: Proxies, start: Start
) -> None:
    pay, key = offer(house, scripted.url, {"pay": ("POST", "/pay")})["pay"], new_key()
    proxy, released, refused = start(proxies, house.address, idle=1.2), threading.Event(), answer(429, b"", "Retry-After: 3600")
    scripted.tell("POST", "/pay", held_back(released, refused), *[refused] * 9)
    token = house.state.token.read_text()
    with Client(proxy.address, token=token) as client, ThreadPoolExecutor(1) as threads:
        running = threads.submit(client.call, pay, {}, key=key)
        eventually(lambda: proxy.ended or running.done(), 30, "a cut")
        proxy.stop()
        released.set()
        eventually(lambda: house.client.invocations.get(house.id_of(key)).outcome, 30, "the end, unheard")
        proxy.start()
        told = running.result(30).outcome
    assert isinstance(told, ToolFailed)
    assert (told.http_status, told.retry_after, told.not_done) == (429, 3600.0, True)
    assert scripted.received("POST", "/pay") == 1
    # Its program has been told, and calls again: that is another call.
    assert not house.client.call(pay, {}, key=key).from_record
    assert scripted.received("POST", "/pay") == 2


def held_back(released: threading.Event, late: Answer) -> Answer:
    released.wait(30)
    yield from late


def test_heartbeats_keep_a_watch_open_through_an_idle_limit(
    house: House, upstream: Hostile, prefix: str, proxies: Proxies, free_port: FreePort
) -> None:
    begun = house.client.call(f"{prefix}write_slowly", {}, wait=0)
    token = house.state.token.read_text()
    with (
        SecondGateway(house, free_port, {"CALLGATE_HEARTBEAT_SECONDS": "0.3"}) as second,
        ThreadPoolExecutor(2) as threads,
    ):
        addresses = [proxies.haproxy(second.address, idle=1.2).address, proxies.nginx(second.address, idle=1.2).address]
        enough = threading.Barrier(len(addresses), action=upstream.released.set)
        watching = [threads.submit(count_heartbeats, address, token, begun.id, enough) for address in addresses]
        assert all(watch.result(30) >= ENOUGH for watch in watching)


def count_heartbeats(address: str, token: str, id: str, enough: threading.Barrier) -> int:
    """How many heartbeats one stream carries, which ends as it should. The call ends once each stream has carried ENOUGH."""
    with grpc.insecure_channel(address) as channel:
        metadata = (("authorization", f"Bearer {token}"),)
        stream = InvocationServiceStub(channel).WatchInvocation(WatchInvocationRequest(id=id), metadata=metadata, timeout=30)
        beats = 0
        for answer in stream:
            beats += answer.HasField("heartbeat")
            if beats == ENOUGH:
                enough.wait(20)
        assert stream.code() is grpc.StatusCode.OK
    return beats


def test_a_size_that_a_proxy_refuses_is_told_as_such_and_not_sent_again(
    house: House, upstream: Hostile, prefix: str, proxies: Proxies
) -> None:
    proxy = proxies.nginx(house.address, body_bytes=50_000)
    with Client(proxy.address, token=house.state.token.read_text()) as client:
        with pytest.raises(MessageTooLarge) as caught:
            client.call(f"{prefix}write_plain", {"body": "x" * 100_000})
        assert client.call(f"{prefix}write_plain", {}).state is State.SUCCEEDED
    assert "client_max_body_size" in caught.value.cure
    eventually(lambda: proxy.ended == 2, what="two requests in the proxy's log")
    assert upstream.received("POST", "/plain") == 1


def test_a_call_outlives_a_gateway_that_is_killed_behind_its_proxy(
    new_house: House, upstream: Hostile, proxies: Proxies
) -> None:
    house, proxy = new_house, proxies.nginx(new_house.address)
    house.offer(description(), "hostile", upstream.url)
    token, key = house.state.token.read_text(), new_key()
    with (
        Client(proxy.address, token=token) as client,
        Client(proxy.address, token=token, retry=NO_PATIENCE) as hasty,
    ):
        call = house.begin("read_slowly", {}, key, caller=client)
        eventually(lambda: upstream.requests, what="the request upstream")
        watching = client.invocations.handle(house.id_of(key)).watch(until_settled=True)
        seen = [next(watching)]
        house.signal_gateway(signal.SIGKILL)
        house.exit_code()
        with pytest.raises(ProxyAnswered) as caught:
            hasty.call("read_plain", {})
        assert caught.value.reason == "HTTP_502"
        assert "proxy" in caught.value.cure
        upstream.released.set()
        house.start_gateway()
        assert call.result(CLEAN_WITHIN).state is State.SUCCEEDED
        seen += watching
    assert [event.number for event in seen] == list(range(1, len(seen) + 1))
    eventually(house.is_at_rest, CLEAN_WITHIN, "no boxes but the new gateway's own")
