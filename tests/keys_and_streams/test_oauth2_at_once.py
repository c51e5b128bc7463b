"""However many calls, gateways and callers that go away: one box obtains a token, and what it has obtained is not lost."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from callgate import Succeeded
from callgate.errors import CallgateError, ConnectAgain
from tests.e2e.house import eventually
from tests.real_apis.out import Out
from tests.real_apis.recipes import HANG

from .token_api import After, TokenApi, granted

ROTATING = {"grant": "refresh_token"}


def seconds(number: float) -> After:
    return After(lambda: threading.Event().wait(number), granted(refresh_token="refresh-two"))


@pytest.mark.parametrize("token", [{}, ROTATING], ids=["client credentials", "a refresh token"])
def test_of_many_calls_on_two_gateways_one_obtains_the_token_and_the_others_wait(
    api: TokenApi, second: Out, token: dict[str, str]
) -> None:
    api.secret["refresh_token"] = "refresh-one"
    api.offer(token)
    api.grants(seconds(0.5))
    api.serves()
    ended = api.at_once(3, api.out.client, second.client)
    assert {type(one.outcome) for one in ended} == {Succeeded}
    assert len(api.forms()) == 1
    assert set(api.shown()) == {"Bearer access-one"}


def test_a_token_that_is_good_for_no_time_is_obtained_once_for_all_that_wait_for_it(api: TokenApi) -> None:
    api.offer()
    api.grants(After(lambda: threading.Event().wait(0.5), granted(expires_in=0)))
    api.serves()
    api.at_once(4, api.out.client)
    assert len(api.forms()) <= 2


def test_a_caller_that_goes_away_while_a_refresh_token_is_spent_loses_nothing(api: TokenApi) -> None:
    api.secret["refresh_token"] = "refresh-one"
    api.offer(ROTATING)
    api.grants(seconds(2.0))
    api.serves()
    assert isinstance(api.refusal(timeout=1.0), CallgateError)
    eventually(lambda: api.kept().get("refresh_token") == "refresh-two", what="the new refresh token in Vault")
    assert isinstance(api.call().outcome, Succeeded)
    assert len(api.forms()) == 1


def test_where_a_gateway_is_killed_while_a_refresh_token_is_spent_a_person_must_connect_again(
    api: TokenApi, second: Out
) -> None:
    api.secret["refresh_token"] = "refresh-one"
    api.offer(ROTATING)
    api.grants([HANG], granted())
    api.serves()
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(api.refusal_of, second)
        eventually(api.forms, what="the request of a box")
        os.kill(second._process.pid, signal.SIGKILL)
        assert isinstance(call.result(), CallgateError)
    assert isinstance(api.refusal(), ConnectAgain)
    assert len(api.forms()) == 1
