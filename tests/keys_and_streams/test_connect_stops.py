"""A gateway that is told to stop while a token endpoint thinks."""

import os
import secrets
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from callgate import Succeeded
from callgate.errors import CallgateError
from tests.e2e.house import eventually
from tests.real_apis.out import Out
from tests.real_apis.recipes import Answer

from .consents import Consents
from .token_api import After, granted

#: Longer than any other part of a gateway gets to stop.
THINKS = 8.0


def test_a_code_is_redeemed_though_its_gateway_is_told_to_stop(consents: Consents, second: Out) -> None:
    consents.offer()
    ada = consents.person("ada")
    eventually(lambda: knows(consents, ada, second), what="the person's token at the second gateway")

    def stop() -> None:
        assert second._process.pid
        os.kill(second._process.pid, signal.SIGTERM)
        time.sleep(THINKS)  # the endpoint is slow

    slow = After(stop, granted("at-told", refresh_token="rt-told"))
    consents.provider.tell("POST", "/token", cast("Answer", slow))

    def connect() -> None:
        with consents.client(ada, second) as client:
            code, verifier, redirect = secrets.token_hex(8), "v" * 43, "http://127.0.0.1:1/callback"
            client.connections.complete(consents.toolset, code=code, code_verifier=verifier, redirect_uri=redirect)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(connect).result(60)
    assert [kept["refresh_token"] for kept in consents.kept().values()] == ["rt-told"]
    assert len(consents.provider.received("POST", "/token")) == 1
    consents.provider.tell("GET", "/things", granted())
    assert isinstance(consents.call(ada).outcome, Succeeded)


def knows(consents: Consents, person: str, gateway: Out) -> bool:
    with consents.client(person, gateway) as client:
        try:
            list(client.connections.list())
        except CallgateError:
            return False
    return True
