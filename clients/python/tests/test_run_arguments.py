"""What the verbs of runs refuse before anything is sent, each with a cure that fits."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from callgate import Client, errors
from callgate.adapters import run_name
from callgate.testing import FakeGateway


@pytest.fixture
def client() -> Iterator[Client]:
    with FakeGateway() as gateway, gateway.client() as client:
        yield client


@pytest.mark.parametrize("name", [" ", "tea ", " tea", ""])
def test_a_runs_name_has_no_space_at_its_ends(client: Client, name: str) -> None:
    for ask in (lambda: client.run(name), lambda: client.runs.start(name), lambda: client.runs.get(name)):
        with pytest.raises(errors.RequestInvalid, match="without a space at its ends"):
            ask()
    assert client.run(run_name(name)).id == run_name(name) != name


Ask = Callable[[Client], Any]


@pytest.mark.parametrize(
    ("ask", "words", "cure"),
    [
        (lambda client: client.runs.start("tea", "plan"), "must be bytes, not str", ".encode()"),
        (lambda client: client.runs.save("tea", "state", version=0), "must be bytes, not str", ".encode()"),
        (lambda client: client.runs.start("tea", 7), "must be bytes, not int", "Give bytes"),
        (lambda client: client.runs.start("tea", b"x" * (65 << 10)), "the plan has more than", "name that artifact's id"),
        (lambda client: client.runs.save("tea", b"x" * (2 << 20), version=0), "the state has more", "give what that returns"),
        (lambda client: client.runs.kill("tea", "It loops.", agent="planner"), "together", "Give both"),
        (lambda client: client.runs.get("tea", subject="ada"), "together", "Give both"),
    ],
)
def test_each_argument_that_does_not_fit_is_told_with_its_cure(client: Client, ask: Ask, words: str, cure: str) -> None:
    with pytest.raises(errors.RequestInvalid, match=words) as raised:
        ask(client)
    assert cure in raised.value.cure
