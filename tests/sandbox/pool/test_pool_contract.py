"""One body over the fake pool and the real one: what a pool and its boxes promise to their callers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from sandbox.api.errors import ImageMissing, PoolExhausted, RuntimeUnavailable
from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Destination, Egress, Job
from sandbox.api.ports import Permit, Pool
from sandbox.api.result import Evidence, Faulted, Responded, Result
from sandbox.api.spec import BoxSpec
from sandbox.pool.pool import PoolSettings
from sandbox.testing.fake_pool import FakePool
from tests.conftest import FreePort, Until, Upstream
from tests.sandbox.conftest import OpenPool
from tests.sandbox.permits import ended_already, granted, never, refused

LOOPBACK = (ip_network("127.0.0.0/8"),)

Opening = Callable[[], AbstractAsyncContextManager[Pool]]


@pytest.fixture(params=["fake", pytest.param("docker", marks=pytest.mark.docker)])
def opening(request: pytest.FixtureRequest) -> Opening:
    if request.param == "fake":
        return fake_pool
    open_pool: OpenPool = request.getfixturevalue("open_pool")
    return lambda: open_pool(PoolSettings(size=1, max_boxes=1))


@asynccontextmanager
async def fake_pool() -> AsyncIterator[Pool]:
    yield FakePool(size=1)


@pytest.fixture
async def pool(opening: Opening) -> AsyncIterator[Pool]:
    """The fake and the real one, each with one box."""
    async with opening() as pool:
        yield pool


def job(url: str, **changes: Any) -> Job:
    return replace(Job("GET", url, (("x-trace", "abc"),), None, timeout=5.0, response_bytes=50_000), **changes)


async def outcome(pool: Pool, egress: Egress, work: Job, permit: Permit = granted) -> Result:
    """Do one job in one box of the pool."""
    async with pool.lease(egress, wait=10) as box:
        return await box.run(work, permit)


def assert_fault(result: Result, fault: FaultCode, evidence: Evidence, status: int = 0) -> None:
    """`status`: of an answer that began."""
    assert isinstance(result, Faulted), result
    assert (result.fault, result.evidence) == (fault, evidence), result
    assert (result.head.status if result.head else 0) == status


async def test_an_answer_comes_back_as_the_upstream_gave_it(pool: Pool, upstream: Upstream) -> None:
    work = job(f"{upstream.url}/echo?a=%2F&b=1", method="POST", body=b"\x00\xffbytes")
    result = await outcome(pool, upstream.egress, work)
    assert isinstance(result, Responded)
    assert (result.status, result.body) == (200, b"\x00\xffbytes")
    assert result.header("Content-Length") == "7"
    assert all(name == name.lower() for name, _ in result.headers)


async def test_the_request_leaves_as_the_job_has_it(pool: Pool, upstream: Upstream) -> None:
    headers = (("X-Trace", "abc"), ("traceparent", "00-1-2-01"), ("accept", "text/plain"))
    await outcome(pool, upstream.egress, job(f"{upstream.url}/echo?a=%2F&b=+", method="PUT", headers=headers, body=b"{}"))
    [request] = upstream.requests
    assert (request.method, request.target, request.body) == ("PUT", "/echo?a=%2F&b=+", b"{}")
    expected = {"host": upstream.url.removeprefix("http://"), "content-length": "2", "connection": "close"}
    expected["accept-encoding"] = "identity"  # a coded answer has to be decoded before it is searched for the secret
    assert request.headers == {**{name.lower(): value for name, value in headers}, **expected}


async def test_a_status_that_is_no_success_is_an_answer_all_the_same(pool: Pool, upstream: Upstream) -> None:
    result = await outcome(pool, upstream.egress, job(f"{upstream.url}/missing"))
    assert isinstance(result, Responded)
    assert result.status == 404


async def test_a_redirect_of_what_acts_to_another_method_is_given_back_and_not_followed(pool: Pool, upstream: Upstream) -> None:
    result = await outcome(pool, upstream.egress, job(f"{upstream.url}/redirect"))
    assert isinstance(result, Responded)
    assert (result.status, result.header("location")) == (302, f"{upstream.url}/echo")
    assert len(upstream.requests) == 1


async def test_the_connection_is_on_record(pool: Pool, upstream: Upstream) -> None:
    result = await outcome(pool, upstream.egress, job(f"{upstream.url}/echo"))
    [connection] = result.usage.connections
    assert (connection.host, connection.port) == ("127.0.0.1", upstream.destination.port)
    assert (connection.address, connection.verdict) == ("127.0.0.1", "open")


@pytest.mark.parametrize("permit", [refused, ended_already])
async def test_without_permission_nothing_is_sent(pool: Pool, upstream: Upstream, permit: Permit) -> None:
    result = await outcome(pool, upstream.egress, job(f"{upstream.url}/echo"), permit)
    assert_fault(result, FaultCode.PERMISSION_REFUSED, Evidence.NOT_SENT)
    assert upstream.requests == []


async def test_what_may_be_sent_unasked_is_not_answered_without_permission(pool: Pool, upstream: Upstream) -> None:
    result = await outcome(pool, upstream.egress, job(f"{upstream.url}/slow", send_within=5.0), refused)
    assert_fault(result, FaultCode.PERMISSION_REFUSED, Evidence.SENT)


async def test_the_permission_is_asked_once_and_before_the_request(pool: Pool, upstream: Upstream) -> None:
    seen = []

    async def permit() -> float | None:
        seen.append(len(upstream.requests))
        return 5.0

    assert isinstance(await outcome(pool, upstream.egress, job(f"{upstream.url}/echo"), permit), Responded)
    assert seen == [0]


@pytest.mark.parametrize(("path", "times"), [("echo", (0, 1)), ("slow", (1,))])
async def test_the_permission_is_asked_at_most_once_for_what_may_be_sent_unasked(
    pool: Pool, upstream: Upstream, path: str, times: tuple[int, ...]
) -> None:
    asked = []

    async def permit() -> float | None:
        asked.append(True)
        upstream.released.set()
        return 5.0

    work = job(f"{upstream.url}/{path}", send_within=5.0)
    assert (await outcome(pool, upstream.egress, work, permit)).evidence is not Evidence.NOT_SENT
    assert len(asked) in times


async def test_what_the_permit_raises_reaches_the_caller(pool: Pool, upstream: Upstream) -> None:
    class StoreLost(Exception):
        pass

    async def permit() -> float | None:
        raise StoreLost

    with pytest.raises(StoreLost):
        await outcome(pool, upstream.egress, job(f"{upstream.url}/echo"), permit)
    assert upstream.requests == []


async def test_an_answer_that_breaks_off_in_its_body_is_known_by_its_status(pool: Pool, upstream: Upstream) -> None:
    result = await outcome(pool, upstream.egress, job(f"{upstream.url}/cut"))
    assert_fault(result, FaultCode.UPSTREAM_BROKE, Evidence.RESPONDED, 200)


@pytest.mark.parametrize("path", ["silence", "babble"])
async def test_what_is_no_answer_proves_only_that_the_request_was_sent(pool: Pool, upstream: Upstream, path: str) -> None:
    result = await outcome(pool, upstream.egress, job(f"{upstream.url}/{path}"))
    assert_fault(result, FaultCode.UPSTREAM_BROKE, Evidence.SENT)


@pytest.mark.parametrize("unasked", [None, 5.0])
async def test_a_refused_connection_sends_nothing(pool: Pool, free_port: FreePort, unasked: float | None) -> None:
    port = free_port()
    egress = Egress((Destination("127.0.0.1", port, LOOPBACK, tls=False),))
    result = await outcome(pool, egress, job(f"http://127.0.0.1:{port}/", send_within=unasked))
    assert_fault(result, FaultCode.UPSTREAM_UNREACHABLE, Evidence.NOT_SENT)


async def test_a_name_without_an_address_is_unreachable(pool: Pool) -> None:
    result = await outcome(pool, Egress((Destination("nowhere.invalid", 80, tls=False),)), job("http://nowhere.invalid/"))
    assert_fault(result, FaultCode.UPSTREAM_UNREACHABLE, Evidence.NOT_SENT)


async def test_tls_with_what_is_no_tls_sends_nothing(pool: Pool, upstream: Upstream) -> None:
    egress = Egress((replace(upstream.destination, tls=True),))
    result = await outcome(pool, egress, job(f"https://127.0.0.1:{upstream.server_port}/echo"))
    assert_fault(result, FaultCode.UPSTREAM_UNREACHABLE, Evidence.NOT_SENT)
    assert upstream.requests == []


@pytest.mark.parametrize("listed", ["nothing", "another port", "another host", "no private network"])
async def test_a_destination_that_is_not_permitted_is_denied(pool: Pool, upstream: Upstream, listed: str) -> None:
    permitted = {
        "nothing": (),
        "another port": (replace(upstream.destination, port=1),),
        "another host": (replace(upstream.destination, host="127.0.0.2"),),
        "no private network": (replace(upstream.destination, private=()),),
    }[listed]
    result = await outcome(pool, Egress(permitted), job(f"{upstream.url}/echo"))
    assert_fault(result, FaultCode.EGRESS_DENIED, Evidence.NOT_SENT)
    assert upstream.requests == []
    assert [connection.verdict for connection in result.usage.connections] != ["open"]


async def test_an_answer_that_announces_too_much_is_refused(pool: Pool, upstream: Upstream) -> None:
    result = await outcome(pool, upstream.egress, job(f"{upstream.url}/large", response_bytes=99_999))
    assert_fault(result, FaultCode.RESPONSE_TOO_LARGE, Evidence.RESPONDED, 200)


async def test_an_answer_of_exactly_the_bound_is_taken(pool: Pool, upstream: Upstream) -> None:
    result = await outcome(pool, upstream.egress, job(f"{upstream.url}/large", response_bytes=100_000))
    assert isinstance(result, Responded)
    assert len(result.body) == 100_000


async def test_an_endless_answer_is_cut_at_the_bound(pool: Pool, upstream: Upstream) -> None:
    result = await outcome(pool, upstream.egress, job(f"{upstream.url}/endless"))
    assert_fault(result, FaultCode.RESPONSE_TOO_LARGE, Evidence.RESPONDED, 200)


async def test_an_upstream_that_does_not_answer_in_time_leaves_the_effect_open(pool: Pool, upstream: Upstream) -> None:
    result = await outcome(pool, upstream.egress, job(f"{upstream.url}/slow", timeout=0.4))
    assert_fault(result, FaultCode.TIMED_OUT, Evidence.SENT)


async def test_a_permission_that_comes_too_late_for_the_job_sends_nothing(pool: Pool, upstream: Upstream) -> None:
    result = await outcome(pool, upstream.egress, job(f"{upstream.url}/echo", timeout=0.3), never)
    assert_fault(result, FaultCode.TIMED_OUT, Evidence.NOT_SENT)
    assert upstream.requests == []


async def test_what_was_sent_unasked_does_not_wait_for_its_permission_beyond_the_job_s_time(
    pool: Pool, upstream: Upstream
) -> None:
    result = await outcome(pool, upstream.egress, job(f"{upstream.url}/slow", timeout=0.3, send_within=5.0), never)
    assert_fault(result, FaultCode.TIMED_OUT, Evidence.SENT)


HOSTILE_HEADERS = [("x-a", "1\r\nGET / HTTP/1.1"), ("x a", "1"), ("Host", "evil"), ("Transfer-Encoding", "chunked")]


@pytest.mark.parametrize("header", HOSTILE_HEADERS)
async def test_a_header_that_would_change_where_a_request_goes_or_ends_is_a_defect_of_the_job(
    pool: Pool, upstream: Upstream, header: tuple[str, str]
) -> None:
    work = job(f"{upstream.url}/echo", headers=(header,))
    assert_fault(await outcome(pool, upstream.egress, work), FaultCode.JOB_INVALID, Evidence.NOT_SENT)


async def test_a_box_does_one_job(pool: Pool, upstream: Upstream) -> None:
    async with pool.lease(upstream.egress, wait=10) as box:
        await box.run(job(f"{upstream.url}/echo"), granted)
        with pytest.raises(RuntimeError):
            await box.run(job(f"{upstream.url}/echo"), granted)
    assert len(upstream.requests) == 1


async def test_boxes_have_names_of_their_own_and_are_removed_after_their_lease(pool: Pool) -> None:
    names = set()
    for _ in range(2):
        async with pool.lease(Egress(), wait=10) as box:
            names.add(box.name)
        async with asyncio.timeout(5):
            await pool.wait_removed(box.name)
    assert len(names) == 2


async def test_a_caller_that_finds_no_box_in_time_is_told_when_to_come_again(pool: Pool) -> None:
    async with pool.lease(Egress(), wait=10):
        with pytest.raises(PoolExhausted) as refusal:
            async with pool.lease(Egress(), wait=0.1):
                pass
    assert refusal.value.retry_after > 0


async def test_cancelling_a_job_ends_it_and_frees_the_box(pool: Pool, upstream: Upstream, until: Until) -> None:
    async with pool.lease(upstream.egress, wait=10) as box:
        running = asyncio.create_task(box.run(job(f"{upstream.url}/slow", timeout=30.0), granted))
        await until(lambda: upstream.requests, 5)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    async with pool.lease(Egress(), wait=10):
        pass


async def test_a_runtime_that_is_not_there_is_refused_and_none_stands_in_for_it(pool: Pool) -> None:
    with pytest.raises(RuntimeUnavailable, match="kata"):
        async with pool.lease(Egress(), wait=10, spec=BoxSpec(runtime="kata")):
            pass
    async with pool.lease(Egress(), wait=10):
        pass


async def test_an_image_that_is_not_there_is_refused_and_harms_no_other_call(pool: Pool) -> None:
    with pytest.raises(ImageMissing, match="callgate-absent"):
        async with pool.lease(Egress(), wait=10, spec=BoxSpec("callgate-absent:1")):
            pass
    async with pool.lease(Egress(), wait=10):
        pass


async def test_a_newcomer_is_told_how_long_it_would_wait(pool: Pool, upstream: Upstream, until: Until) -> None:
    await outcome(pool, upstream.egress, job(f"{upstream.url}/slow"))
    async with pool.lease(upstream.egress, wait=10):
        alone, behind = pool.expected_wait(), pool.expected_wait(arriving=5)
        assert 0 < alone < behind
    await until(lambda: pool.expected_wait() == 0)
