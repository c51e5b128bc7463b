"""A11: an agent that is killed between an effect and its checkpoint, and resumed by another process, acts once for each call.

A bank in a process of its own counts. The agents are those of `agents/`: a LangGraph agent, with its checkpoints in SQLite, and
a plain loop. Their model says the same in each life, two equal calls in one message among it, with ids that are new each time.
"""

from pathlib import Path

import pytest

from callgate import State, errors
from callgate.keys import new_key
from tests.e2e.house import House, eventually
from tests.promises.agents.running import ENDS_WITHIN, Bank, Life, bank, finish, kill, live
from tests.promises.agents.script import FEE, MEANT, RENT, SCRIPT, arguments

__all__ = ["bank", "live"]

GRAPH, LOOP = "tests.promises.agents.graph_agent", "tests.promises.agents.loop_agent"
TOLD = len(SCRIPT[0])


def die_between_effect_and_checkpoint(bank: Bank, live: Life, agent: tuple[str, ...], moment: str) -> None:
    """`answered`: no answer is written down; `last`: the last one is not; `unanswered`: no answer has come."""
    if moment == "unanswered":
        bank.hold()
    life = live(*agent, stop_at=TOLD if moment == "last" else 1)
    assert life.stdout is not None
    if moment == "unanswered":
        eventually(lambda: sum(bank.effects.values()) == TOLD, ENDS_WITHIN, "the effects of the first message")
    else:
        for _ in range(1 if moment == "last" else TOLD):
            assert life.stdout.readline() == "stopped\n"
    kill(life)
    assert sum(bank.effects.values()) == TOLD
    bank.release()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("behaviour", "moment"),
    [
        (("sync", "node"), "answered"),
        (("sync", "send"), "last"),
        (("async", "send"), "unanswered"),
        (("withheld", "node"), "answered"),
    ],
)
def test_a_graph_that_was_killed_acts_once_for_each_call(
    bank: Bank, live: Life, tmp_path: Path, behaviour: tuple[str, str], moment: str
) -> None:
    agent = GRAPH, str(tmp_path / "graph.db"), *behaviour, "place"
    die_between_effect_and_checkpoint(bank, live, agent, moment)
    assert finish(live(*agent)) == ["done"]
    assert bank.effects == MEANT


@pytest.mark.slow
def test_a_frameworks_id_tells_calls_apart_where_a_resume_finds_it_again(bank: Bank, live: Life, tmp_path: Path) -> None:
    agent = GRAPH, str(tmp_path / "graph.db"), "sync", "node", "call-id"
    die_between_effect_and_checkpoint(bank, live, agent, "answered")
    assert finish(live(*agent)) == ["done"]
    assert bank.effects == MEANT


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["answered", "unanswered"])
def test_a_loop_that_was_killed_acts_once_for_each_call(bank: Bank, live: Life, tmp_path: Path, moment: str) -> None:
    agent = LOOP, str(tmp_path / "turn"), "place"
    die_between_effect_and_checkpoint(bank, live, agent, moment)
    assert finish(live(*agent)) == ["done"]
    assert bank.effects == MEANT


@pytest.mark.slow
def test_random_keys_act_twice_which_is_what_the_others_are_measured_against(bank: Bank, live: Life, tmp_path: Path) -> None:
    agent = LOOP, str(tmp_path / "turn"), "random"
    die_between_effect_and_checkpoint(bank, live, agent, "answered")
    finish(live(*agent))
    assert sum(bank.effects.values()) == sum(MEANT.values()) + TOLD


@pytest.mark.slow
def test_a_pinned_call_whose_arguments_have_changed_since_is_refused_and_names_the_first(
    bank: Bank, live: Life, tmp_path: Path
) -> None:
    agent = LOOP, str(tmp_path / "turn"), "pinned"
    die_between_effect_and_checkpoint(bank, live, agent, "answered")
    refusal, done = finish(live(*agent))
    assert "belongs to a call with other arguments, inv_" in refusal
    assert done == "done"
    # The first message acted as it was said in the first life; the others, of the second life, act once as well.
    assert {charge: times for charge, times in bank.effects.items() if charge.startswith("ada 9")} == {"ada 900": 2}


def test_a_reused_key_names_its_invocation_and_a_cure_that_is_no_fresh_key(house: House, bank: Bank) -> None:
    key = new_key()
    first = house.client.call("charge", arguments(*RENT), key=key)
    with pytest.raises(errors.KeyReused) as refused:
        house.client.call("charge", arguments(*FEE), key=key)
    assert refused.value.invocation_id == first.id
    for word in (first.id, first.tool, "SUCCEEDED", "other arguments", f"{first.accepted:%Y-%m-%dT%H:%M:%S}"):
        assert word in refused.value.message
    assert "Look at that invocation" in refused.value.cure
    assert "resume" in refused.value.cure
    assert bank.effects == {"ada 900": 1}


def test_a_key_leads_to_its_invocation_and_only_its_caller_there(house: House, bank: Bank) -> None:
    run = house.client.run("thread-of-its-own")
    assert run.find("charge", arguments(*RENT), step=1) is None
    made = run.call("charge", arguments(*RENT), step=1)
    found = run.find("charge", arguments(*RENT), step=1)
    assert found is not None
    assert (found.id, found.state, found.run_id) == (made.id, State.SUCCEEDED, "thread-of-its-own")
    assert house.client.invocations.find(run.key("charge", arguments(*RENT), step=2)) is None
    assert bank.effects == {"ada 900": 1}


def test_a_key_of_any_length_is_one_call(house: House, bank: Bank) -> None:
    for key in ("7", "the rent of November, for Ada", "x" * 100_000):
        first, again = (house.client.call("charge", arguments(*RENT), key=key) for _ in range(2))
        assert (first.id, again.from_record) == (again.id, True)
    assert bank.effects == {"ada 900": 3}


def test_an_answer_tells_for_how_long_its_key_is_known(house: House, bank: Bank) -> None:
    acted = house.client.call("charge", arguments(*RENT))
    assert acted.key_retention == 7 * 86_400
    assert acted.ended is not None
    assert acted.key_expires is not None
    assert (acted.key_expires - acted.ended).total_seconds() == pytest.approx(acted.key_retention)
