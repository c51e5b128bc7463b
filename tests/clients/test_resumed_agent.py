"""An agent that is killed anywhere goes on in another process from its run alone: `examples/resumed_agent`, at every step.

The shop counts. Two of the three things that are ordered are the same: two equal calls in one message, which mean two orders.
"""

import signal
from collections import Counter
from uuid import uuid4

import pytest

from callgate import RunStatus, errors
from examples.orders.server import Shop
from tests.clients.lives import Relive, said
from tests.e2e.conftest import OpenShop
from tests.e2e.house import House

AGENT, WANTED = "examples.resumed_agent.agent", ("tea:2", "tea:2", "lamp:1")
MEANT = Counter({("tea", 2, "paid"): 2, ("lamp", 1, "paid"): 1})
#: start, three orders, save, three payments, save, end.
REQUESTS = 10
MOMENTS = [(number, moment) for number in range(1, REQUESTS + 1) for moment in ("before", "after")]


def effects(shop: Shop) -> Counter[tuple[str, int, str]]:
    return Counter((order.item, order.quantity, order.status) for order in shop.orders.values())


def test_an_agent_that_lives_does_what_it_was_asked_for(house: House, shop: OpenShop, relive: Relive) -> None:
    run = f"alive-{uuid4()}"
    assert said(relive(0, "before", AGENT, run, *WANTED))["turn"] == 2
    assert effects(shop.state) == MEANT
    found = house.client.runs.get(run)
    assert (found.status, found.version, found.calls) == (RunStatus.SUCCEEDED, 2, 6)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "moment"), MOMENTS)
def test_an_agent_that_is_killed_at_a_step_goes_on_and_does_nothing_twice(
    house: House, shop: OpenShop, relive: Relive, number: int, moment: str
) -> None:
    run = f"killed-{uuid4()}"
    assert relive(number, moment, AGENT, run, *WANTED).returncode == -signal.SIGKILL
    said(relive(0, "before", AGENT, run, *WANTED))
    assert effects(shop.state) == MEANT
    found = house.client.runs.get(run)
    made = list(house.client.invocations.list(run_id=run, agent=found.agent, subject=found.subject))
    assert (found.status, found.version, found.calls) == (RunStatus.SUCCEEDED, 2, 6)
    assert Counter(call.step for call in made) == {"0": 3, "1": 3}


@pytest.mark.slow
def test_an_agent_that_is_killed_again_and_again_comes_to_its_end(house: House, shop: OpenShop, relive: Relive) -> None:
    run = f"mortal-{uuid4()}"
    for number, moment in MOMENTS:
        assert relive(number, moment, AGENT, run, *WANTED).returncode in {0, -signal.SIGKILL}
    assert said(relive(0, "before", AGENT, run, *WANTED))["turn"] == 2
    assert effects(shop.state) == MEANT


@pytest.mark.slow
def test_two_processes_that_go_on_with_one_run_do_nothing_twice(house: House, shop: OpenShop, relive: Relive) -> None:
    run = f"twice-{uuid4()}"
    assert relive(4, "after", AGENT, run, *WANTED).returncode == -signal.SIGKILL
    other = house.client.run(run)
    other.start(house.client.runs.get(run).plan)
    said(relive(0, "before", AGENT, run, *WANTED))
    with pytest.raises((errors.RunEnded, errors.RunStateMoved)):
        other.save(b"{}")
    assert effects(shop.state) == MEANT


@pytest.mark.slow
def test_an_agent_whose_run_is_killed_orders_nothing_more(house: House, shop: OpenShop, relive: Relive) -> None:
    run = f"stopped-{uuid4()}"
    assert relive(3, "before", AGENT, run, *WANTED).returncode == -signal.SIGKILL
    house.client.runs.kill(run, "It was not meant.")
    before = effects(shop.state)
    again = relive(0, "before", AGENT, run, *WANTED)
    assert "RunKilled" in again.stderr
    assert effects(shop.state) == before
