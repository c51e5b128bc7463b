"""Of several addresses, the one that answers first is taken (RFC 8305). Times are those of the race's own delay."""

import asyncio
from ipaddress import ip_address

import pytest

from sandbox.egress.addresses import Address
from sandbox.egress.happy_eyeballs import MOST, NoneAnswers, Race, in_turn
from sandbox.egress.tunnel import Stream
from tests.conftest import Upstream

#: Seconds. Long enough for what is ready to be seen first.
DELAY = 0.05


def addresses(*texts: str) -> tuple[Address, ...]:
    return tuple(map(ip_address, texts))


class Dials:
    """Stands for a network. An address that is not in `refusing` or `answering` swallows what is sent there."""

    def __init__(self, *, refusing: tuple[str, ...] = (), answering: tuple[str, ...] = ()) -> None:
        self.refusing, self.answering = addresses(*refusing), addresses(*answering)
        self.given_up: list[Address] = []
        self.opened: list[Writer] = []

    async def dial(self, address: Address, _port: int) -> Stream:
        if address in self.refusing:
            raise ConnectionRefusedError(111, "Connection refused")
        if address in self.answering:
            self.opened.append(Writer(address))
            return asyncio.StreamReader(), self.opened[-1]  # type: ignore[return-value]  # the race only hangs up
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.given_up.append(address)
            raise
        raise AssertionError


class Writer:
    def __init__(self, address: Address) -> None:
        self.address = address
        self.aborted = False

    @property
    def transport(self) -> "Writer":
        return self

    def abort(self) -> None:
        self.aborted = True


def test_the_families_take_turns_and_each_keeps_its_order() -> None:
    given = addresses("2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2")
    assert list(in_turn(given)) == list(
        addresses("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "2001:db8::3"),
    )
    assert list(in_turn(addresses("192.0.2.1", "2001:db8::1"))) == list(addresses("192.0.2.1", "2001:db8::1"))


async def test_the_second_is_tried_beside_a_first_that_is_silent_which_is_then_given_up() -> None:
    dials = Dials(answering=("192.0.2.2",))
    race = Race(addresses("192.0.2.1", "192.0.2.2", "192.0.2.3"), 1, dial=dials.dial, delay=DELAY)
    await race.run()
    await asyncio.sleep(0)
    assert race.winner == ip_address("192.0.2.2")
    assert race.tried == list(addresses("192.0.2.1", "192.0.2.2"))
    assert dials.given_up == list(addresses("192.0.2.1"))


async def test_one_that_refuses_is_followed_at_once() -> None:
    dials = Dials(refusing=("192.0.2.1", "192.0.2.2"), answering=("192.0.2.3",))
    race = Race(addresses("192.0.2.1", "192.0.2.2", "192.0.2.3"), 1, dial=dials.dial, delay=60.0)
    async with asyncio.timeout(5):
        await race.run()
    assert race.winner == ip_address("192.0.2.3")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("192.0.2.1",), "Connection refused"),
        (("192.0.2.1", "192.0.2.2"), "192.0.2.1: Connection refused; 192.0.2.2: Connection refused"),
        ((), "there is no address"),
    ],
)
async def test_where_none_answers_each_is_told_with_its_cause(given: tuple[str, ...], told: str) -> None:
    dials = Dials(refusing=given)
    with pytest.raises(NoneAnswers) as failed:
        await Race(addresses(*given), 1, dial=dials.dial, delay=DELAY).run()
    assert str(failed.value) == told


async def test_of_two_that_answer_at_one_time_one_is_hung_up() -> None:
    ready = asyncio.Event()
    dials = Dials(answering=("192.0.2.1", "192.0.2.2"))

    async def dial(address: Address, port: int) -> Stream:
        await ready.wait()
        return await dials.dial(address, port)

    race = Race(addresses("192.0.2.1", "192.0.2.2"), 1, dial=dial, delay=0.0)
    running = asyncio.create_task(race.run())
    async with asyncio.timeout(5):
        while len(race.tried) < 2:
            await asyncio.sleep(0)
    ready.set()
    await running
    await asyncio.sleep(0)
    assert sorted(writer.aborted for writer in dials.opened) == [False, True]
    assert next(writer.address for writer in dials.opened if not writer.aborted) == race.winner


async def test_a_name_with_a_thousand_addresses_has_a_few_of_them_tried() -> None:
    dials = Dials(refusing=tuple(f"192.0.2.{number}" for number in range(256)))
    race = Race(dials.refusing, 1, dial=dials.dial, delay=DELAY)
    with pytest.raises(NoneAnswers):
        await race.run()
    assert len(race.tried) == MOST


async def test_a_race_that_is_cancelled_gives_all_of_them_up() -> None:
    dials = Dials()
    running = asyncio.create_task(Race(addresses("192.0.2.1", "192.0.2.2"), 1, dial=dials.dial, delay=0.0).run())
    await asyncio.wait({running}, timeout=DELAY)
    running.cancel()
    await asyncio.wait({running})
    await asyncio.sleep(0)
    assert sorted(dials.given_up) == sorted(addresses("192.0.2.1", "192.0.2.2"))


async def test_a_real_address_is_connected_to(upstream: Upstream) -> None:
    race = Race(addresses("127.0.0.1"), upstream.server_port)
    _, writer = await race.run()
    assert writer.get_extra_info("peername")[1] == upstream.server_port
    writer.transport.abort()
