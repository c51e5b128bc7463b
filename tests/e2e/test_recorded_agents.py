"""An agent's run on real parts: recorded into a file by the command line, replayed with the gateway and without one, and told
apart where the agent or its tools have changed."""

import json
import re
import sys
from pathlib import Path

import pytest

from callgate import Client, DeprecatedTool, Lock, VersionState
from callgate.errors import LockDiffers
from tests.cli.running_up import callgate

from .conftest import ORDERS, OpenShop
from .house import House

AGENT = """
import asyncio, sys
from callgate import AsyncClient, CallgateError

async def main(*items):
    async with AsyncClient.from_environment() as client:
        run = client.run("thread-of-a-test")
        await asyncio.gather(*(run.call("create_order", {"body": {"item": item, "quantity": 1}}, step=1) for item in items))
        try:
            await run.call("create_order", {"body": {"item": "nail", "quantity": "many"}}, step=2)
        except CallgateError as error:
            print(error.reason)
        await run.call("get_order", {"order_id": "ord_none"}, step=3)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def agent(tmp_path: Path) -> list[str]:
    file = tmp_path / "agent.py"
    file.write_text(AGENT)
    return ["--", sys.executable, str(file)]


def run(house: House, *words: str) -> tuple[int, str]:
    """Its exit code, and what it has said."""
    token = str(house.state.token)
    done = callgate("run", *words, CALLGATE_ADDRESS=house.address, CALLGATE_TOKEN_FILE=token)
    return done.returncode, done.stdout + done.stderr


def test_a_run_is_recorded_once_and_replayed_with_and_without_the_gateway(
    house: House, shop: OpenShop, agent: list[str], tmp_path: Path
) -> None:
    file = str(tmp_path / "order.json")
    code, said = run(house, "record", file, *agent, "lamp", "rope")
    assert (code, "ARGUMENTS_INVALID" in said) == (0, True), said
    steps = json.loads(Path(file).read_text())["steps"]
    assert [[one["tool"].partition("@")[0] for one in step["calls"]] for step in steps] == [
        ["create_order", "create_order"],
        ["create_order"],
        ["get_order"],
    ]
    assert steps[1]["calls"][0]["refusal"]["reason"] == "ARGUMENTS_INVALID"
    assert shop.token not in Path(file).read_text()
    before = shop.state.requests
    for where in ((), ("--offline",)):
        code, said = run(house, "replay", *where, file, *agent, "rope", "lamp")  # one step's calls have no order
        assert (code, "as it was recorded" in said) == (0, True), said
    assert shop.state.requests == before


def test_a_changed_agent_is_told_apart(house: House, shop: OpenShop, agent: list[str], tmp_path: Path) -> None:
    first, second = (str(tmp_path / name) for name in ("first.json", "second.json"))
    assert run(house, "record", first, *agent, "lamp")[0] == 0
    code, said = run(house, "replay", first, *agent, "soap")
    assert (code, '/body/item: "lamp" → "soap"' in said) == (1, True), said
    assert run(house, "record", second, *agent, "soap")[0] == 0
    code, said = run(house, "compare", first, second)
    assert code == 1
    assert re.search(r"The runs part at call 1, step 1: create_order@[\d.]+: other arguments\.", said), said
    assert shop.state.orders


def test_a_lock_keeps_an_agent_at_its_version_when_another_is_promoted(house: House, shop: OpenShop, tmp_path: Path) -> None:
    file = tmp_path / "callgate.lock"
    settings = {"CALLGATE_ADDRESS": house.address, "CALLGATE_TOKEN_FILE": str(house.state.token)}
    assert callgate("lock", "create_order", "--file", str(file), **settings).returncode == 0
    (locked,) = Lock.read(file).tools.values()
    document = ORDERS.read_bytes().replace(b"Create an order.", b"Create one order.")
    house.offer(document, "orders", shop.url, shop.token)
    newest = house.client.tools.get("create_order")
    assert newest.version != locked.version

    order = {"body": {"item": "lamp", "quantity": 1}}
    with Client(house.address, token=house.state.token.read_text(), lock=file) as client:
        assert client.call("create_order", order).tool == locked.reference
        assert client.tools.get("create_order").description != newest.description
    assert house.client.call("create_order", order).tool == newest.reference
    checked = callgate("lock", "--check", "--file", str(file), **settings)
    assert (checked.returncode, newest.reference in checked.stdout) == (0, True), checked.stderr

    house.client.tools.set_state(locked.reference, VersionState.DEPRECATED, "use the newest")
    with pytest.warns(DeprecatedTool, match=f"{locked.reference} was deprecated by an operator; {newest.reference} is called"):
        Client(house.address, token=house.state.token.read_text(), lock=file).__enter__().close()
    house.client.tools.set_state(locked.reference, VersionState.DISABLED, "broken")
    with pytest.raises(LockDiffers, match=f"{locked.reference} may not be called"):
        Client(house.address, token=house.state.token.read_text(), lock=file).__enter__()
    checked = callgate("lock", "--check", "--file", str(file), **settings)
    assert (checked.returncode, "may not be called" in checked.stdout) == (1, True), checked.stderr
