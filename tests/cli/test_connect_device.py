"""`callgate connect --device` asks on while the codes are good, whatever becomes of one poll."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from callgate import ApiConnection, Client, DeviceCodes
from callgate.connections import Polled
from callgate.errors import CallgateError, GatewayUnavailable, PoolExhausted, TokenRefused, TokenUnavailable
from gateway.cli.calls import connect
from gateway.cli.calls.connect import _by_device

CODES = DeviceCodes(
    flow="f",
    user_code="ABCD",
    verification_uri="https://a.example",
    verification_uri_complete="",
    expires_in=60.0,
    interval=0.0,
)
ADA = ApiConnection(
    toolset="orders", path="secret/data/a", credential="c", subject="ada", since=datetime(2026, 1, 1, tzinfo=UTC),
    until=None, renews=True, scopes=(), lapsed="", author="x",
)  # fmt: skip


def client_that(*polls: Polled | CallgateError) -> Client:
    """Answers each poll with the next of these."""
    left = iter(polls)

    def poll(*_: object, **__: object) -> Polled:
        told = next(left)
        if isinstance(told, CallgateError):
            raise told
        return told

    def begin(*_: object, **__: object) -> DeviceCodes:
        return CODES

    return cast("Client", SimpleNamespace(connections=SimpleNamespace(begin_device=begin, poll_device=poll)))


def failing(error: CallgateError, *, retryable: bool) -> CallgateError:
    error.retryable = retryable
    return error


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "SLOWER", 0.0)


@pytest.mark.parametrize("kind", [GatewayUnavailable, PoolExhausted, TokenUnavailable])
def test_a_poll_that_fails_ends_nothing(kind: type[CallgateError]) -> None:
    client = client_that(failing(kind("gone"), retryable=True), Polled(None, slow_down=False), Polled(ADA, slow_down=False))
    assert _by_device(client, "orders", "", 60.0) == ADA


def test_a_refusal_ends_it() -> None:
    with pytest.raises(TokenRefused):
        _by_device(client_that(failing(TokenRefused("no"), retryable=False)), "orders", "", 60.0)
