"""What a gateway may answer from its own memory, and for how long."""

from dataclasses import replace

import orjson

from gateway.model.invocation import Answer, Invocation, InvocationState, Outcome, Request, Review, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.call import Call, Mode
from gateway.pipeline.recent_outcomes import KEPT_FOR, RecentOutcomes
from registry.model.tool import Effect
from tests.gateway.pipeline.desk import KEY, OpenDesk
from tests.gateway.pipeline.upstreams import OpenShop

CALLER = Principal("acme", "planner", "ada")
CALL = Call("charge", b'{"amount":1}', "a-key-of-sixteen-characters")
REQUEST = Request(
    tool="charge",
    version="charge@1.0.0",
    digest="sha256:0",
    effect=Effect.NON_IDEMPOTENT,
    args_json=b"",
    run_id="",
    traceparent="",
    timeout=60.0,
    max_attempts=3,
)
ORDER = {"body": {"item": "hinge", "quantity": 2}}
DONE = Outcome(Verdict.SUCCEEDED, Answer(200, "text/plain", b"x" * 1000))
ENDED = Invocation(
    id="inv_1",
    principal=CALLER,
    request=REQUEST,
    state=InvocationState.SUCCEEDED,
    outcome=DONE,
    attempts=(),
    accepted=0.0,
    deadline=60.0,
    ended=1.0,
    max_attempts=3,
)


def test_the_very_same_call_is_answered_until_it_is_forgotten() -> None:
    now = [0.0]
    replays = RecentOutcomes(lambda: now[0])
    replays.keep(CALLER, CALL, ENDED)
    assert replays.find(CALLER, CALL) is ENDED
    now[0] = KEPT_FOR
    assert replays.find(CALLER, CALL) is None


def test_an_end_is_forgotten_before_its_key_can_be_free_again() -> None:
    now = [0.0]
    replays = RecentOutcomes(lambda: now[0])
    replays.keep(CALLER, CALL, replace(ENDED, request=replace(REQUEST, retention=KEPT_FOR)))
    assert replays.find(CALLER, CALL) is not None
    now[0] = KEPT_FOR / 2
    assert replays.find(CALLER, CALL) is None


async def test_an_end_of_long_ago_that_a_gateway_has_read_is_left_to_the_ledger(shop: OpenShop, open_desk: OpenDesk) -> None:
    """It was answered for a minute more, also where the key was free by then, and had another call."""
    desk = await open_desk(shop.address)
    ended = (await desk.call("create_order", ORDER)).invocation
    call = Call("create_order", orjson.dumps(ORDER), KEY, run_id="run")
    other = replace(desk.invoker, recent_outcomes=RecentOutcomes())
    read = await other.invoke(desk.caller, call)
    assert (read.from_record, read.invocation.id) == (True, ended.id)
    assert other.recent_outcome(desk.caller, call) is None


def test_another_caller_tool_or_argument_is_left_to_the_ledger() -> None:
    replays = RecentOutcomes()
    replays.keep(CALLER, CALL, ENDED)
    assert replays.find(replace(CALLER, subject="bob"), CALL) is None
    assert replays.find(CALLER, replace(CALL, tool="refund")) is None
    assert replays.find(CALLER, replace(CALL, args_json=b'{"amount":2}')) is None


def test_a_run_that_is_recorded_or_replayed_is_not_answered_from_memory() -> None:
    replays = RecentOutcomes()
    recorded = replace(CALL, mode=Mode.RECORD, recording="monday")
    replays.keep(CALLER, recorded, ENDED)
    assert replays.find(CALLER, CALL) is None
    replays.keep(CALLER, CALL, ENDED)
    assert replays.find(CALLER, recorded) is None


def test_what_may_still_change_is_not_kept() -> None:
    replays = RecentOutcomes()
    for unsettled in (
        replace(ENDED, state=InvocationState.UNKNOWN),
        replace(ENDED, state=InvocationState.FAILED, review=Review(1.0)),
        replace(ENDED, state=InvocationState.RETRY_WAIT, outcome=None),
    ):
        replays.keep(CALLER, CALL, unsettled)
        assert replays.find(CALLER, CALL) is None
    replays.keep(CALLER, CALL, replace(ENDED, review=Review(1.0, "ada", "it is there")))
    assert replays.find(CALLER, CALL) is not None


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    replays = RecentOutcomes(limit=20_000)
    calls = [replace(CALL, key=f"key-{number:020}") for number in range(10)]
    for call in calls:
        replays.keep(CALLER, call, ENDED)
    kept = [call for call in calls if replays.find(CALLER, call)]
    assert kept == calls[-len(kept) :]
    assert 1 <= len(kept) < 10
