"""Where Vault or Redis is away while a token is obtained, what the endpoint has given is kept once they are back."""

import os
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from callgate import Succeeded
from callgate.errors import CallgateError, TokenUnavailable
from tests.e2e.house import House, eventually
from tests.e2e.test_parts_down import store_of, vault_of

from .token_api import After, TokenApi, granted

AWAY = 1.5


@pytest.fixture
def renewing(api: TokenApi) -> TokenApi:
    api.secret["refresh_token"] = "refresh-one"
    api.offer({"grant": "refresh_token"})
    api.serves()
    return api


def sealed(house: House) -> Callable[[], None]:
    house.vault("PUT", "sys/seal")

    def unseal() -> None:
        house.vault("PUT", "sys/unseal", {"key": house.state.unseal_key.read_text()})

    return unseal


def frozen(pid: int) -> Callable[[], None]:
    os.kill(pid, signal.SIGSTOP)
    return lambda: os.kill(pid, signal.SIGCONT)


def away(go: Callable[[], Callable[[], None]]) -> Callable[[], None]:
    """Goes away now, and comes back some time later."""

    def begin() -> None:
        threading.Timer(AWAY, go()).start()

    return begin


@pytest.mark.parametrize("how", ["sealed", "frozen"])
def test_a_vault_that_is_away_when_the_token_comes_gets_it_when_it_is_back(renewing: TokenApi, how: str) -> None:
    house = renewing.out.house
    go = (lambda: sealed(house)) if how == "sealed" else (lambda: frozen(vault_of(house)))
    first = granted("access-one", refresh_token="refresh-two")
    renewing.grants(After(away(go), first), granted("access-two", refresh_token="refresh-three"))
    renewing.call_or_refusal()
    eventually(house.vault_is_active, what="an active Vault")
    eventually(lambda: renewing.kept().get("refresh_token") == "refresh-two", what="the new refresh token in Vault")
    assert isinstance(renewing.call().outcome, Succeeded)
    assert len(renewing.forms()) == 1


def test_a_store_that_is_away_when_the_token_comes_costs_no_refresh_token(renewing: TokenApi) -> None:
    house = renewing.out.house
    first = granted("access-one", refresh_token="refresh-two")
    renewing.grants(After(away(lambda: frozen(store_of(house))), first), granted("access-two", refresh_token="refresh-three"))
    renewing.call_or_refusal()
    eventually(lambda: renewing.kept().get("refresh_token") in {"refresh-two", "refresh-three"}, what="the new refresh token")
    eventually(lambda: succeeds(renewing), seconds=30, what="a call that succeeds")
    sent = [one["refresh_token"] for one in renewing.forms()]
    assert sent in (["refresh-one"], ["refresh-one", "refresh-two"])


def succeeds(api: TokenApi) -> bool:
    try:
        return isinstance(api.call().outcome, Succeeded)
    except CallgateError:
        return False


#: Longer than a box may wait until it sends what it was permitted to.
LONG_AWAY = 7.0


def test_a_vault_that_is_away_before_the_token_is_sent_costs_no_refresh_token(
    renewing: TokenApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, accepts, went = renewing.out.house, renewing.upstream.get_request, threading.Event()

    def accept() -> Any:
        found = accepts()
        # The broker connects ahead of the box, which has read Vault once it says something.
        found[0].recv(1, socket.MSG_PEEK)
        if not went.is_set():
            went.set()
            threading.Timer(LONG_AWAY, frozen(vault_of(house))).start()
        return found

    monkeypatch.setattr(renewing.upstream, "get_request", accept)
    renewing.grants(granted("access-one", refresh_token="refresh-two"))
    assert isinstance(renewing.refusal(timeout=30.0), TokenUnavailable)
    assert renewing.forms() == []
    eventually(house.vault_is_active, what="an active Vault")
    eventually(lambda: "spending" not in renewing.kept(), what="the token that was not sent")
    eventually(lambda: succeeds(renewing), seconds=30, what="a call that succeeds")
    assert [one["refresh_token"] for one in renewing.forms()] == ["refresh-one"]
