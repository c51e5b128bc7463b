"""Two names whose servers say nothing took both threads in which the event loop asks the resolver: for as long, no other
tenant reached an upstream by its name."""

import asyncio
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from threading import Event
from typing import Any

import pytest

from sandbox.egress.name_lookups import NameLookups, TooManyLookups

ANSWER = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 0))]
#: More than any pool of an event loop has.
SILENT = 40


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names that the resolver was asked for. Those below silent.example have no answer before the test's end."""
    over, names = Event(), list[str]()

    def answer(name: str, *_: Any, **__: Any) -> list[Any]:
        names.append(name)
        if name.endswith("silent.example"):
            over.wait()
        return ANSWER

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    yield names
    over.set()


async def test_names_without_an_answer_hold_up_no_other_name(asked: list[str]) -> None:
    lookups = NameLookups()
    silent = [asyncio.create_task(lookups.addresses(f"n{number}.silent.example")) for number in range(SILENT)]
    async with asyncio.timeout(5):
        while len(asked) < SILENT:
            await asyncio.sleep(0.001)
        assert await lookups.addresses("shop.example") == (ip_address("192.0.2.7"),)
    for task in silent:
        task.cancel()


async def test_a_name_is_asked_for_once_however_many_want_to_know_it_and_long_after_they_have_gone(asked: list[str]) -> None:
    lookups = NameLookups()
    for _ in range(3):
        waiting = [asyncio.create_task(lookups.addresses("silent.example")) for _ in range(10)]
        await asyncio.wait(waiting, timeout=0.01)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
    assert asked == ["silent.example"]


async def test_beyond_the_bound_no_thread_is_made(asked: list[str]) -> None:
    lookups = NameLookups(most=2)
    waiting = [asyncio.create_task(lookups.addresses(f"n{number}.silent.example")) for number in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyLookups):
        await lookups.addresses("shop.example")
    for task in waiting:
        task.cancel()
