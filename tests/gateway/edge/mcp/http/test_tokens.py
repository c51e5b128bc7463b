"""Whose a token is: asked of the gateway seldom, and for no host more often than for others."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus

import pytest

from callgate.v1.principal_service_pb2 import Principal
from gateway.edge.mcp.http import tokens
from gateway.edge.mcp.http.refusals import Refused
from gateway.edge.mcp.http.tokens import NoToken, Tokens, bearer
from tests.conftest import Until

GOOD = "Bearer good"


class Gateway:
    """Knows one token. `asked`: who has asked; `hold`: it answers later."""

    def __init__(self) -> None:
        self.asked = list[str]()
        self.under_way = 0
        self.most = 0
        self.hold: asyncio.Event | None = None
        self.away = False

    async def ask(self, token: str, peer: str) -> Principal:
        self.asked.append(peer)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if self.hold:
                await self.hold.wait()
        finally:
            self.under_way -= 1
        if self.away:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "away")
        if token != "good":
            raise NoToken(given=True)
        return Principal(tenant="acme", agent="planner", subject="ada")


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def at(time: list[float]) -> Callable[[], float]:
    return lambda: time[0]


async def test_a_good_token_is_asked_for_once_in_a_while(gateway: Gateway) -> None:
    time = [0.0]
    known = Tokens(gateway.ask, clock=at(time))
    for _ in range(3):
        holder = await known.holder(GOOD, peer="p", host="h")
    assert (holder.name, len(gateway.asked)) == ("acme/planner/ada", 1)
    time[0] = tokens.GOOD_FOR
    await known.holder(GOOD, peer="p", host="h")
    assert len(gateway.asked) == 2


async def test_a_wrong_token_is_asked_for_each_time(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "REST", 0)
    known = Tokens(gateway.ask)
    for _ in range(3):
        with pytest.raises(NoToken):
            await known.holder("Bearer wrong", peer="p", host="h")
    assert len(gateway.asked) == 3


async def test_a_gateway_that_is_away_makes_no_token_wrong(gateway: Gateway) -> None:
    time = [0.0]
    known = Tokens(gateway.ask, clock=at(time))
    gateway.away = True
    with pytest.raises(Refused):
        await known.holder(GOOD, peer="p", host="h")
    gateway.away = False
    assert await known.holder(GOOD, peer="p", host="h")


async def test_a_host_has_two_turns_and_others_have_theirs(gateway: Gateway, until: Until) -> None:
    gateway.hold = asyncio.Event()
    known = Tokens(gateway.ask)
    flood = [asyncio.create_task(known.holder(f"Bearer {number}", peer="stranger", host="1")) for number in range(50)]
    await until(lambda: gateway.under_way == 2)
    newcomer = asyncio.create_task(known.holder(GOOD, peer="newcomer", host="2"))
    await until(lambda: gateway.under_way == 3)
    gateway.hold.set()
    assert (await newcomer).name
    for task in flood:
        task.cancel()
    await asyncio.wait(flood)
    assert known._hosts == {}


async def test_what_is_known_is_bounded(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "KNOWN", 2)

    async def each(token: str, peer: str) -> Principal:
        return Principal()

    known = Tokens(each)
    for number in range(5):
        await known.holder(f"Bearer {number}", peer="p", host="h")
    assert len(known._known) == 2


@pytest.mark.parametrize(
    ("header", "token"),
    [("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER  abc ", "abc"), ("Bearer a.b-c_d~e+f/g=", "a.b-c_d~e+f/g=")],
)
def test_the_scheme_is_read_in_any_case(header: str, token: str) -> None:
    assert bearer(header) == token


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer a\u00e4", "Bearer a b", "Bearer " + "x" * 9000]
)
def test_what_is_no_token_is_not_asked_for(header: str) -> None:
    with pytest.raises(NoToken):
        bearer(header)
