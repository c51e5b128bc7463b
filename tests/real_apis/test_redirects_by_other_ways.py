"""Redirects that lead by other ways: to TLS, to where another certificate is wanted, by a proxy."""

import secrets
import ssl
from pathlib import Path

import pytest

from callgate import Evidence
from tests.e2e.house import House

from .asking import failed, named
from .certificates import Authority, server_context
from .conftest import Json, Situate
from .connect_proxy import ConnectProxy
from .out import Out
from .recipes import Recipes, answer
from .tls_upstream import TlsRecipes

CLIENTS = Authority("Of the clients")
PATHS: Json = {"/ask": {"get": {"operationId": "see"}, "post": {"operationId": "pay"}}}


def certificate_in_vault(house: House) -> str:
    """Where a certificate that the upstreams here take lies, with its key."""
    pair, path = CLIENTS.pair("callgate"), f"secret/data/mtls-{secrets.token_hex(4)}"
    house.vault("POST", path, {"data": {"certificate": pair.certificate, "private_key": pair.key}})
    return path


@pytest.mark.parametrize("authority", ["own", "system"])
def test_a_step_up_to_tls_believes_whom_any_request_believes(
    out: Out, situation: Situate, recipes: Recipes, authority: str, tmp_path: Path
) -> None:
    signer: Authority = getattr(out, authority)
    file = signer.pair("api", ["api.example"]).at(tmp_path / "pair.pem")
    with TlsRecipes(server_context(file), name="api.example") as secure:
        secure.tell("GET", "/there", answer(200, b'{"there": true}'))
        recipes.tell("GET", "/ask", answer(301, b"", f"Location: {secure.url}/there"))
        ended = out.call(situation(PATHS, manifest=named(secure)).name("see"))
        assert ended.json() == {"there": True}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda one: one.name)
def test_a_certificate_is_shown_to_its_own_origin_alone(
    out: Out, house: House, situation: Situate, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    file = out.own.pair("api", ["127.0.0.1"]).at(tmp_path / "pair.pem")
    path = certificate_in_vault(house)
    context = [server_context(file, clients=CLIENTS.pem, version=version, optional=optional) for optional in (False, True)]
    with TlsRecipes(context[0]) as upstream, TlsRecipes(context[1]) as other:
        hops = [answer(307, b"", "Location: /ask?2"), answer(307, b"", f"Location: {other.url}/there")]
        upstream.tell("POST", "/ask", *hops)
        other.tell("POST", "/there", answer(200, b'{"there": true}'))
        made = situation(PATHS, server=upstream.url, manifest=named(other, client_certificate={"path": path}))
        house.make_roles(made.report)
        assert out.call(made.name("pay")).json() == {"there": True}
        assert (upstream.subjects, other.subjects) == (["callgate"] * 2, [""])


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda one: one.name)
def test_another_origin_that_wants_one_is_named_and_the_first_answer_counts(
    out: Out, house: House, situation: Situate, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    file = out.own.pair("api", ["127.0.0.1"]).at(tmp_path / "pair.pem")
    path = certificate_in_vault(house)
    context = server_context(file, clients=CLIENTS.pem, version=version)
    with TlsRecipes(context) as upstream, TlsRecipes(context) as other:
        upstream.tell("POST", "/ask", answer(307, b"", f"Location: {other.url}/there"))
        made = situation(PATHS, server=upstream.url, manifest=named(other, client_certificate={"path": path}))
        house.make_roles(made.report)
        ended = out.call(made.name("pay"))
        outcome = failed(ended)
        assert (outcome.http_status, [one.evidence for one in ended.attempts]) == (307, [Evidence.RESPONDED])
        assert (other.requests, len(upstream.requests)) == ([], 1)
        assert other.authority in outcome.message
        assert upstream.authority not in outcome.message, outcome.message
        assert path not in outcome.message, outcome.message


def test_a_redirect_goes_by_the_proxy_of_where_it_leads_and_by_none_where_there_is_none(
    out: Out, situation: Situate, proxy: ConnectProxy, other_proxy: ConnectProxy, *, recipes: Recipes, elsewhere: Recipes
) -> None:
    names = [f"r-{secrets.token_hex(4)}.{domain}" for domain in ("proxied.example", "partner.example")]
    proxy.names[names[0]] = other_proxy.names[names[1]] = int(elsewhere.server_address[1])
    other_proxy.login = "gate:first"
    plain = f"http://api.example:{elsewhere.server_address[1]}"
    recipes.tell("POST", "/ask", answer(307, b"", f"Location: http://{names[0]}/1"))
    elsewhere.tell("POST", "/1", answer(307, b"", f"Location: http://{names[1]}/2"))
    elsewhere.tell("POST", "/2", answer(307, b"", f"Location: {plain}/there"))
    origins = [f"http://{names[0]}", f"http://{names[1]}", plain]
    try:
        ended = out.call(situation(PATHS, manifest={"defaults": {"redirects": origins}}).name("pay"))
        assert ended.json() == {"there": True}
        assert (proxy.asked, other_proxy.asked) == ([f"{names[0]}:80"], [f"{names[1]}:80"])
        assert b"proxy-authorization" not in proxy.heads[0].lower()
        assert len(ended.attempts[0].connections) == 4
    finally:
        proxy.forget()
        other_proxy.forget()


WANTED = b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\n\r\n"


@pytest.mark.parametrize("says", [WANTED, b"<html>Log in</html>", b"\r\n"], ids=["a login", "a page", "nothing"])
def test_a_proxy_that_opens_no_way_to_a_redirect_leaves_the_first_answer(
    out: Out, situation: Situate, proxy: ConnectProxy, recipes: Recipes, says: bytes
) -> None:
    name = f"r-{secrets.token_hex(4)}.proxied.example"
    proxy.says = says
    recipes.tell("POST", "/ask", answer(307, b"moved", f"Location: http://{name}/1"))
    try:
        ended = out.call(situation(PATHS, manifest={"defaults": {"redirects": [f"http://{name}"]}}).name("pay"))
        outcome = failed(ended)
        assert (outcome.http_status, outcome.effect_possible, len(recipes.requests)) == (307, True, 1)
        assert proxy.place in outcome.message
        assert "<html>" not in outcome.message
    finally:
        proxy.forget()


@pytest.mark.parametrize(
    "location", ["http://metadata.proxied.example/", "http://inside.proxied.example/", "http://localhost/"]
)
def test_a_named_place_behind_the_proxy_that_is_denied_stays_denied(
    out: Out, situation: Situate, proxy: ConnectProxy, recipes: Recipes, location: str
) -> None:
    recipes.tell("POST", "/ask", answer(307, b"", f"Location: {location}"))
    made = situation(PATHS, manifest={"defaults": {"redirects": [location.rstrip("/")]}})
    assert failed(out.call(made.name("pay"))).http_status == 307
    assert (proxy.asked, len(recipes.requests)) == ([], 1)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda one: one.name)
def test_an_origin_that_wants_one_of_a_tool_that_has_none_has_provably_not_acted(
    out: Out, situation: Situate, recipes: Recipes, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """Though the first one, which asked for none, has let the request be sent at once."""
    file = out.own.pair("api", ["127.0.0.1"]).at(tmp_path / "pair.pem")
    with TlsRecipes(server_context(file, clients=CLIENTS.pem, version=version)) as other:
        recipes.tell("POST", "/ask", answer(307, b"", f"Location: {other.url}/there"))
        ended = out.call(situation(PATHS, manifest=named(other)).name("pay"))
        assert (failed(ended).http_status, [one.evidence for one in ended.attempts]) == (307, [Evidence.RESPONDED])
        assert (other.requests, other.authority in failed(ended).message) == ([], True)
