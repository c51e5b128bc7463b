"""`callgate.testing.replay`: an agent's run against its recording, without a gateway."""

from collections.abc import Callable
from pathlib import Path

import pytest

from callgate import Client, errors
from callgate.testing import FakeGateway, RunDiffers, replay
from callgate.testing.agent_runs import recording, replaying_live

Agent = Callable[[Client], None]


def orders(*items: str) -> Agent:
    def agent(client: Client) -> None:
        run = client.run("thread-7")
        for step, item in enumerate(items):
            run.call("create_order", {"item": item}, step=step)

    return agent


def offer(gateway: FakeGateway) -> None:
    @gateway.tool
    def create_order(item: str) -> str:
        return f"order of {item}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The recording of an order of tea and one of rope."""
    made = tmp_path / "recordings" / "order.json"
    with FakeGateway() as gateway:
        offer(gateway)
        with recording(made, gateway.environment) as run, run.judged(), run.client() as client:
            orders("tea", "rope")(client)
    return made


def replayed(file: Path, agent: Agent) -> None:
    with replay(file) as run, run.client() as client:
        agent(client)


def test_the_same_run_passes_as_often_as_it_is_made(file: Path) -> None:
    for _ in range(2):
        replayed(file, orders("tea", "rope"))


async def test_it_serves_asyncio_likewise(file: Path) -> None:
    with replay(file) as replaying:
        async with replaying.async_client() as client:
            run = client.run("thread-7")
            for step, item in enumerate(["tea", "rope"]):
                assert (await run.call("create_order", {"item": item}, step=step)).json() == f"order of {item}"


def test_a_run_that_leaves_a_call_out_differs(file: Path) -> None:
    with pytest.raises(RunDiffers, match=r"part at call 2, step 1: create_order@1.0.0: is missing"):
        replayed(file, orders("tea"))


def test_an_error_of_the_agent_says_where_the_run_differs(file: Path) -> None:
    with pytest.raises(errors.ReplayMissed) as raised:
        replayed(file, orders("tea", "soap"))
    assert '/item: "rope" → "soap"' in "\n".join(raised.value.__notes__)


def test_another_order_differs_though_each_call_is_answered(file: Path) -> None:
    with pytest.raises(RunDiffers, match="is made at another place"):
        replayed(file, orders("rope", "tea"))


def test_a_file_that_is_not_there_is_told_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(errors.RequestInvalid, match="cannot be read") as refused, replay(tmp_path / "absent.json"):
        pass
    assert "--callgate-record" in refused.value.cure


def test_a_run_is_replayed_against_a_gateway_whose_tools_have_changed(file: Path) -> None:
    with FakeGateway() as gateway:

        @gateway.tool
        def create_order(item: str, note: str = "") -> str:
            return ""

        del create_order
        with pytest.raises(errors.ReplayMissed), replaying_live(file, gateway.environment) as run, run.judged():
            orders("tea", "rope")(run.client())
        assert gateway.calls == []
        assert not any(gateway._recordings._entries.values())


def test_a_file_has_further_tools_for_an_agent_that_lists_them(tmp_path: Path) -> None:
    with FakeGateway() as gateway:
        offer(gateway)

        @gateway.tool
        def refund_order(id: int) -> None: ...

        file = tmp_path / "order.json"
        with recording(file, gateway.environment, tools=["refund_*"]) as run, run.judged(), run.client() as client:
            orders("tea")(client)
            there = {one.name: one for one in client.tools.list()}
    with replay(file) as run, run.client() as client:
        orders("tea")(client)
        assert {one.name: one for one in client.tools.list()} == there
    with pytest.raises(errors.ReplayMissed), replay(file) as run, run.client() as client:
        client.call("refund_order", {"id": 7})


def test_a_run_whose_test_fails_is_not_kept(file: Path) -> None:
    before = file.read_bytes()
    with FakeGateway() as gateway:
        offer(gateway)
        with pytest.raises(errors.ToolNotFound) as raised, recording(file, gateway.environment) as run, run.judged():
            run.client().call("no_such_tool")
        nothing = pytest.raises(errors.RequestInvalid, match="has made no call")
        with nothing, recording(file, gateway.environment) as run, run.judged():
            pass
    assert "is left as it was" in raised.value.__notes__[-1]
    with FakeGateway() as gateway:
        absent = file.with_name("absent.json")
        with pytest.raises(errors.ToolNotFound) as raised, recording(absent, gateway.environment) as run, run.judged():
            run.client().call("no_such_tool")
    assert "absent.json is not written" in raised.value.__notes__[-1]
    assert file.read_bytes() == before
