"""What an attempt's record says of a part that failed it: the code of the error, never the name of its class."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from gateway.model.errors import CredentialNotProvisioned, StoreUnavailable, VaultUnavailable
from gateway.model.invocation import Verdict
from gateway.pipeline.call import invocation_id
from sandbox.api.errors import BoxRegistryUnavailable, EngineUnavailable, ImageMissing, PoolExhausted, RuntimeUnavailable
from sandbox.api.fault_code import FaultCode
from sandbox.api.ports import Box
from tests.gateway.pipeline.desk import KEY, OpenDesk
from tests.gateway.pipeline.upstreams import OpenShop, Rude

Lease = Callable[..., AbstractAsyncContextManager[Box]]


def refusing(lease: Lease, refusals: list[Exception | None]) -> Lease:
    """A lease that meets these, one each time, and is as ever where one is None and afterwards."""

    @asynccontextmanager
    async def scripted(*args: Any, **options: Any) -> AsyncIterator[Box]:
        if refusals and (refusal := refusals.pop(0)):
            raise refusal
        async with lease(*args, **options) as box:
            yield box

    return scripted


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (PoolExhausted("no box became free", retry_after=0.1), FaultCode.POOL_EXHAUSTED),
        (EngineUnavailable("the engine does not answer"), FaultCode.ENGINE_UNAVAILABLE),
        (RuntimeUnavailable("there is no such runtime"), FaultCode.RUNTIME_UNAVAILABLE),
        (BoxRegistryUnavailable("Redis is down"), FaultCode.STORE_UNAVAILABLE),
        (StoreUnavailable("Redis is down"), FaultCode.STORE_UNAVAILABLE),
        (VaultUnavailable("Vault is sealed"), FaultCode.VAULT_UNAVAILABLE),
        (CredentialNotProvisioned("there is no role"), FaultCode.CREDENTIAL_NOT_PROVISIONED),
        (RuntimeError("a defect"), FaultCode.INTERNAL),
    ],
    ids=lambda value: value if isinstance(value, FaultCode) else type(value).__name__,
)
async def test_a_part_that_fails_a_later_attempt_is_named_by_its_code(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, refusal: Exception, code: FaultCode
) -> None:
    desk = await open_desk(shop.address)
    shop.failing_status, shop.failures_left = 503, 1
    monkeypatch.setattr(desk.pool, "lease", refusing(desk.pool.lease, [None, refusal]))
    ended = (await desk.call("list_orders")).invocation
    assert [(attempt.http_status, attempt.fault) for attempt in ended.attempts] == [(503, None), (0, code), (200, None)]
    assert ended.outcome is not None
    assert (ended.outcome.verdict, ended.outcome.fault) == (Verdict.SUCCEEDED, None)


async def test_a_call_whose_last_attempt_lacks_a_part_says_so(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk(shop.address)
    shop.failing_status, shop.failures_left = 503, 1
    sealed: list[Exception | None] = [None, VaultUnavailable("Vault is sealed"), VaultUnavailable("Vault is sealed")]
    monkeypatch.setattr(desk.pool, "lease", refusing(desk.pool.lease, sealed))
    outcome = (await desk.call("list_orders")).invocation.outcome
    assert outcome is not None
    assert (outcome.verdict, outcome.fault) == (Verdict.SANDBOX_FAILED, FaultCode.VAULT_UNAVAILABLE)


async def test_a_missing_image_ends_the_call_at_its_first_attempt(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk(shop.address)
    monkeypatch.setattr(desk.pool, "lease", refusing(desk.pool.lease, [ImageMissing("there is no such image")]))
    ended = (await desk.call("list_orders")).invocation
    assert [attempt.fault for attempt in ended.attempts] == [FaultCode.IMAGE_MISSING]
    assert ended.outcome is not None
    assert (ended.outcome.verdict, ended.outcome.fault) == (Verdict.TOOL_FAILED, FaultCode.IMAGE_MISSING)


async def test_an_attempt_that_was_cancelled_did_not_time_out(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address)
    rude.holding.set()
    calling = asyncio.create_task(desk.call("list_orders"))
    assert await asyncio.to_thread(rude.arrived.wait, 5.0)
    await desk.invoker.cancel(desk.caller, invocation_id(desk.principal, KEY))
    ended = (await asyncio.wait_for(calling, 5.0)).invocation
    assert [attempt.fault for attempt in ended.attempts] == [FaultCode.CANCELLED]
