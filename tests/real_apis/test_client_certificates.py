"""An upstream whose TLS asks for a certificate: which one is shown, and what is known where it is refused."""

import secrets
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from callgate import Evidence, State
from callgate.fault_code import FaultCode
from tests.e2e.house import House, eventually

from .certificates import Authority, Pair, encrypted, server_context
from .conftest import Situate, Situation
from .out import Out, assert_not_sent
from .recipes import answer
from .tls_upstream import Deliberate, TlsRecipes

PATHS = {"/pay": {"post": {"operationId": "pay"}, "get": {"operationId": "see"}}}
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
CLIENTS = Authority("Of the clients")

#: An upstream that asks for a certificate of CLIENTS.
Serve = Callable[..., AbstractContextManager[TlsRecipes]]
#: Its tools, with this client certificate in Vault, or none.
Offer = Callable[..., Situation]


@pytest.fixture
def pair_file(out: Out, tmp_path: Path) -> Path:
    """The certificate of an upstream at 127.0.0.1."""
    return out.own.pair("api", ["127.0.0.1"]).at(tmp_path / "server.pem")


@pytest.fixture
def serve(pair_file: Path) -> Serve:
    @contextmanager
    def serve(**how: Any) -> Iterator[TlsRecipes]:
        with TlsRecipes(server_context(pair_file, clients=CLIENTS.pem, **how)) as upstream:
            for method in ("POST", "GET"):
                upstream.tell(method, "/pay", answer(200, b'{"paid": true}'))
            yield upstream

    return serve


@pytest.fixture
def offer(situation: Situate, house: House) -> Offer:
    def offer(
        url: str, fields: Mapping[str, str] | Pair | None = None, *, beside: Mapping[str, Any] | None = None, **more: Any
    ) -> Situation:
        if isinstance(fields, Pair):
            fields = {"certificate": fields.certificate, "private_key": fields.key}
        path, settings = f"secret/data/mtls-{secrets.token_hex(4)}", dict(beside or {})
        if fields is not None:
            house.vault("POST", path, {"data": dict(fields)})
            settings["client_certificate"] = {"path": path}
        made = situation(PATHS, server=url, manifest={"defaults": settings}, **more)
        house.make_roles(made.report)
        return made

    return offer


@pytest.mark.parametrize("key", ["ec", "rsa"])
@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
@pytest.mark.parametrize("tickets", [2, 0], ids=["tickets", "no tickets"])
def test_the_certificate_of_the_manifest_is_shown(
    out: Out, serve: Serve, offer: Offer, *, version: ssl.TLSVersion, key: str, tickets: int
) -> None:
    with serve(version=version, tickets=tickets) as upstream:
        made = offer(upstream.url, CLIENTS.pair("callgate", key=key))
        ended = out.call(made.name("pay"))
        assert ended.json() == {"paid": True}
        assert [attempt.evidence for attempt in ended.attempts] == [Evidence.RESPONDED]
        assert out.call(made.name("see")).json() == {"paid": True}
        assert upstream.subjects == ["callgate", "callgate"]


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
@pytest.mark.parametrize("tickets", [2, 0], ids=["tickets", "no tickets"])
@pytest.mark.parametrize("operation", ["pay", "see"])
def test_without_one_nothing_was_sent_and_the_cure_is_told(
    out: Out, serve: Serve, offer: Offer, *, version: ssl.TLSVersion, tickets: int, operation: str
) -> None:
    with serve(version=version, tickets=tickets) as upstream:
        ended = out.call(offer(upstream.url).name(operation))
        assert_not_sent(ended, "the upstream asks for a client certificate", "client_certificate in the manifest")
        assert upstream.requests == []


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
@pytest.mark.parametrize("days", [-1, 1], ids=["that has ended", "of a stranger"])
def test_one_that_is_refused_has_nothing_sent(out: Out, serve: Serve, offer: Offer, version: ssl.TLSVersion, days: int) -> None:
    signer = CLIENTS if days < 0 else Authority("A stranger")
    with serve(version=version) as upstream:
        assert_not_sent(out.call(offer(upstream.url, signer.pair("callgate", days=days)).name("pay")), "remote error: tls:")
        assert upstream.requests == []


@pytest.mark.parametrize("shown", [None, Authority("A stranger").pair("callgate")], ids=["none", "of a stranger"])
@pytest.mark.parametrize("operation", ["pay", "see"])
def test_a_server_that_looks_at_it_when_the_request_is_there_already_has_provably_read_none(
    out: Out, pair_file: Path, offer: Offer, shown: Pair | None, operation: str
) -> None:
    context = server_context(pair_file, clients=CLIENTS.pem, tickets=0)
    with Deliberate(context, read_after=1.5) as upstream:
        assert_not_sent(out.call(offer(upstream.url, shown, beside={"limits": {"max_attempts": 1}}).name(operation)))
        assert upstream.read == []
        assert upstream.troubles


@pytest.mark.parametrize("ends", ["close_notify", "at once"])
def test_a_server_that_took_it_and_hung_up_may_have_done_what_it_was_asked(
    out: Out, pair_file: Path, offer: Offer, ends: str
) -> None:
    """The end of TLS looks to a gateway as a refusal does: an alert. The box can tell one from the other."""
    context = server_context(pair_file, clients=CLIENTS.pem, tickets=0)
    with Deliberate(context, ends=ends) as upstream:
        ended = out.call(offer(upstream.url, CLIENTS.pair("callgate")).name("pay"))
        assert ended.state is State.UNKNOWN
        assert [attempt.evidence for attempt in ended.attempts] == [Evidence.SENT]
        assert upstream.read[0].startswith(b"POST /pay")


def test_where_it_is_optional_a_call_without_one_is_answered(out: Out, serve: Serve, offer: Offer) -> None:
    with serve(optional=True) as upstream:
        assert out.call(offer(upstream.url).name("pay")).json() == {"paid": True}


def test_a_server_that_does_not_ask_is_shown_none(out: Out, pair_file: Path, offer: Offer) -> None:
    with TlsRecipes(server_context(pair_file)) as upstream:
        upstream.tell("POST", "/pay", answer(200, b'{"paid": true}'))
        assert out.call(offer(upstream.url, CLIENTS.pair("callgate")).name("pay")).json() == {"paid": True}
        assert upstream.subjects == [""]


GOOD, OTHER = CLIENTS.pair("callgate"), CLIENTS.pair("another")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"certificate": GOOD.certificate}, "has no text in its field private_key"),
        ({"certificate": GOOD.certificate, "private_key": OTHER.key}, "private key does not match public key"),
        ({"certificate": "-----BEGIN NOTHING-----", "private_key": GOOD.key}, "no certificate with its private key, as PEM"),
        ({"certificate": GOOD.certificate, "private_key": encrypted(GOOD)}, "store it without a password"),
    ],
    ids=["without a key", "with another's key", "that is none", "whose key has a password"],
)
def test_a_secret_that_makes_no_certificate_is_told_before_anything_is_sent(
    out: Out, serve: Serve, offer: Offer, fields: Mapping[str, str], told: str
) -> None:
    with serve() as upstream:
        assert_not_sent(out.call(offer(upstream.url, fields).name("pay")), told, fault=FaultCode.SECRET_UNAVAILABLE)
        assert upstream.requests == []


def test_it_goes_with_a_token_each_of_the_two_in_vault_ends_and_no_log_has_the_key(
    out: Out, house: House, serve: Serve, offer: Offer
) -> None:
    pair = CLIENTS.pair("callgate")
    with serve() as upstream:
        made = offer(upstream.url, pair, secret="s3cret-token")
        house.provide(made.report, f"secret/data/{made.toolset}", "s3cret-token")
        ended = out.call(made.name("pay"))
        assert ended.json() == {"paid": True}
        assert upstream.requests[0].headers["authorization"] == "Bearer s3cret-token"
        eventually(lambda: house.live_tokens() == [], 30, "the end of both tokens")
    body = pair.key.splitlines()[1]
    assert body not in out.log.read_text() + house.log.read_text() + repr(ended)


def test_a_pki_engine_issues_one_for_each_attempt(out: Out, house: House, situation: Situate, pair_file: Path) -> None:
    mount = f"pki-{secrets.token_hex(4)}"
    house.vault("POST", f"sys/mounts/{mount}", {"type": "pki"})
    made = house.vault("POST", f"{mount}/root/generate/internal", {"common_name": "Vault's own", "ttl": "24h"})
    house.vault("POST", f"{mount}/roles/box", {"allow_any_name": True, "max_ttl": "5m", "key_type": "ec", "key_bits": 256})
    context = server_context(pair_file, clients=made["data"]["certificate"])
    with TlsRecipes(context) as upstream:
        upstream.tell("POST", "/pay", answer(200, b'{"paid": true}'))
        settings = {"client_certificate": {"path": f"{mount}/issue/box", "common_name": "callgate.example"}}
        offered = situation(PATHS, server=upstream.url, manifest={"defaults": settings})
        house.make_roles(offered.report)
        assert all(role.issues for role in offered.report.roles)
        for _ in range(2):
            assert out.call(offered.name("pay")).json() == {"paid": True}
        assert upstream.subjects == ["callgate.example"] * 2


def test_a_document_that_asks_for_one_by_its_security_scheme_is_satisfied_by_it(
    out: Out, house: House, serve: Serve, offer: Offer
) -> None:
    schemes = {"securitySchemes": {"mtls": {"type": "mutualTLS"}, "bearerAuth": {"type": "http", "scheme": "bearer"}}}
    with serve() as upstream:
        asked = {"components": schemes, "security": [{"mtls": []}]}
        assert out.call(offer(upstream.url, CLIENTS.pair("callgate"), **asked).name("pay")).json() == {"paid": True}
        without = offer(upstream.url, faults=True, **asked)
        assert "requires a credential" in without.report.faults[0].message
