"""Every adapter, by one table: an agent of its framework that is killed, or cut off, acts once for each call that its model meant.

A bank in a process of its own counts the effects.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.adapters import ADAPTERS, Adapter
from tests.clients.cutting import Cutter
from tests.e2e.house import eventually
from tests.promises.agents.running import ENDS_WITHIN, Bank, Life, finish, kill
from tests.promises.agents.script import SCRIPT

pytestmark = [pytest.mark.docker, pytest.mark.slow]

PythonOf = Callable[[str], str]


def each(adapters: tuple[Adapter, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("adapter", adapters, ids=[one.name for one in adapters])


@each(ADAPTERS)
def test_an_agent_that_was_killed_between_effect_and_answer_acts_once_for_each_call(
    adapter: Adapter, bank: Bank, live: Life, python_of: PythonOf, tmp_path: Path
) -> None:
    python = python_of(adapter.environment)
    bank.hold()
    life = live(adapter.module, str(tmp_path), "kill", *adapter.words, python=python)
    eventually(lambda: sum(bank.effects.values()) == adapter.at_once, ENDS_WITHIN, "the effects of the first message")
    kill(life)
    bank.release()
    assert_all_were_answered(finish(live(adapter.module, str(tmp_path), "kill", *adapter.words, python=python)))
    assert bank.effects == adapter.meant


@each(tuple(one for one in ADAPTERS if one.retries))
def test_the_frameworks_own_retry_attaches_to_the_call_under_way(
    adapter: Adapter, bank: Bank, live: Life, python_of: PythonOf, cutter: Cutter, tmp_path: Path
) -> None:
    bank.hold()
    python = python_of(adapter.environment)
    life = live(adapter.module, str(tmp_path), "retry", *adapter.words, python=python, address=cutter.address)
    eventually(lambda: sum(bank.effects.values()) == adapter.at_once, ENDS_WITHIN, "the effects of the first message")
    cutter.cut()
    bank.release()
    assert_all_were_answered(finish(life))
    assert bank.effects == adapter.meant


def assert_all_were_answered(said: list[str]) -> None:
    """The model was shown a success for each call that it has made: had no retry come, it would have read of a broken connection."""
    answers = json.loads(said[-1])
    assert answers == [{"done": True}] * sum(map(len, SCRIPT))
