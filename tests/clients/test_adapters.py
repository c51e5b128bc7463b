"""Every adapter, by one table: an agent of its framework that is killed or cut off acts once for each call of its model.

Two equal calls are in one message of the script. A bank in a process of its own counts the effects.
"""

import json

import pytest

from tests.clients.adapters import ADAPTERS, Adapter
from tests.clients.cutting import Cutter
from tests.clients.stage import Stage
from tests.promises.agents.running import finish, kill

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def each(adapters: tuple[Adapter, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("adapter", adapters, ids=[one.name for one in adapters])


@each(ADAPTERS)
def test_an_agent_that_was_killed_between_effect_and_answer_acts_once_for_each_call(adapter: Adapter, stage: Stage) -> None:
    stage.bank.hold()
    life = stage.start(adapter, "kill")
    stage.await_effects(adapter)
    kill(life)
    stage.bank.release()
    assert_all_were_answered(adapter, finish(stage.start(adapter, "kill")))
    assert stage.bank.effects == adapter.meant


@each(tuple(one for one in ADAPTERS if one.retries))
def test_the_frameworks_own_retry_attaches_to_the_call_under_way(adapter: Adapter, stage: Stage, cutter: Cutter) -> None:
    stage.bank.hold()
    life = stage.start(adapter, "retry", cutter.address)
    stage.await_effects(adapter)
    cutter.cut()
    stage.bank.release()
    assert_all_were_answered(adapter, finish(life))
    assert stage.bank.effects == adapter.meant


def assert_all_were_answered(adapter: Adapter, said: list[str]) -> None:
    """The model was shown a success for each call that it made. Without a retry it would have read of a broken connection."""
    assert json.loads(said[-1]).count({"done": True}) == adapter.answered
