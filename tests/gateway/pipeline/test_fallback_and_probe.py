"""A fallback answers for attempts that have all failed; a probe finds out what became of a call whose answer was lost."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from examples.orders.server import Door, Shop
from gateway.decisions.circuit_breaker import THRESHOLD
from gateway.decisions.policy import Rule
from gateway.maintenance.loops import MaintenanceLoops
from gateway.model.invocation import Answer, InvocationState, Outcome, Verdict
from gateway.pipeline.call import Answered, Call, CallOrigin, invocation_id
from gateway.pipeline.fallback_and_probe import OPEN, ask_probe
from registry.model.tool import Condition, Draft, Fallback, Probe
from sandbox.api.result import Evidence

KEY = "a-key-of-sixteen-characters"
ORDER = {"body": {"item": "hinge", "quantity": 2}}
ALL = Rule(("*",), may_review=True)


class LossyShop(Shop):
    losses = 0
    acts = True


class LossyDoor(Door):
    """Loses the answers to as many POSTs as its shop says, acting on them first or not."""

    shop: LossyShop

    def answer(self, body: Any) -> None:
        if self.command == "POST" and self.shop.losses:
            self.shop.losses -= 1
            if self.shop.acts:
                self.serve(body)
            self.close_connection = True
            return
        super().answer(body)


@pytest.fixture
def lossy() -> Iterator[Any]:
    shop = LossyShop()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Doors", (LossyDoor,), {"shop": shop, "token": None}))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    shop.address = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    yield shop
    server.shutdown()
    server.server_close()


def probed(tool: str = "list_orders") -> Any:
    probe = Probe(tool, {}, Condition("/orders/0/item", "hinge"), "/orders/0", settle=0.0)

    def with_probe(draft: Draft) -> Draft:
        return replace(draft, probe=probe) if draft.name == "create_order" else draft

    return with_probe


def test_a_call_that_the_probe_finds_to_have_happened_succeeds_with_what_the_probe_saw(play: Any, lossy: Any) -> None:
    async def scenario(desk: Any) -> None:
        lossy.losses = 1
        ended = (await desk.call("create_order", ORDER)).invocation
        assert ended.state is InvocationState.SUCCEEDED
        assert orjson.loads(ended.outcome.answer.body)["id"] == "ord_1"
        assert (ended.outcome.source, ended.outcome.answer.matches_schema) == ("probe:list_orders", True)
        assert (ended.review.author, ended.review.open) == ("probe:list_orders", False)
        assert len(lossy.orders) == 1
        assert (await desk.call("create_order", ORDER)).invocation.outcome == ended.outcome

    play(scenario, lossy.address, draft=probed())


def test_a_call_that_the_probe_finds_not_to_have_happened_is_made_again(play: Any, lossy: Any) -> None:
    async def scenario(desk: Any) -> None:
        lossy.losses, lossy.acts = 1, False
        ended = (await desk.call("create_order", ORDER)).invocation
        assert ended.state is InvocationState.SUCCEEDED
        assert [attempt.evidence for attempt in ended.attempts] == [Evidence.SENT, Evidence.RESPONDED]
        assert len(lossy.orders) == 1

    play(scenario, lossy.address, draft=probed())


def test_however_often_an_answer_is_lost_the_probe_keeps_the_effect_at_one(play: Any, lossy: Any) -> None:
    async def scenario(desk: Any) -> None:
        lossy.losses, lossy.acts = 99, False
        ended = (await desk.call("create_order", ORDER)).invocation
        assert ended.state is InvocationState.FAILED
        assert not ended.outcome.effect_possible
        assert len(ended.attempts) == 3
        assert len(lossy.orders) == 0

    play(scenario, lossy.address, draft=probed())


@pytest.mark.parametrize("tool", ["no_such_tool", "get_order"])
def test_a_probe_that_cannot_be_asked_leaves_it_to_a_person(play: Any, lossy: Any, tool: str) -> None:
    async def scenario(desk: Any) -> None:
        lossy.losses = 1
        ended = (await desk.call("create_order", ORDER)).invocation
        assert ended.state is InvocationState.UNKNOWN
        assert ended.review.open

    play(scenario, lossy.address, draft=probed(tool))


def test_a_probe_that_fails_leaves_it_to_a_person(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        ended = (await desk.call("create_order", ORDER)).invocation
        assert ended.state is InvocationState.UNKNOWN
        assert len([request for request in rude.requests if request.startswith(b"POST")]) == 1

    play(scenario, rude.address, draft=probed())


def test_a_probe_is_a_call_that_the_policy_must_allow(play: Any, lossy: Any) -> None:
    async def scenario(desk: Any) -> None:
        lossy.losses = 1
        assert (await desk.call("create_order", ORDER)).invocation.state is InvocationState.UNKNOWN
        assert lossy.requests == 1

    play(scenario, lossy.address, draft=probed(), rule=Rule(("create_*",)))


def test_a_call_that_was_cancelled_is_not_made_again_where_it_did_not_happen(play: Any, rude: Any, shop: Any) -> None:
    elsewhere = shop.address

    def probe_elsewhere(draft: Draft) -> Draft:
        if draft.name == "list_orders":
            return replace(draft, operation=replace(draft.operation, server=elsewhere))
        return probed()(draft)

    async def scenario(desk: Any) -> None:
        rude.holding.set()
        calling = asyncio.create_task(desk.call("create_order", ORDER))
        assert await asyncio.to_thread(rude.arrived.wait, 5.0)
        await desk.invoker.cancel(desk.caller, invocation_id(desk.caller, KEY))
        ended = (await calling).invocation
        assert ended.state is InvocationState.CANCELLED
        assert not ended.outcome.effect_possible
        assert len(rude.requests) == 1

    play(scenario, rude.address, draft=probe_elsewhere)


def test_what_a_dead_gateway_left_unknown_is_asked_after_by_another(play: Any, lossy: Any) -> None:
    async def scenario(desk: Any) -> None:
        order = lossy.create(ORDER["body"])
        assert order[0] == 201
        done = await desk.call("list_orders", key="another-key-of-sixteen")
        request = replace(
            done.invocation.request, tool="create_order", version="create_order@1.0.0", args_json=orjson.dumps(ORDER)
        )
        request = replace(request, effect=desk.version("create_order").draft.effect)
        ledger = desk.parts.ledger
        claimed = await ledger.claim("inv_lost", "f", desk.caller, request, lease=0.3)
        await ledger.dispatch(claimed.held, attempt=1, box="box-of-the-dead")
        async with asyncio.timeout(5):
            while not await ledger.lost_holders("acme"):
                await asyncio.sleep(0.01)
        await ledger.take_from_lost("acme", "inv_lost")
        await ledger.discharge("acme", "inv_lost", "box:box-of-the-dead")
        assert (await ledger.read("acme", "inv_lost")).state is InvocationState.UNKNOWN
        await desk.parts.recovery.probe_unknown("acme", "inv_lost")
        found = await ledger.read("acme", "inv_lost")
        assert found.state is InvocationState.SUCCEEDED
        assert orjson.loads(found.outcome.answer.body)["item"] == "hinge"

    play(scenario, lossy.address, draft=probed())


def falling_back(server: str, tool: str = "create_order") -> Any:
    """`create_order` at a server of its own, and `list_orders`, which the shop has, as its fallback."""

    def with_fallback(draft: Draft) -> Draft:
        if draft.name != tool:
            return draft
        fallback = Fallback("get_order", {"order_id": "/body/item"})
        return replace(draft, fallback=fallback, operation=replace(draft.operation, server=server))

    return with_fallback


def test_where_every_attempt_failed_with_nothing_done_the_fallback_answers(play: Any, shop: Any, free_port: Any) -> None:
    async def scenario(desk: Any) -> None:
        shop.create({"item": "x", "quantity": 1})
        ended = (await desk.call("create_order", {"body": {"item": "ord_1", "quantity": 1}})).invocation
        assert ended.state is InvocationState.SUCCEEDED
        assert ended.outcome.source.startswith("fallback:inv_")
        assert [attempt.evidence for attempt in ended.attempts] == [Evidence.NOT_SENT] * 3
        child = await desk.invoker.read(desk.caller, ended.outcome.source.removeprefix("fallback:"))
        assert (child.request.parent, child.request.version) == (ended.id, "get_order@1.0.0")
        assert child.request.run_id == "run"
        again = await desk.call("create_order", {"body": {"item": "ord_1", "quantity": 1}})
        assert (again.from_record, again.invocation.outcome) == (True, ended.outcome)
        assert shop.requests == 1

    play(scenario, shop.address, draft=falling_back(f"http://127.0.0.1:{free_port()}"))


def test_where_it_may_have_acted_no_fallback_acts_again(play: Any, shop: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        ended = (await desk.call("create_order", ORDER)).invocation
        assert ended.state is InvocationState.UNKNOWN
        assert shop.requests == 0

    play(scenario, shop.address, draft=falling_back(rude.address))


def test_where_the_fallback_fails_too_a_person_decides(play: Any, shop: Any, free_port: Any) -> None:
    async def scenario(desk: Any) -> None:
        ended = (await desk.call("create_order", ORDER)).invocation
        assert ended.outcome.verdict is Verdict.TOOL_FAILED
        assert ended.outcome.answer.http_status == 404
        (review,) = await desk.parts.reviews.list(desk.caller)
        assert review.invocation.id == ended.id

    play(scenario, shop.address, draft=falling_back(f"http://127.0.0.1:{free_port()}"), rule=ALL)


@pytest.mark.parametrize(
    ("rule", "named"), [(Rule(("create_*",)), "NOT_PERMITTED"), (Rule(("create_*", "get_*")), "ARGUMENTS_INVALID")]
)
def test_a_fallback_that_is_refused_leaves_the_first_failure_and_says_so(
    play: Any, shop: Any, free_port: Any, rule: Rule, named: str
) -> None:
    async def scenario(desk: Any) -> None:
        arguments = {"body": {"item": "ord_1", "quantity": 1}} if named == "NOT_PERMITTED" else {"body": {"quantity": 1}}
        ended = (await desk.call("create_order", arguments)).invocation
        assert ended.outcome.fault == "UPSTREAM_UNREACHABLE"
        assert named in ended.outcome.message
        assert shop.requests == 0

    def draft(one: Draft) -> Draft:
        made = falling_back(f"http://127.0.0.1:{free_port()}")(one)
        return replace(made, input_schema={"type": "object"}) if one.name == "create_order" else made

    play(scenario, shop.address, draft=draft, rule=rule)


def test_a_gateway_that_dies_in_the_middle_of_a_fallback_leaves_it_to_another(
    play: Any, shop: Any, free_port: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(desk: Any) -> None:
        shop.create({"item": "x", "quantity": 1})
        invoke, begun = desk.invoker.invoke, asyncio.Event()

        async def hang(self: Any, principal: Any, call: Call, ticket: Any = None) -> Answered:
            if call.parent and not begun.is_set():
                begun.set()
                await asyncio.Event().wait()
            return await invoke(principal, call, ticket)  # type: ignore[no-any-return]

        monkeypatch.setattr("gateway.pipeline.invoker.Invoker.invoke", hang)
        calling = asyncio.create_task(desk.call("create_order", {"body": {"item": "ord_1", "quantity": 1}}))
        await asyncio.wait_for(begun.wait(), 5.0)
        calling.cancel()
        ledger, id = desk.parts.ledger, invocation_id(desk.caller, KEY)
        await asyncio.wait({calling})
        desk.clock.forward(20.0)  # its lease lapses
        await ledger.take_from_lost("acme", id)
        await desk.parts.recovery.resume("acme", id)
        found = await ledger.read("acme", id)
        assert found.state is InvocationState.SUCCEEDED
        assert found.outcome.source.startswith("fallback:")
        assert len(found.attempts) == 3

    play(scenario, shop.address, draft=falling_back(f"http://127.0.0.1:{free_port()}"))


def test_where_the_upstream_is_left_alone_the_fallback_answers_at_once(play: Any, shop: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        shop.create({"item": "x", "quantity": 1})
        for number in range(THRESHOLD):
            await desk.call("create_order", ORDER, key=f"a-key-of-sixteen-characters-{number}")
        ended = (await desk.call("create_order", {"body": {"item": "ord_1", "quantity": 1}})).invocation
        assert ended.state is InvocationState.SUCCEEDED
        assert [attempt.fault for attempt in ended.attempts] == ["UPSTREAM_OPEN"]
        assert len(rude.requests) == THRESHOLD

    play(scenario, shop.address, draft=falling_back(rude.address))


def test_the_upkeep_asks_the_probes_of_calls_whose_gateway_is_dead_and_each_only_once(
    play: Any, lossy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(desk: Any) -> None:
        settled = []

        async def note(self: Any, tenant: str, id: str) -> None:
            settled.append((tenant, id))

        lossy.losses = 1
        open_one = (await desk.call("create_order", ORDER)).invocation
        assert open_one.review.open
        monkeypatch.setattr("gateway.maintenance.recovery.Recovery.probe_unknown", note)
        parts = desk.parts
        upkeep = MaintenanceLoops(
            ledger=parts.ledger,
            recovery=parts.recovery,
            obligations=parts.obligations,
            sweep_boxes=nothing,
            check_store=nothing,
            write_down=nothing,
            remember=nothing,
        )
        for _ in range(3):
            await upkeep.probe_unknown_outcomes()
        await asyncio.sleep(0)
        assert settled == [(desk.caller.tenant, open_one.id)]

    play(scenario, lossy.address, draft=probed("no_such_tool"))


async def nothing() -> None:
    """No boxes to sweep, no store to check."""


def test_a_probes_answer_that_is_too_deep_to_be_written_down_decides_nothing(play: Any, shop: Any) -> None:
    deep = b"[" * 300 + b"]" * 300

    async def ask(_principal: Any, _call: Call) -> Answered:
        found = SimpleNamespace(outcome=Outcome(Verdict.SUCCEEDED, Answer(200, "application/json", deep)))
        return Answered(found, from_record=False)  # type: ignore[arg-type]

    async def scenario(desk: Any) -> None:
        execution: Any = SimpleNamespace(principal=desk.caller, arguments={}, origin=CallOrigin(), remaining=1.0)
        assert await ask_probe(ask, execution, "inv_1", Probe("t", {}, Condition(""), ""), 1) == (OPEN, None)

    play(scenario, shop.address)
