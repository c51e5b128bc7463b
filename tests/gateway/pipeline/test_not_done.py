"""A call of which no attempt was sent is left to its caller: it ends as not done, its key is free, and no person is asked."""

from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest
from structlog.testing import capture_logs

from gateway.model.errors import GatewayError, ReplicasBehind, StoreMisconfigured, StoreUnavailable
from gateway.model.invocation import Invocation, InvocationState, Verdict
from gateway.pipeline.attempt import _with_cause
from gateway.pipeline.attempt_log import AttemptLog
from gateway.pipeline.call import Call, CallTicket, invocation_id
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import FencedLease
from registry.model.tool import Draft, Effect
from sandbox.api.errors import EngineUnavailable
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Completed, Evidence, Faulted, Usage
from tests.gateway.pipeline.desk import KEY, Desk, OpenDesk, outcome_of
from tests.gateway.pipeline.test_attempt_faults import refusing
from tests.gateway.pipeline.upstreams import OpenShop, serving
from tests.gateway.records.lists import under_review

ORDER = {"body": {"item": "hinge", "quantity": 2}}
FULL = StoreUnavailable("the permission cannot be written: the disk is full", cure="Make room on the disk.")
REFUSALS = [FULL, ReplicasBehind("0 of 1 replicas had it"), StoreMisconfigured("there is no WAITAOF", cure="Use Redis 7.2.")]


def refuse_permission(monkeypatch: pytest.MonkeyPatch, *refusals: GatewayError) -> None:
    """The next permissions are on record, as where it is the gateway's disk or a replica that lacks them, and are not given."""
    dispatch, left = MemoryLedger.dispatch, list(refusals)

    async def refused(self: MemoryLedger, held: FencedLease, *, attempt: int, box: str) -> None:
        await dispatch(self, held, attempt=attempt, box=box)
        if left:
            raise left.pop(0)

    monkeypatch.setattr(MemoryLedger, "dispatch", refused)


async def assert_free(desk: Desk, shop: OpenShop) -> None:
    """The same key makes the call, once, and no person is asked about the one before."""
    assert await under_review(desk.ledger, desk.principal.tenant) == []
    again = await desk.call("create_order", ORDER)
    assert (again.from_record, again.invocation.state) == (False, InvocationState.SUCCEEDED)
    assert (await desk.call("create_order", ORDER)).from_record
    assert len(shop.orders) == 1


def assert_not_done(ended: Invocation, fault: FaultCode) -> None:
    outcome = outcome_of(ended)
    assert (outcome.fault, outcome.not_done, outcome.effect_possible) == (fault, True, False)
    assert (ended.state, ended.review) == (InvocationState.FAILED, None)
    assert {attempt.evidence for attempt in ended.attempts} <= {Evidence.NOT_SENT}


@pytest.mark.parametrize("effect", [Effect.NON_IDEMPOTENT, Effect.IDEMPOTENT])
async def test_an_upstream_that_was_down_gets_the_call_when_it_is_back(
    free_port: Callable[[], int], open_desk: OpenDesk, effect: Effect
) -> None:
    def changed(draft: Draft) -> Draft:
        return replace(draft, effect=effect) if draft.name == "create_order" else draft

    port, shop = free_port(), OpenShop()
    desk = await open_desk(f"http://127.0.0.1:{port}", draft=changed)
    assert_not_done((await desk.call("create_order", ORDER)).invocation, FaultCode.UPSTREAM_UNREACHABLE)
    with serving(shop, port=port):
        await assert_free(desk, shop)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: type(refusal).__name__)
async def test_what_kept_the_gateway_from_a_permission_is_told_to_the_caller_and_in_the_record_and_in_the_log(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, refusal: GatewayError
) -> None:
    desk = await open_desk(shop.address)
    refuse_permission(monkeypatch, *[refusal] * 3)
    with capture_logs() as logs, pytest.raises(type(refusal)) as told:
        await desk.call("create_order", ORDER)
    assert (str(told.value), told.value.cure) == (str(refusal), refusal.cure)
    found = await desk.read(invocation_id(desk.principal, KEY))
    assert_not_done(found, FaultCode.STORE_UNAVAILABLE)
    assert [attempt.fault for attempt in found.attempts] == [FaultCode.STORE_UNAVAILABLE] * 3
    assert outcome_of(found).verdict is Verdict.SANDBOX_FAILED
    assert str(refusal) in outcome_of(found).message
    assert refusal.cure in outcome_of(found).message
    lines = [line for line in logs if line["event"] == "permission_refused"]
    assert [(line["error"], line["cure"]) for line in lines] == [(str(refusal), refusal.cure)] * 3
    await assert_free(desk, shop)


async def test_a_call_that_was_refused_is_made_anew_when_it_is_sent_again(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk(shop.address)
    refuse_permission(monkeypatch, *[FULL] * 3)
    with pytest.raises(StoreUnavailable):
        await desk.call("create_order", ORDER, token="of-one-call")
    again = await desk.call("create_order", ORDER, token="of-one-call")
    assert (again.from_record, again.invocation.state) == (False, InvocationState.SUCCEEDED)


async def test_so_is_one_whose_caller_was_told_before_that_it_is_under_way(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk(shop.address)
    monkeypatch.setattr(desk.pool, "lease", refusing(desk.pool.lease, [EngineUnavailable("the engine does not answer")]))
    call = Call("create_order", orjson.dumps(ORDER), KEY, token="of-one-call")
    answered = await desk.invoker.invoke(desk.caller, call, CallTicket(told=True))
    assert_not_done(answered.invocation, FaultCode.ENGINE_UNAVAILABLE)
    again = await desk.invoker.invoke(desk.caller, call)
    assert (again.from_record, again.invocation.state) == (False, InvocationState.SUCCEEDED)


async def test_a_permission_that_comes_at_a_later_attempt_is_enough(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk(shop.address)
    refuse_permission(monkeypatch, FULL, FULL)
    ended = (await desk.call("create_order", ORDER)).invocation
    assert [attempt.fault for attempt in ended.attempts] == [FaultCode.STORE_UNAVAILABLE] * 2 + [None]
    assert (ended.state, len(shop.orders)) == (InvocationState.SUCCEEDED, 1)


async def test_a_caller_that_was_told_that_its_call_is_under_way_finds_the_refusal_in_the_record(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk(shop.address)
    refuse_permission(monkeypatch, *[FULL] * 3)
    call = Call("create_order", orjson.dumps(ORDER), KEY)
    answered = await desk.invoker.invoke(desk.caller, call, CallTicket(told=True))
    assert_not_done(answered.invocation, FaultCode.STORE_UNAVAILABLE)
    assert FULL.cure in outcome_of(answered.invocation).message
    await assert_free(desk, shop)


async def test_a_refusal_that_comes_after_the_caller_was_told_leaves_the_key_free_too(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk(shop.address)
    monkeypatch.setattr(desk.pool, "lease", refusing(desk.pool.lease, [EngineUnavailable("the engine does not answer")]))
    call = Call("create_order", orjson.dumps(ORDER), KEY)
    answered = await desk.invoker.invoke(desk.caller, call, CallTicket(told=True))
    assert_not_done(answered.invocation, FaultCode.ENGINE_UNAVAILABLE)
    assert "does not answer. " in outcome_of(answered.invocation).message  # the cure follows
    await assert_free(desk, shop)


def test_a_program_that_fails_because_it_was_not_let_out_is_told_why_and_has_sent_nothing() -> None:
    attempt_log = AttemptLog(1, refusal=FULL)
    result = _with_cause(Completed(1, b"", "403 from the proxy", Usage()), attempt_log)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.STORE_UNAVAILABLE, Evidence.NOT_SENT)
    done = Completed(0, b"{}", "", Usage())
    assert _with_cause(done, attempt_log) is done  # it could do without


def test_a_read_that_was_sent_unasked_may_have_been_received_though_it_was_not_permitted() -> None:
    refused = Faulted(FaultCode.PERMISSION_REFUSED, Evidence.SENT, "not permitted", Usage())
    result = _with_cause(refused, AttemptLog(1, permitted=True, unasked=True, refusal=FULL))
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.STORE_UNAVAILABLE, Evidence.SENT)
    assert FULL.cure in result.message
