"""Of two hundred callers, those that were refused waited half a second for it, the slowest for three, and goodput fell: each
had its arguments checked and its key claimed and released."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from time import monotonic

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from callgate import AsyncClient, RetryPolicy, errors
from callgate.keys import new_key
from gateway.decisions.return_times import RATE
from gateway.pipeline.call import Answered, invocation_id
from gateway.pipeline.call_admission import CallAdmission
from sandbox.api.errors import PoolExhausted
from sandbox.testing.fake_pool import FakePool
from tests.conftest import Until
from tests.gateway.edge.grpc.serving import CALLER, OTHER_TOKEN, TOKEN, Serve, Served

CALLERS, SHARE = 200, 64
#: Seconds, of callers that come all at once and share a process with the server.
AT_ONCE = 2.0


class Work:
    """What the pipeline would do: each call takes until the test says so."""

    def __init__(self) -> None:
        self.begun, self.go_on = 0, asyncio.Event()

    async def __call__(self) -> Answered:
        self.begun += 1
        await self.go_on.wait()
        raise RuntimeError("it ends as a defect: its caller has gone")


class Crowd:
    """Two hundred callers of one tenant at once."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self.refused: list[tuple[float, errors.Overloaded]] = []
        self.under_way = {new_key() for _ in range(CALLERS)}
        self.calling = [asyncio.create_task(self._call(key)) for key in self.under_way]

    async def _call(self, key: str) -> None:
        begin = monotonic()
        with suppress(errors.GatewayDefect):  # how a call ends that was let go on
            try:
                await self._client.call("t", {}, key=key)
            except errors.Overloaded as error:
                self.under_way.discard(key)
                self.refused.append((monotonic() - begin, error))

    @property
    def all_refused(self) -> bool:
        return len(self.refused) == CALLERS - SHARE


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
async def served(serve: Serve, work: Work) -> Served:
    return await serve(work)


@pytest.fixture
async def client(served: Served) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(served.address, token=TOKEN, retry=RetryPolicy(patience=0)) as client:
        yield client


@pytest.fixture
async def crowd(client: AsyncClient, work: Work, until: Until) -> AsyncIterator[Crowd]:
    crowd = Crowd(client)
    await until(lambda: crowd.all_refused and work.begun == SHARE)
    yield crowd
    work.go_on.set()
    await asyncio.gather(*crowd.calling)


async def test_who_is_beyond_its_tenants_share_is_refused_before_any_work(crowd: Crowd, work: Work) -> None:
    assert work.begun == SHARE
    assert max(took for took, _ in crowd.refused) < AT_ONCE
    assert all(isinstance(error, errors.BudgetExhausted) and error.retryable for _, error in crowd.refused)


async def test_the_refused_are_told_to_come_back_one_after_another(crowd: Crowd) -> None:
    pauses = sorted(error.retry_after or 0.0 for _, error in crowd.refused)
    in_one_second = [sum(begin <= other < begin + 1 for other in pauses) for begin in pauses]
    assert max(in_one_second) <= RATE * (1 + AT_ONCE)  # those that were refused later were told less of the same time


async def test_another_tenants_call_begins(crowd: Crowd, served: Served, work: Work, until: Until) -> None:
    assert crowd.all_refused
    async with AsyncClient(served.address, token=OTHER_TOKEN) as other:
        calling = asyncio.create_task(other.call("t", {}))
        await until(lambda: work.begun == SHARE + 1)
        calling.cancel()


async def test_the_same_call_again_joins_the_one_under_way(client: AsyncClient, work: Work) -> None:
    key = new_key()
    first = await client.call("t", {}, key=key, wait=0)
    others = [await client.call("t", {}, wait=0) for _ in range(SHARE - 1)]
    assert (await client.call("t", {}, key=key, wait=0)).id == first.id
    with pytest.raises(errors.BudgetExhausted):
        await client.call("t", {}, wait=0)
    assert work.begun == len(others) + 1
    work.go_on.set()


async def test_looking_cancelling_and_health_are_answered_meanwhile(crowd: Crowd, client: AsyncClient, served: Served) -> None:
    id = invocation_id(CALLER, crowd.under_way.pop())
    async with asyncio.timeout(AT_ONCE):
        assert (await client.invocations.get(id)).id == id
        assert (await client.invocations.handle(id).cancel()).id == id
        told = await health_pb2_grpc.HealthStub(served.channel).Check(health_pb2.HealthCheckRequest())
    assert told.status == health_pb2.HealthCheckResponse.SERVING


def test_a_call_whose_box_would_come_too_late_is_refused_before_it_is_claimed() -> None:
    admission = CallAdmission(Queued(seconds=1.0), SHARE)
    admission.admit("acme", None, under_way=0, arriving=0)
    with pytest.raises(PoolExhausted):
        admission.admit("acme", 1.5, under_way=0, arriving=0)
    with pytest.raises(PoolExhausted) as refused:
        admission.admit("acme", None, under_way=10, arriving=2)
    assert refused.value.retry_after > 0


class Queued(FakePool):
    """A pool whose next caller would wait for so many seconds, and each of those that arrive with it for as long again."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._each = seconds

    def expected_wait(self, tenant: str = "", arriving: int = 0) -> float:
        return self._each * (arriving + 1)
