"""What a recording has of a run beside its outcomes: what was asked, in which order, and what was refused; and of a run that
replays the same, so that the two can be compared."""

from dataclasses import replace

import orjson
import pytest

from callgate.v1 import error_pb2
from gateway.edge.grpc.status import describe
from gateway.model.errors import ApprovalRequired, KeyReused, RecordedRefusal, ReplayMissed
from gateway.model.invocation import RunStep
from gateway.pipeline.call import Mode
from gateway.pipeline.recording_keys import recording_key_of
from gateway.records.recordings.protocol import RecordedCall
from registry.model.errors import ArgumentsInvalid, ToolNotFound
from registry.model.tool import Draft
from sandbox.api.errors import PoolClosed
from tests.gateway.pipeline.desk import CallOptions, Desk, OpenDesk
from tests.gateway.pipeline.upstreams import OpenShop

ORDER = {"body": {"item": "hinge", "quantity": 2}}


def key_of(number: int) -> str:
    return f"a-key-of-sixteen-characters-{number}"


async def written(desk: Desk, name: str) -> list[RecordedCall]:
    """The calls of a recording, in the order in which they began."""
    recordings = desk.invoker.replay_and_cache.recordings
    entries = [one async for one in recordings.entries(recording_key_of(desk.principal, name))]
    return sorted(entries, key=lambda one: one.begun)


def reason_of(entry: RecordedCall) -> str:
    return error_pb2.ErrorReason.Name(error_pb2.ErrorDetail.FromString(entry.refusal).reason).removeprefix("ERROR_REASON_")


async def test_a_recording_says_what_was_asked_in_which_order_and_in_which_step(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    await desk.call("create_order", ORDER, key=key_of(1), mode=Mode.RECORD, place=RunStep("1"))
    await desk.call("list_orders", {}, key=key_of(2), mode=Mode.RECORD, place=RunStep("2"))
    entries = await written(desk, "suite")
    assert [(one.tool.partition("@")[0], one.step, one.begun, one.ended) for one in entries] == [
        ("create_order", "1", 1, 2),
        ("list_orders", "2", 3, 4),
    ]
    assert orjson.loads(entries[0].arguments) == ORDER


def with_secret(draft: Draft) -> Draft:
    schema = {"type": "object", "properties": {"limit": {"type": "integer"}, "api_key": {"type": "string"}}}
    return replace(draft, input_schema=schema) if draft.name == "list_orders" else draft


async def test_what_is_secret_in_arguments_is_not_recorded(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=with_secret)
    await desk.call("list_orders", {"api_key": "s3cr3t"}, mode=Mode.RECORD)
    with pytest.raises(ArgumentsInvalid):
        await desk.call("list_orders", {"api_key": "s3cr3t", "limit": "no"}, key=key_of(2), mode=Mode.RECORD)
    for entry in await written(desk, "suite"):
        assert b"s3cr3t" not in entry.arguments + entry.refusal
        assert orjson.loads(entry.arguments)["api_key"] == "[redacted]"


async def test_a_refusal_is_recorded_with_what_was_asked(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    with pytest.raises(ArgumentsInvalid):
        await desk.call("create_order", {"body": {}}, key=key_of(1), mode=Mode.RECORD)
    with pytest.raises(ToolNotFound):
        await desk.call("create_oder", ORDER, key=key_of(2), mode=Mode.RECORD)
    entries = await written(desk, "suite")
    assert [(one.tool, reason_of(one), one.outcome) for one in entries] == [
        ("create_order", "ARGUMENTS_INVALID", None),
        ("create_oder", "TOOL_NOT_FOUND", None),
    ]


def wants_approval(draft: Draft) -> Draft:
    return replace(draft, requires_approval=True)


async def test_what_was_refused_is_refused_again_and_not_for_a_while(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=wants_approval)
    with pytest.raises(ApprovalRequired):
        await desk.call("create_order", ORDER, mode=Mode.RECORD)
    with pytest.raises(RecordedRefusal) as refused:
        await desk.call("create_order", ORDER, key=key_of(2), run_id="replaying", mode=Mode.REPLAY_STRICT)
    described = describe(refused.value)
    assert described is not None
    assert (described[1].reason, described[1].retryable) == (error_pb2.ERROR_REASON_APPROVAL_REQUIRED, False)


async def test_a_refusal_that_passed_is_replaced_by_the_end_of_the_same_call(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    await desk.pool.close()
    with pytest.raises(PoolClosed):
        await desk.call("create_order", ORDER, mode=Mode.RECORD)
    (refused,) = await written(desk, "suite")
    assert refused.outcome is None
    desk.pool._closed = False
    await desk.call("create_order", ORDER, mode=Mode.RECORD)
    (entry,) = await written(desk, "suite")
    assert entry.outcome is not None


async def test_a_key_that_is_used_again_for_the_same_by_another_name_leaves_the_end_as_it_is(
    shop: OpenShop, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address)
    await desk.call("create_order", ORDER, mode=Mode.RECORD)
    with pytest.raises(KeyReused):
        await desk.call("create_order@1", ORDER, mode=Mode.RECORD)
    (entry,) = await written(desk, "suite")
    assert entry.outcome is not None


async def test_a_run_that_replays_writes_down_what_it_asks_and_what_it_misses(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    await desk.call("create_order", ORDER, mode=Mode.RECORD, place=RunStep("1"))
    replaying = CallOptions(run_id="replaying", mode=Mode.REPLAY_STRICT, take="again")
    await desk.call("create_order", ORDER, **replaying | CallOptions(key=key_of(2), place=RunStep("1")))
    with pytest.raises(ReplayMissed):
        await desk.call("list_orders", {}, **replaying | CallOptions(key=key_of(3)))
    recorded, (same, missed) = await written(desk, "suite"), await written(desk, "again")
    assert [(one.outcome, one.arguments, one.step) for one in recorded] == [
        (replace(same.outcome, source=""), same.arguments, same.step) if same.outcome else None
    ]
    assert (missed.tool, reason_of(missed)) == ("list_orders@1.0.0", "REPLAY_MISSED")
    assert len(shop.orders) == 1
