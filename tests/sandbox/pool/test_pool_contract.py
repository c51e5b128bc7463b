"""One body over the fake pool and the real one: what a pool and its boxes promise to whoever calls them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from sandbox.api.errors import ImageMissing, PoolExhausted, RuntimeUnavailable
from sandbox.api.job import Destination, Egress, Job
from sandbox.api.ports import Permit, Pool
from sandbox.api.result import Evidence, Fault, Faulted, Responded, Result
from sandbox.api.spec import BoxSpec
from sandbox.engine.docker_engine import DockerEngine
from sandbox.pool.pool import DockerPool, PoolSettings
from sandbox.testing.fake_pool import FakePool

Opening = Callable[[], AbstractAsyncContextManager[Pool]]

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture(params=["fake", "docker"])
def opening(request: pytest.FixtureRequest) -> Opening:
    if request.param == "fake":
        return fake_pool
    image, run_dir = request.getfixturevalue("box_image"), request.getfixturevalue("run_dir")
    return lambda: docker_pool(image, run_dir)


@asynccontextmanager
async def fake_pool() -> AsyncIterator[Pool]:
    yield FakePool(size=1)


@asynccontextmanager
async def docker_pool(image: str, run_dir: Path) -> AsyncIterator[Pool]:
    engine = DockerEngine()
    try:
        async with DockerPool(engine, image, run_dir, "contract", PoolSettings(size=1, max_boxes=1)) as pool:
            yield pool
    finally:
        await engine.close()


async def granted() -> float | None:
    return 5.0


async def refused() -> float | None:
    return None


async def ended_already() -> float | None:
    return 0.0


def job(url: str, **changes: object) -> Job:
    return replace(Job("GET", url, (("x-trace", "abc"),), None, timeout=5.0, response_bytes=50_000), **changes)


def outcome(opening: Opening, egress: Egress, work: Job, permit: Permit = granted) -> Result:
    """Do one job in one box of a pool."""

    async def scenario() -> Result:
        async with opening() as pool, pool.lease(egress, wait=10) as box:
            return await box.run(work, permit)

    return asyncio.run(scenario())


def assert_fault(result: Result, fault: Fault, evidence: Evidence) -> None:
    assert isinstance(result, Faulted), result
    assert (result.fault, result.evidence) == (fault, evidence), result


def test_an_answer_comes_back_as_the_upstream_gave_it(opening, upstream):
    work = job(f"{upstream.url}/echo?a=%2F&b=1", method="POST", body=b"\x00\xffbytes")
    result = outcome(opening, upstream.egress, work)
    assert isinstance(result, Responded)
    assert (result.status, result.body) == (200, b"\x00\xffbytes")
    assert result.header("Content-Length") == "7"
    assert all(name == name.lower() for name, _ in result.headers)


def test_the_request_leaves_as_the_job_has_it(opening, upstream):
    headers = (("X-Trace", "abc"), ("traceparent", "00-1-2-01"), ("accept", "text/plain"))
    outcome(opening, upstream.egress, job(f"{upstream.url}/echo?a=%2F&b=+", method="PUT", headers=headers, body=b"{}"))
    [request] = upstream.requests
    assert (request.method, request.target, request.body) == ("PUT", "/echo?a=%2F&b=+", b"{}")
    expected = {"host": upstream.url.removeprefix("http://"), "content-length": "2", "connection": "close"}
    assert request.headers == {**{name.lower(): value for name, value in headers}, **expected}


def test_a_status_that_is_no_success_is_an_answer_all_the_same(opening, upstream):
    result = outcome(opening, upstream.egress, job(f"{upstream.url}/missing"))
    assert isinstance(result, Responded)
    assert result.status == 404


def test_a_redirect_is_given_back_and_not_followed(opening, upstream):
    result = outcome(opening, upstream.egress, job(f"{upstream.url}/redirect"))
    assert isinstance(result, Responded)
    assert (result.status, result.header("location")) == (302, f"{upstream.url}/echo")
    assert len(upstream.requests) == 1


def test_the_connection_is_on_record(opening, upstream):
    result = outcome(opening, upstream.egress, job(f"{upstream.url}/echo"))
    [connection] = result.usage.connections
    assert (connection.host, connection.port) == ("127.0.0.1", upstream.destination.port)
    assert (connection.address, connection.verdict) == ("127.0.0.1", "open")


@pytest.mark.parametrize("permit", [refused, ended_already])
def test_without_permission_nothing_is_sent(opening, upstream, permit):
    result = outcome(opening, upstream.egress, job(f"{upstream.url}/echo"), permit)
    assert_fault(result, Fault.PERMISSION_REFUSED, Evidence.NOT_SENT)
    assert upstream.requests == []


def test_what_may_be_sent_unasked_is_not_answered_without_permission(opening, upstream):
    result = outcome(opening, upstream.egress, job(f"{upstream.url}/slow", send_within=5.0), refused)
    assert_fault(result, Fault.PERMISSION_REFUSED, Evidence.SENT)


def test_the_permission_is_asked_once_and_before_the_request(opening, upstream):
    seen = []

    async def permit() -> float | None:
        seen.append(len(upstream.requests))
        return 5.0

    assert isinstance(outcome(opening, upstream.egress, job(f"{upstream.url}/echo"), permit), Responded)
    assert seen == [0]


@pytest.mark.parametrize(("path", "times"), [("echo", (0, 1)), ("slow", (1,))])
def test_the_permission_is_asked_at_most_once_for_what_may_be_sent_unasked(opening, upstream, path, times):
    asked = []

    async def permit() -> float | None:
        asked.append(True)
        upstream.released.set()
        return 5.0

    work = job(f"{upstream.url}/{path}", send_within=5.0)
    assert outcome(opening, upstream.egress, work, permit).evidence is not Evidence.NOT_SENT
    assert len(asked) in times


def test_what_the_permit_raises_reaches_the_caller(opening, upstream):
    class StoreLost(Exception):
        pass

    async def permit() -> float | None:
        raise StoreLost

    with pytest.raises(StoreLost):
        outcome(opening, upstream.egress, job(f"{upstream.url}/echo"), permit)
    assert upstream.requests == []


@pytest.mark.parametrize("path", ["cut", "silence", "babble"])
def test_an_answer_that_breaks_off_proves_only_that_the_request_was_sent(opening, upstream, path):
    result = outcome(opening, upstream.egress, job(f"{upstream.url}/{path}"))
    assert_fault(result, Fault.UPSTREAM_BROKE, Evidence.SENT)


@pytest.mark.parametrize("unasked", [None, 5.0])
def test_a_refused_connection_sends_nothing(opening, free_port, unasked):
    port = free_port()
    egress = Egress((Destination("127.0.0.1", port, LOOPBACK, tls=False),))
    result = outcome(opening, egress, job(f"http://127.0.0.1:{port}/", send_within=unasked))
    assert_fault(result, Fault.UPSTREAM_UNREACHABLE, Evidence.NOT_SENT)


def test_a_name_without_an_address_is_unreachable(opening):
    result = outcome(opening, Egress((Destination("nowhere.invalid", 80, tls=False),)), job("http://nowhere.invalid/"))
    assert_fault(result, Fault.UPSTREAM_UNREACHABLE, Evidence.NOT_SENT)


def test_tls_with_what_is_no_tls_sends_nothing(opening, upstream):
    result = outcome(opening, upstream.egress, job(f"https://127.0.0.1:{upstream.server_port}/echo"))
    assert_fault(result, Fault.UPSTREAM_UNREACHABLE, Evidence.NOT_SENT)
    assert upstream.requests == []


@pytest.mark.parametrize("listed", ["nothing", "another port", "another host", "no private network"])
def test_a_destination_that_is_not_permitted_is_denied(opening, upstream, listed):
    permitted = {
        "nothing": (),
        "another port": (replace(upstream.destination, port=1),),
        "another host": (replace(upstream.destination, host="127.0.0.2"),),
        "no private network": (replace(upstream.destination, private=()),),
    }[listed]
    result = outcome(opening, Egress(permitted), job(f"{upstream.url}/echo"))
    assert_fault(result, Fault.EGRESS_DENIED, Evidence.NOT_SENT)
    assert upstream.requests == []
    assert [connection.verdict for connection in result.usage.connections] != ["open"]


def test_an_answer_that_announces_too_much_is_refused(opening, upstream):
    result = outcome(opening, upstream.egress, job(f"{upstream.url}/large", response_bytes=99_999))
    assert_fault(result, Fault.RESPONSE_TOO_LARGE, Evidence.SENT)


def test_an_answer_of_exactly_the_bound_is_taken(opening, upstream):
    result = outcome(opening, upstream.egress, job(f"{upstream.url}/large", response_bytes=100_000))
    assert isinstance(result, Responded)
    assert len(result.body) == 100_000


def test_an_endless_answer_is_cut_at_the_bound(opening, upstream):
    result = outcome(opening, upstream.egress, job(f"{upstream.url}/endless"))
    assert_fault(result, Fault.RESPONSE_TOO_LARGE, Evidence.SENT)


def test_an_upstream_that_does_not_answer_in_time_leaves_the_effect_open(opening, upstream):
    result = outcome(opening, upstream.egress, job(f"{upstream.url}/slow", timeout=0.4))
    assert_fault(result, Fault.TIMED_OUT, Evidence.SENT)


async def never() -> float | None:
    await asyncio.Event().wait()
    return None


def test_a_permission_that_comes_too_late_for_the_job_sends_nothing(opening, upstream):
    result = outcome(opening, upstream.egress, job(f"{upstream.url}/echo", timeout=0.3), never)
    assert_fault(result, Fault.TIMED_OUT, Evidence.NOT_SENT)
    assert upstream.requests == []


def test_what_was_sent_unasked_does_not_wait_for_its_permission_beyond_the_job_s_time(opening, upstream):
    result = outcome(opening, upstream.egress, job(f"{upstream.url}/slow", timeout=0.3, send_within=5.0), never)
    assert_fault(result, Fault.TIMED_OUT, Evidence.SENT)


HOSTILE_HEADERS = [("x-a", "1\r\nGET / HTTP/1.1"), ("x a", "1"), ("Host", "evil"), ("Transfer-Encoding", "chunked")]


@pytest.mark.parametrize("header", HOSTILE_HEADERS)
def test_a_header_that_would_change_where_a_request_goes_or_ends_is_a_defect_of_the_job(opening, upstream, header):
    work = job(f"{upstream.url}/echo", headers=(header,))
    assert_fault(outcome(opening, upstream.egress, work), Fault.JOB_INVALID, Evidence.NOT_SENT)


def test_a_box_does_one_job(opening, upstream):
    async def scenario() -> None:
        async with opening() as pool, pool.lease(upstream.egress, wait=10) as box:
            await box.run(job(f"{upstream.url}/echo"), granted)
            with pytest.raises(RuntimeError):
                await box.run(job(f"{upstream.url}/echo"), granted)

    asyncio.run(scenario())
    assert len(upstream.requests) == 1


def test_boxes_have_names_of_their_own_and_are_removed_after_their_lease(opening):
    async def scenario() -> set[str]:
        names = set()
        async with opening() as pool:
            for _ in range(2):
                async with pool.lease(Egress(), wait=10) as box:
                    names.add(box.name)
                async with asyncio.timeout(5):
                    await pool.wait_removed(box.name)
        return names

    assert len(asyncio.run(scenario())) == 2


def test_whoever_finds_no_box_in_time_is_told_when_to_come_again(opening):
    async def scenario() -> PoolExhausted:
        async with opening() as pool, pool.lease(Egress(), wait=10):
            with pytest.raises(PoolExhausted) as refusal:
                async with pool.lease(Egress(), wait=0.1):
                    pass
        return refusal.value

    assert asyncio.run(scenario()).retry_after > 0


def test_cancelling_a_job_ends_it_and_frees_the_box(opening, upstream):
    async def scenario() -> None:
        async with opening() as pool:
            async with pool.lease(upstream.egress, wait=10) as box:
                running = asyncio.create_task(box.run(job(f"{upstream.url}/slow", timeout=30.0), granted))
                async with asyncio.timeout(5):
                    while not upstream.requests:
                        await asyncio.sleep(0.01)
                running.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await running
            async with pool.lease(Egress(), wait=10):
                pass

    asyncio.run(scenario())


def test_a_runtime_that_is_not_there_is_refused_and_none_stands_in_for_it(opening):
    async def scenario() -> None:
        async with opening() as pool:
            with pytest.raises(RuntimeUnavailable, match="kata"):
                async with pool.lease(Egress(), wait=10, spec=BoxSpec(runtime="kata")):
                    pass
            async with pool.lease(Egress(), wait=10):
                pass

    asyncio.run(scenario())


def test_an_image_that_is_not_there_is_refused_and_harms_nobody_else(opening):
    async def scenario() -> None:
        async with opening() as pool:
            with pytest.raises(ImageMissing, match="callgate-absent"):
                async with pool.lease(Egress(), wait=10, spec=BoxSpec("callgate-absent:1")):
                    pass
            async with pool.lease(Egress(), wait=10):
                pass

    asyncio.run(scenario())
