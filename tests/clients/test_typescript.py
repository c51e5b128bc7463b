"""The TypeScript client, on the Node of its lock: its own tests against a gateway with boxes, and agents that are killed.

The agents are of the Vercel AI SDK and of LangChain.js. They have the client from its tarball, and play the script of the
Python adapters' agents. A bank in a process of its own counts the effects.
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from callgate import Client
from scripts.node_environment import PACKAGE, Node
from tests.clients.cutting import Cutter
from tests.clients.typescript_package import Installed
from tests.e2e.conftest import OpenShop
from tests.e2e.house import House, eventually
from tests.promises.agents.running import ENDS_WITHIN, Bank, finish, kill
from tests.promises.agents.script import MEANT, SCRIPT, arguments

pytestmark = [pytest.mark.docker, pytest.mark.slow]

AGENTS = ("ai_agent.ts", "meta_agent.ts", "langchain_agent.ts", "core_agent.ts")
#: Each message's calls, as the agents' models ask for them.
SAID = json.dumps([[["charge", arguments(*one)] for one in message] for message in SCRIPT])

#: Starts an agent in this test's run. `address`: that of what stands before the house, if anything does.
Live = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def live(house: House, package: Installed, tmp_path: Path) -> Iterator[Live]:
    lives: list[subprocess.Popen[str]] = []

    def begin(program: str, address: str = "", **more: Any) -> "subprocess.Popen[str]":
        place = {"CALLGATE_ADDRESS": address or house.address, "CALLGATE_TOKEN_FILE": str(house.state.token)}
        lives.append(package.start(program, {**place, "AGENT_RUN": tmp_path.name, "AGENT_SCRIPT": SAID}, **more))
        return lives[-1]

    yield begin
    for life in lives:
        with life:
            life.kill()


def test_the_package_passes_its_own_tests_and_skips_none(house: House, shop: OpenShop, locked_node: Node) -> None:
    locked_node.install(PACKAGE)
    place = {
        "CALLGATE_ADDRESS": house.address,
        "CALLGATE_TOKEN_FILE": str(house.state.token),
        "CALLGATE_LIVE_TOOLSET": "orders",
    }
    command, environment = [*locked_node.npm, "test", "--silent"], {**locked_node.environment, **place}
    done = subprocess.run(command, cwd=PACKAGE, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped 0\n" in done.stdout
    assert shop.state.orders


def test_the_packed_package_has_types_that_hold(package: Installed) -> None:
    told = package.compile()
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize("agent", AGENTS)
def test_an_agent_that_was_killed_between_effect_and_answer_acts_once_for_each_call(agent: str, bank: Bank, live: Live) -> None:
    bank.hold()
    life = live(agent)
    await_effects(bank)
    kill(life)
    bank.release()
    assert_all_were_answered(finish(live(agent)))
    assert bank.effects == MEANT


@pytest.mark.parametrize("agent", AGENTS)
def test_a_call_whose_connection_is_cut_is_sent_again_and_acts_once(agent: str, bank: Bank, live: Live, cutter: Cutter) -> None:
    bank.hold()
    life = live(agent, cutter.address)
    await_effects(bank)
    cutter.cut()
    bank.release()
    assert_all_were_answered(finish(life))
    assert bank.effects == MEANT


def test_a_run_that_python_has_begun_goes_on_in_typescript_and_acts_once(
    house: House, bank: Bank, live: Live, tmp_path: Path
) -> None:
    said = [arguments("ada größer 😀", 2**53 + n) for n in range(2)]
    with Client(house.address, token=house.state.token.read_text().strip()) as client:
        run = client.run(tmp_path.name)
        begun = [run.call("charge", one, step=step, occurrence=1) for step, one in enumerate(said)]
    lines = [{"tool": "charge", "arguments": one, "step": step, "occurrence": 1} for step, one in enumerate(said)]
    other = live("steps.ts", stdin=subprocess.PIPE)
    told, _ = other.communicate("".join(json.dumps(one) + "\n" for one in lines), timeout=ENDS_WITHIN)
    found = [json.loads(line) for line in told.splitlines()]
    assert [(one["id"], one["fromRecord"]) for one in found] == [(one.id, True) for one in begun]
    assert set(bank.effects.values()) == {1}


def await_effects(bank: Bank) -> None:
    """Return once the first message's calls have acted, all of them side by side."""
    eventually(lambda: sum(bank.effects.values()) == len(SCRIPT[0]), ENDS_WITHIN, "the first message's effects")


def assert_all_were_answered(said: list[str]) -> None:
    """The model was shown a success for each call that it made."""
    assert json.loads(said[-1]) == [{"done": True}] * sum(map(len, SCRIPT))
