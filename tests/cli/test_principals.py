"""`callgate principal`, to the letter of what goes over the wire."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from callgate.v1.principal_service_pb2 import RIGHT_IMPORT as IMPORT
from callgate.v1.principal_service_pb2 import RIGHT_REVIEW as REVIEW
from tests.cli.conftest import Callgate, Gateway

WHOSE = ("--tenant", "acme", "--agent", "planner", "--subject", "ada")


def test_a_token_is_printed_once_alone_on_stdout_and_only_its_digest_is_sent(callgate: Callgate, gateway: Gateway) -> None:
    done = callgate("principal", "add", *WHOSE, "--tool", "orders_*", "--may", "import", "--may", "review")
    assert done.exit_code == 0
    (token,) = done.stdout.split()
    (sent,) = gateway.requests
    assert (sent.tenant, sent.agent, sent.subject) == ("acme", "planner", "ada")
    assert (list(sent.tools), list(sent.rights), sent.HasField("expire_time")) == (["orders_*"], [IMPORT, REVIEW], False)
    assert sent.token_sha256 == sha256(token.encode()).hexdigest()
    assert len(token) == 43
    assert token not in done.stderr


def test_a_digest_of_ones_own_is_sent_as_it_is_and_nothing_is_printed(callgate: Callgate, gateway: Gateway) -> None:
    done = callgate("principal", "add", *WHOSE, "--digest", "A" * 64)
    assert (done.exit_code, done.stdout, gateway.requests[0].token_sha256) == (0, "", "a" * 64)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("90d", timedelta(days=90)),
        ("12h", timedelta(hours=12)),
        ("2099-01-31T12:00", datetime(2099, 1, 31, 12, tzinfo=UTC)),
        ("2099-01-31T12:00:00+02:00", datetime(2099, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_an_expiry_is_a_span_or_a_moment(
    callgate: Callgate, gateway: Gateway, said: str, expected: datetime | timedelta
) -> None:
    assert callgate("principal", "add", *WHOSE, "--expires", said).exit_code == 0
    sent = gateway.requests[0].expire_time.ToDatetime(tzinfo=UTC)
    moment = datetime.now(UTC) + expected if isinstance(expected, timedelta) else expected
    assert abs(sent - moment) < timedelta(minutes=5)


@pytest.mark.parametrize("said", ["tomorrow", "d", "-3d", "9999999999d"])
def test_what_is_no_expiry_is_wrong_usage(callgate: Callgate, gateway: Gateway, said: str) -> None:
    assert callgate("principal", "add", *WHOSE, f"--expires={said}").exit_code == 2
    assert gateway.requests == []


def test_the_list_shows_all_but_the_token_of_every_page(callgate: Callgate, gateway: Gateway) -> None:
    shown = callgate("principal", "list").stdout
    for part in ("0123456789abcdef", "acme", "planner", "ada", "orders_*", "import", "until revoked", "acme/operator/kim"):
        assert shown.count(part) >= 2
    assert len(json.loads(callgate("principal", "list", "-o", "json").stdout)) == 2
    gateway.principal.ClearField("creator")
    gateway.principal.ClearField("create_time")
    gateway.principal.expire_time.FromSeconds(1_000_000_000)
    shown = callgate("principal", "list").stdout
    assert "the principals file" in shown
    assert "expired 2001-09-09" in shown


@pytest.mark.parametrize("words", [("0123456789abcdef",), WHOSE])
def test_a_revocation_names_a_token_or_a_principal_and_who_has_not_confirmed_it(
    callgate: Callgate, gateway: Gateway, words: tuple[str, ...]
) -> None:
    gateway.unconfirmed.append("gw-frozen")
    done = callgate("principal", "revoke", *words)
    assert done.exit_code == 0
    assert "0123456789abcdef acme/planner/ada is revoked" in done.stdout
    assert "gw-frozen" in done.stderr
    (sent,) = gateway.requests
    assert [sent.id] == ([words[0]] if len(words) == 1 else [""])
    assert sent.tenant == ("" if len(words) == 1 else "acme")


@pytest.mark.parametrize("words", [(), ("0123456789abcdef", "--tenant", "acme"), ("--tenant", "acme")])
def test_a_revocation_of_nobody_or_of_half_a_name_is_refused(
    callgate: Callgate, gateway: Gateway, words: tuple[str, ...]
) -> None:
    assert callgate("principal", "revoke", *words).exit_code == 2
    assert gateway.requests == []
