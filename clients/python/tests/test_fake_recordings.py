"""A FakeGateway records runs and replays them, also from a file whose tools it does not have."""

import asyncio
from collections.abc import Iterator

import pytest

from callgate import Client, Effect, Mode, Recording, RetryPolicy, ToolFailed, errors
from callgate.fault_code import FaultCode
from callgate.keys import new_key
from callgate.recorded import Difference, RecordedRun, compare, load
from callgate.testing import FakeGateway

ORDER = {"item": "tea", "quantity": 2}
NEVER = RetryPolicy(patience=0)


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        yield gateway


@pytest.fixture
def shop(gateway: FakeGateway) -> FakeGateway:
    """One that takes orders, and ships none."""

    @gateway.tool
    def create_order(item: str, quantity: int = 1) -> dict[str, object]:
        """Order an item."""
        return {"id": len(gateway.calls), "item": item, "quantity": quantity}

    @gateway.tool(effect=Effect.READ)
    def find(id: int) -> ToolFailed:
        return ToolFailed(None, FaultCode.REVIEWED, f"there is no order {id}", False)

    @gateway.tool
    def ship(id: int) -> None:
        raise errors.PoolExhausted("no box")

    return gateway


def agent(client: Client, item: str = "tea") -> list[object]:
    """What it did, in a few words."""
    run = client.run(f"run-{new_key()}")
    ordered = run.call("create_order", {"item": item, "quantity": 2}, step=1).json()
    found: list[object] = [ordered["id"]]
    further: list[tuple[str, object]] = [("find", 3), ("ship", "x"), ("shop", 3), ("ship", 3)]
    for step, (tool, id) in enumerate(further, 2):
        try:
            found.append(str(run.call(tool, {"id": id}, step=step).outcome))
        except errors.CallgateError as error:
            found.append(type(error).__name__)
    return found


def recorded(gateway: FakeGateway, name: str = "suite") -> bytes:
    with gateway.client() as client:
        return client.recordings.export_file(name)


def record(gateway: FakeGateway) -> list[object]:
    with gateway.client(recording=Recording("suite", Mode.RECORD), retry=NEVER) as client:
        return agent(client)


def replay(gateway: FakeGateway, item: str = "tea") -> tuple[list[object], RecordedRun]:
    """What the agent did, and the run that it was."""
    with gateway.client(recording=Recording("suite", Mode.REPLAY_STRICT, "take")) as client:
        done = agent(client, item)
    return done, load(recorded(gateway, "take"))


def test_a_run_is_replayed_from_its_file_without_its_tools_refusals_and_all(shop: FakeGateway) -> None:
    done = record(shop)
    assert done[2:] == ["ArgumentsInvalid", "ToolNotFound", "PoolExhausted"]
    content = recorded(shop)
    with FakeGateway() as another:
        another.load_recording("suite", content)
        again, take = replay(another)
        assert again == done
        assert another.calls == []
    assert compare(load(content), take).differing == ()


def test_a_file_says_what_was_asked_in_its_order_and_what_the_tools_are(shop: FakeGateway) -> None:
    record(shop)
    run = load(recorded(shop))
    assert [(step.name, one.tool, one.ending) for step in run.steps for one in step.calls] == [
        ("1", "create_order@1.0.0", "succeeded"),
        ("2", "find@1.0.0", "tool_failed"),
        ("3", "ship", "refused: ARGUMENTS_INVALID"),
        ("4", "shop", "refused: TOOL_NOT_FOUND"),
        ("5", "ship@1.0.0", "refused: POOL_EXHAUSTED"),
    ]
    assert run.tools["create_order@1.0.0"]["description"] == "Order an item."
    assert next(run.calls).arguments == ORDER


def test_a_replay_that_differs_is_seen_in_its_take_and_nothing_is_made(shop: FakeGateway) -> None:
    record(shop)
    with FakeGateway() as another:
        another.load_recording("suite", recorded(shop))
        with pytest.raises(errors.ReplayMissed):
            replay(another, "rope")
        found = compare(load(recorded(shop)), load(recorded(another, "take")))
    first = found.differing[0]
    assert (first.call.step, first.differences) == ("1", (Difference.ARGUMENTS,))
    assert [(one.pointer, one.before, one.after) for one in first.changes] == [("/item", "tea", "rope")]


def test_the_tools_of_a_file_are_listed_as_they_were(shop: FakeGateway) -> None:
    record(shop)
    with FakeGateway() as another:
        another.load_recording("suite", recorded(shop))
        with shop.client() as first, another.client() as second:
            assert second.tools.get("create_order@1.0.0") == first.tools.get("create_order@1.0.0")
            assert [one.name for one in second.tools.names("fake")] == ["create_order", "find", "ship"]


def test_a_replay_makes_what_it_misses_where_it_may(shop: FakeGateway) -> None:
    record(shop)
    with shop.client(recording=Recording("suite", Mode.REPLAY_OR_LIVE), run_id="again") as client:
        assert client.call("create_order", {"item": "tea", "quantity": 2}).outcome_source == "recording:suite"
        assert client.call("create_order", {"item": "rope"}).outcome_source == ""


def test_the_same_call_made_twice_gets_both_answers_in_their_order_in_every_replay(shop: FakeGateway) -> None:
    with shop.client(recording=Recording("suite", Mode.RECORD)) as client:
        made = [client.call("create_order", ORDER).json() for _ in range(2)]
    for _ in range(2):
        with shop.client(recording=Recording("suite", Mode.REPLAY_STRICT)) as client:
            assert [client.call("create_order", ORDER).json() for _ in range(2)] == made


async def test_calls_that_were_under_way_together_are_one_step(gateway: FakeGateway) -> None:
    @gateway.tool
    async def wait(number: int) -> int:
        return number

    async with gateway.async_client(recording=Recording("suite", Mode.RECORD)) as client:
        run = client.run("thread")
        await asyncio.gather(*(run.call("wait", {"number": number}, step=1) for number in range(3)))
        await run.call("wait", {"number": 9}, step=2)
        content = await client.recordings.export_file("suite")
    assert [len(step.calls) for step in load(content).steps] == [3, 1]


def test_a_call_that_its_caller_did_not_wait_for_is_recorded_at_its_end(shop: FakeGateway) -> None:
    with shop.client(recording=Recording("suite", Mode.RECORD)) as client:
        begun = client.call("create_order", ORDER, wait=0)
        assert client.invocations.handle(begun.id).wait().outcome is not None
        client.call("create_order", ORDER)
    assert [one.ending for one in load(recorded(shop)).calls] == ["succeeded", "succeeded"]


def test_a_recording_is_deleted_and_one_that_is_not_there_is_told(shop: FakeGateway) -> None:
    record(shop)
    with shop.client() as client:
        client.recordings.delete("suite")
        with pytest.raises(errors.RecordingNotFound):
            client.recordings.export_file("suite")


def test_nulls_of_a_strict_schema_mean_left_out_in_a_replay_too(gateway: FakeGateway) -> None:
    """As a gateway takes them, whose arguments the file has."""

    @gateway.tool
    def order(item: str, note: str = "") -> str:
        return item

    with gateway.client(recording=Recording("suite", Mode.RECORD)) as client:
        client.call("order", {"item": "tea", "note": None})
    with FakeGateway() as another:
        another.load_recording("suite", recorded(gateway))
        with another.client(recording=Recording("suite", Mode.REPLAY_STRICT)) as client:
            assert client.call("order", {"item": "tea", "note": None}).json() == "tea"
