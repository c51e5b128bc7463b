"""A user's own tests against a FakeGateway: what they define, what they make fail, and what they see."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from callgate import (
    AnotherAttempt,
    AsyncClient,
    Client,
    DeclareSucceeded,
    Effect,
    FaultCode,
    LimitExceeded,
    Mode,
    Outcome,
    Recording,
    Result,
    RetryPolicy,
    SandboxFailed,
    SchemaForm,
    State,
    Succeeded,
    TimedOut,
    ToolFailed,
    Unknown,
    errors,
)
from callgate.testing import FakeGateway
from callgate.testing.refusals import BARE, ROWS

ORDER = {"item": "tea", "quantity": 2}
NEVER = RetryPolicy(patience=0)


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        yield gateway


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[Client]:
    with gateway.client() as client:
        yield client


def offer(gateway: FakeGateway, does: Callable[[], Any], effect: Effect = Effect.NON_IDEMPOTENT) -> None:
    """A tool `act` without parameters."""

    @gateway.tool(effect=effect)
    def act() -> Any:
        return does()


def test_a_function_answers_and_the_gateway_has_seen_the_call(gateway: FakeGateway, client: Client) -> None:
    @gateway.tool
    def create_order(item: str, quantity: int = 1) -> dict[str, Any]:
        """Order."""
        return {"id": 7, "item": item, "quantity": quantity}

    assert client.call("create_order", ORDER, run_id="thread-7").json() == {"id": 7, **ORDER}
    (call,) = gateway.calls
    assert (call.arguments, call.run_id, call.requests, call.executions) == (ORDER, "thread-7", 1, 1)
    assert isinstance(call.outcome, Succeeded)
    tool = client.tools.get("create_order@1")
    assert (tool.reference, tool.description, tool.effect) == ("create_order@1.0.0", "Order.", Effect.NON_IDEMPOTENT)
    assert tool.input_schema == {
        "type": "object",
        "properties": {"item": {"type": "string"}, "quantity": {"type": "integer"}},
        "required": ["item"],
        "additionalProperties": False,
    }


async def test_it_serves_asyncio_and_functions_of_asyncio_alike() -> None:
    async with FakeGateway() as gateway, gateway.async_client() as client:

        @gateway.tool
        async def pay(amount: float | None) -> str:
            await asyncio.sleep(0)
            return f"paid {amount}"

        assert (await client.call("pay", {"amount": 1.5})).json() == "paid 1.5"
        (tool,) = [one async for one in client.tools.list("fake")]
        assert tool.input_schema["properties"] == {"amount": {"type": ["number", "null"]}}


@pytest.mark.parametrize(
    ("argument", "fits"),
    [
        (1, True),
        (1.0, True),
        (1.5, False),
        (True, False),
        ("1", True),
        ("one", False),
        (None, True),
        ([1], False),
        (1e300, True),
    ],
)
def test_arguments_are_of_the_annotated_types(gateway: FakeGateway, client: Client, argument: Any, fits: bool) -> None:
    @gateway.tool
    def buy(quantity: int | None, note: Any = None) -> None: ...

    if fits:
        assert client.call("buy", {"quantity": argument, "note": argument}).json() is None
    else:
        with pytest.raises(errors.ArgumentsInvalid) as refused:
            client.call("buy", {"quantity": argument, "note": argument})
        assert refused.value.violations == (errors.Violation("/quantity", "a value of type integer or null"),)


@pytest.mark.parametrize("name", ["orders.get", "a b", "é", "x" * 65])
def test_a_name_that_no_tool_can_have_is_refused(gateway: FakeGateway, name: str) -> None:
    with pytest.raises(errors.RequestInvalid, match="name"):
        gateway.tool(name=name)(lambda: None)


def test_many_tools_are_listed_page_by_page(gateway: FakeGateway, client: Client) -> None:
    for number in range(120):
        gateway.tool(name=f"tool_{number:03}", toolset="many")(lambda: None)
    assert [tool.name for tool in client.tools.list("many")] == [f"tool_{number:03}" for number in range(120)]
    assert list(client.tools.list("other")) == []


def test_nulls_of_a_strict_schema_are_taken_for_what_they_mean(gateway: FakeGateway, client: Client) -> None:
    @gateway.tool
    def find(word: str, limit: int = 10, after: str | None = None) -> dict[str, Any]:
        return {"word": word, "limit": limit, "after": after}

    said = {"word": "tea", "limit": None, "after": None}
    assert client.call("find", said, key="k" * 16, schema_form=SchemaForm.STRICT).json()["limit"] == 10
    assert [call.arguments for call in gateway.calls] == [{"word": "tea", "after": None}]
    assert client.call("find", {"word": "tea", "after": None}, key="k" * 16).from_record


def test_in_any_call_nulls_and_digits_are_taken_for_what_they_mean(gateway: FakeGateway, client: Client) -> None:
    @gateway.tool
    def find(word: str, limit: int = 10, after: int | str | None = None) -> dict[str, Any]:
        return {"word": word, "limit": limit, "after": after}

    said = {"word": "1", "limit": "9007199254740993", "after": "2"}
    assert client.call("find", said, key="k" * 16).json() == {"word": "1", "limit": 9007199254740993, "after": "2"}
    assert client.call("find", said, key="k" * 16).from_record
    assert client.call("find", {"word": "tea", "limit": None}).json()["limit"] == 10
    with pytest.raises(errors.KeyReused):
        client.call("find", said | {"limit": 9007199254740993}, key="k" * 16)


def test_tools_are_listed_by_a_pattern_and_as_names(gateway: FakeGateway, client: Client) -> None:
    for name in ("buy", "sell", "send"):
        gateway.tool(name=name)(lambda: 1)
    assert [tool.name for tool in client.tools.list(name="se*")] == ["sell", "send"]
    assert [tool.name for tool in client.tools.names(name="s*l")] == ["sell"]
    assert client.tools.get("buy", schema_form=SchemaForm.STRICT).schema_form_refusal


def test_a_resumed_run_calls_once(gateway: FakeGateway, client: Client) -> None:
    offer(gateway, lambda: 7)
    for _ in range(2):
        assert client.run("thread-7").call("act", {}, step=1).json() == 7
    assert [(call.executions, call.requests) for call in gateway.calls] == [(1, 2)]


@pytest.mark.parametrize(("arguments", "told"), [({}, "'item' is missing"), ({"item": "tea", "itm": 1}, "at /itm")])
def test_a_refusal_of_arguments_says_which_do_not_fit(
    gateway: FakeGateway, client: Client, arguments: dict[str, Any], told: str
) -> None:
    @gateway.tool
    def create_order(item: str) -> None: ...

    with pytest.raises(errors.ArgumentsInvalid, match=told):
        client.call("create_order", arguments)


@pytest.mark.parametrize(
    "outcome",
    [
        Unknown("lost"),
        ToolFailed(None, FaultCode.UPSTREAM_UNREACHABLE, "nothing listens", False),
        ToolFailed(Result(500, "text/plain", b"oops"), FaultCode.HTTP_STATUS, "HTTP status 500", True, http_status=500),
        ToolFailed(None, FaultCode.HTTP_STATUS, "busy", False, http_status=429, retry_after=2.5, not_done=True),
        LimitExceeded("response_bytes", "too large", True, 200),
        TimedOut("too slow", effect_possible=True),
        TimedOut("no time", not_done=True),
        TimedOut("a stream", True, 200, result=Result(200, "text/event-stream", b"data: 1\n\n")),
        SandboxFailed(FaultCode.BOX_DIED, "gone", effect_possible=True),
        Succeeded(Result(201, "text/plain", b"made", links={"next": "https://example.com/2"})),
        Succeeded(Result(200, "", b"", headers={"etag": '"7"', "x-total-count": "9"}, headers_left_out=2)),
    ],
    ids=str,
)
def test_a_call_ends_as_its_function_says(gateway: FakeGateway, client: Client, outcome: Outcome) -> None:
    offer(gateway, lambda: outcome)
    assert client.call("act", {}).outcome == outcome


@pytest.mark.parametrize("kind", [*ROWS, errors.ConnectionBroken], ids=lambda kind: kind.__name__)
def test_a_call_is_refused_as_its_function_says_and_leaves_no_record(
    gateway: FakeGateway, kind: type[errors.CallgateError]
) -> None:
    def refuse() -> None:
        raise kind("as the test says", cure="Do better.", retry_after=0.5)

    offer(gateway, refuse)
    with gateway.client(retry=NEVER) as client:
        with pytest.raises(kind) as refused:
            client.call("act", {}, key="order-7")
        assert client.invocations.find("order-7") is None
    assert type(refused.value) is kind
    if kind in ROWS:
        assert (refused.value.message, refused.value.cure, refused.value.retry_after) == ("as the test says", "Do better.", 0.5)
    assert [type(call.refusal) for call in gateway.calls] == [kind]


@pytest.mark.parametrize("kind", [*BARE, errors.PoolExhausted, errors.ShuttingDown])
def test_a_client_sends_again_what_is_refused_for_a_while(gateway: FakeGateway, client: Client, kind: Any) -> None:
    offer(gateway, lambda: 7)
    gateway.refuse(kind("as the test says"), times=2)
    assert client.call("act", {}).json() == 7
    assert len(gateway.calls) == 1


def test_a_request_that_no_gateway_refuses_so_is_an_error_of_the_test(gateway: FakeGateway) -> None:
    with pytest.raises(errors.RequestInvalid, match="InvocationUnderWay"):
        gateway.refuse(errors.InvocationUnderWay("x"))


def test_an_error_of_the_test_itself_is_told(gateway: FakeGateway) -> None:
    offer(gateway, lambda: 1 // 0)
    with gateway.client(retry=NEVER) as client, pytest.raises(errors.GatewayDefect, match="act raised ZeroDivisionError"):
        client.call("act", {})


def test_a_review_is_decided(gateway: FakeGateway, client: Client) -> None:
    answers: list[Any] = [Unknown("lost"), Unknown("lost again")]
    offer(gateway, lambda: answers.pop(0))
    id = client.call("act", {}, key="order-7").id
    (review,) = client.reviews.list()
    assert (review.invocation.id, review.open, review.request.arguments) == (id, True, {})

    client.reviews.decide(id, AnotherAttempt(), reason="it did not happen")
    assert client.invocations.handle(id).wait().state is State.UNKNOWN
    assert gateway.calls[0].executions == 2
    decided = client.reviews.decide(id, DeclareSucceeded({"id": 7}), reason="it did")
    assert (decided.open, decided.reason) == (False, "it did")
    assert client.call("act", {}, key="order-7").json() == {"id": 7}
    with pytest.raises(errors.ReviewNotOpen):
        client.reviews.decide(id, DeclareSucceeded(8), reason="again")


@pytest.mark.parametrize(
    ("effect", "kind"), [(Effect.NON_IDEMPOTENT, Unknown), (Effect.IDEMPOTENT, TimedOut), (Effect.READ, TimedOut)]
)
def test_a_function_that_takes_too_long_is_not_waited_for(
    gateway: FakeGateway, client: Client, effect: Effect, kind: type[Outcome]
) -> None:
    held = threading.Event()
    offer(gateway, lambda: held.wait(30), effect)
    invocation = client.call("act", {}, timeout=0.1)
    held.set()
    assert isinstance(invocation.outcome, kind)
    assert invocation.under_review == (effect is not Effect.READ)


def test_a_refusal_of_a_call_that_was_told_to_be_under_way_is_its_outcome(gateway: FakeGateway, client: Client) -> None:
    held = threading.Event()

    def refuse() -> None:
        held.wait(30)
        raise errors.PoolExhausted("no box")

    offer(gateway, refuse)
    begun = client.call("act", {}, wait=0)
    assert begun.outcome is None
    held.set()
    ended = client.invocations.handle(begun.id).wait()
    assert ended.outcome == SandboxFailed(FaultCode.POOL_EXHAUSTED, "no box", not_done=True)


def test_a_run_that_replays_is_not_made_live(gateway: FakeGateway) -> None:
    offer(gateway, lambda: 7)
    replaying = Recording("suite", Mode.REPLAY_STRICT)
    with gateway.client(recording=replaying) as client, pytest.raises(errors.ReplayMissed):
        client.call("act", {})
    assert gateway.calls == []


def test_another_process_finds_it_by_its_environment(gateway: FakeGateway) -> None:
    offer(gateway, lambda: 7)
    with Client.from_environment(gateway.environment) as client:
        assert client.call("act", {}).json() == 7


def test_another_token_is_refused(gateway: FakeGateway) -> None:
    with gateway.client(token="another") as client, pytest.raises(errors.Unauthenticated):
        list(client.tools.list())


def test_what_it_does_not_answer_says_so(client: Client) -> None:
    for ask in (
        lambda: client.toolsets.plan(b"{}", "orders"),
        lambda: list(client.hosts.list()),
    ):
        with pytest.raises(errors.RequestInvalid, match="a FakeGateway does not answer"):
            ask()


async def test_two_gateways_do_not_know_each_others_calls() -> None:
    async with FakeGateway() as one, FakeGateway() as other:
        for gateway in (one, other):
            offer(gateway, lambda: 7)
        async with AsyncClient(f"{other.address}", token=other.token) as client:
            await client.call("act", {})
        assert (len(one.calls), len(other.calls)) == (0, 1)
