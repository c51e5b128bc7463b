"""An HTTP proxy as the only way to an upstream: what it is asked for, what is checked, and what becomes of a call where it is
wrong."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import docker
import pytest

from callgate.errors import CallgateError
from callgate.fault_code import FaultCode
from tests.e2e.test_programs import document

from .certificates import server_context
from .conftest import Situate
from .connect_proxy import SILENCE, ConnectProxy
from .out import Out, assert_not_sent
from .recipes import Recipes, answer
from .tls_upstream import TlsRecipes

PATHS = {"/pay": {"post": {"operationId": "pay"}}}
ONCE = {"defaults": {"limits": {"max_attempts": 1}}}


@pytest.fixture
def name() -> str:
    """A name of the test's own: a host that failed in one is given a rest, which another would wait for."""
    return f"api-{secrets.token_hex(4)}.proxied.example"


@pytest.fixture
def upstream(proxy: ConnectProxy, recipes: Recipes, name: str) -> Iterator[Recipes]:
    """One that the proxy alone knows, by the name."""
    recipes.tell("POST", "/pay", answer(200, b'{"paid": true}'))
    proxy.names[name] = int(recipes.server_address[1])
    yield recipes
    proxy.forget()


def test_the_proxy_is_asked_for_the_host_by_its_name_and_is_on_record(
    out: Out, situation: Situate, proxy: ConnectProxy, upstream: Recipes, name: str
) -> None:
    ended = out.call(situation(PATHS, server=f"http://{name}").name("pay"))
    assert ended.json() == {"paid": True}
    assert proxy.asked == [f"{name}:80"]
    assert upstream.requests[0].headers["host"] == name
    assert b"authorization" not in proxy.heads[0].lower()
    (connection,) = ended.attempts[0].connections
    assert (connection.host, connection.port) == (name, 80)
    assert connection.address == f"127.0.0.1, the proxy {proxy.place}"


def test_tls_ends_in_the_box_and_passes_the_proxy_whole(
    out: Out, situation: Situate, proxy: ConnectProxy, tmp_path: Path
) -> None:
    pair = out.own.pair("api", ["tls.proxied.example"])
    with TlsRecipes(server_context(pair.at(tmp_path / "pair.pem"))) as upstream:
        upstream.tell("POST", "/pay", answer(200, b'{"paid": true}'))
        proxy.names["tls.proxied.example"] = int(upstream.server_address[1])
        made = situation(PATHS, server="https://tls.proxied.example", secret="s3cret-token")
        assert out.call(made.name("pay")).json() == {"paid": True}
        assert proxy.asked == ["tls.proxied.example:443"]
        assert upstream.requests[0].headers["authorization"] == "Bearer s3cret-token"
    proxy.forget()


def test_a_proxy_of_some_hosts_gets_its_login_as_the_file_has_it_now(
    out: Out, situation: Situate, other_proxy: ConnectProxy, recipes: Recipes
) -> None:
    recipes.tell("POST", "/pay", answer(200, b'{"paid": true}'))
    other_proxy.names["api.partner.example"], other_proxy.login = int(recipes.server_address[1]), "gate:first"
    pay = situation(PATHS, server="http://api.partner.example").name("pay")
    assert out.call(pay).json() == {"paid": True}
    other_proxy.login = "gate:second"
    assert_not_sent(out.call(pay), other_proxy.place, "does not take the login", "CALLGATE_PROXY_LOGIN_FILE")
    logins = Path(out.settings["CALLGATE_PROXY_LOGIN_FILE"])
    before = logins.read_text()
    try:
        logins.write_text(before.replace("first", "second"))
        assert out.call(pay).json() == {"paid": True}
    finally:
        logins.write_text(before)
        other_proxy.forget()
    assert "gate:" not in out.log.read_text()


def test_an_exception_is_reached_without(out: Out, situation: Situate, proxy: ConnectProxy, upstream: Recipes) -> None:
    made = situation(PATHS, server=f"http://plain.proxied.example:{upstream.server_address[1]}")
    ended = out.call(made.name("pay"))
    assert ended.json() == {"paid": True}
    assert (proxy.asked, ended.attempts[0].connections[0].address) == ([], "127.0.0.1")


PAGE = b"<!doctype html><title>Welcome</title><p>Log in.</p>"
ANSWERS = {
    "a login is wanted": (
        b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n\r\n",
        "wants a login (status 407): write it into a file",
    ),
    "another login is wanted": (
        b"HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n",
        "wants a login by negotiate, ntlm (status 407), and the gateway knows Basic alone",
    ),
    "the host is not permitted": (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnono", "(status 403): let it permit"),
    "the port is not": (b"HTTP/1.0 405 Method Not Allowed\r\n\r\n", "let it permit CONNECT to this port"),
    "the name is unknown to it": (b"HTTP/1.1 503 X\r\n\r\n", "look into the proxy's log"),
    "a portal": (b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n", "as a portal does where people log in"),
    "a page": (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE, "it answers CONNECT with a page"),
    "a page in pieces": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhtml", "it answers CONNECT with a page"),
    "a page without HTTP": (PAGE, "is no HTTP proxy: it does not begin with HTTP"),
    "another protocol": (b"220 mail.example ESMTP\r\n", "is no HTTP proxy"),
    "a head without end": (b"HTTP/1.1 200 OK\r\nX: " + 200_000 * b"x", "its head is too long"),
    "a head that is too long": (b"HTTP/1.1 200 OK\r\nX: " + 20_000 * b"x" + b"\r\n\r\n", "its head is too long"),
    "no status": (b"HTTP/1.1 okay\r\n\r\n", "malformed"),
    "interims without end": (50 * b"HTTP/1.1 100 Continue\r\n\r\n", "does not come to a final answer"),
    "half a head": (b"HTTP/1.1 200 O", "hung up without an answer to CONNECT"),
    "nothing, and it hangs up": (b"\r\n", "hung up without an answer to CONNECT"),
}


@pytest.mark.parametrize(("says", "told"), ANSWERS.values(), ids=ANSWERS.keys())
def test_whatever_else_a_proxy_answers_nothing_was_sent_and_the_cure_is_told(
    out: Out, situation: Situate, proxy: ConnectProxy, upstream: Recipes, *, name: str, says: bytes, told: str
) -> None:
    proxy.says = says
    began = monotonic()
    ended = out.call(situation(PATHS, server=f"http://{name}", manifest=ONCE).name("pay"))
    assert monotonic() - began < 5
    assert_not_sent(ended, proxy.place, told)
    assert upstream.requests == []
    assert b"html" not in str(ended.outcome).encode()


def test_one_that_says_nothing_is_given_up(
    out: Out, situation: Situate, proxy: ConnectProxy, upstream: Recipes, name: str
) -> None:
    proxy.says = SILENCE
    began = monotonic()
    ended = out.call(situation(PATHS, server=f"http://{name}", manifest=ONCE).name("pay"))
    assert 9 < monotonic() - began < 15
    assert_not_sent(ended, f"the proxy {proxy.place} did not answer in time")


def test_one_that_does_not_run_is_named(out: Out, situation: Situate) -> None:
    ended = out.call(situation(PATHS, server="http://api.dead.example", manifest=ONCE).name("pay"))
    assert_not_sent(ended, "the proxy 127.0.0.1:", "could not be reached: Connection refused")


def test_after_an_interim_answer_the_final_one_counts(
    out: Out, situation: Situate, proxy: ConnectProxy, upstream: Recipes, name: str
) -> None:
    proxy.says = b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n"
    assert_not_sent(out.call(situation(PATHS, server=f"http://{name}", manifest=ONCE).name("pay")), "(status 403)")


@pytest.mark.parametrize(
    ("server", "told"),
    [
        ("http://localhost", "of the proxy's own host"),
        ("http://metadata.google.internal", "of the proxy's own host, or of its cloud"),
        ("http://169.254.169.254", "is a metadata service"),
        ("http://10.1.2.3", "is private"),
        ("http://intranet", "no domain by which a proxy could be sure"),
    ],
)
def test_what_is_denied_without_a_proxy_is_denied_with_one(
    out: Out, situation: Situate, proxy: ConnectProxy, server: str, told: str
) -> None:
    ended = out.call(situation(PATHS, server=server, faults=True).name("pay"))
    assert_not_sent(ended, told, fault=FaultCode.EGRESS_DENIED)
    assert proxy.asked == []


@pytest.mark.parametrize("name", ["inside.proxied.example", "metadata.proxied.example"])
def test_a_name_that_leads_to_a_denied_address_here_is_denied(
    out: Out, situation: Situate, proxy: ConnectProxy, name: str
) -> None:
    assert_not_sent(out.call(situation(PATHS, server=f"http://{name}").name("pay")), fault=FaultCode.EGRESS_DENIED)
    assert proxy.asked == []


def test_the_proxy_itself_is_no_upstream(out: Out, proxy: ConnectProxy) -> None:
    paths = {"/x": {"get": {"operationId": "ask_the_proxy", "responses": {"200": {"description": "x"}}}}}
    text = json.dumps({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}).encode()
    with pytest.raises(CallgateError, match="a proxy of Callgate itself"):
        out.client.toolsets.import_openapi(text, "of-the-proxy", server=proxy.url)


def test_a_program_of_a_tool_authors_goes_by_the_proxy_too(
    out: Out, proxy: ConnectProxy, upstream: Recipes, *, name: str, tool_image: str, dockerd: docker.APIClient
) -> None:
    image, run = str(dockerd.inspect_image(tool_image)["Id"]), f"run_{secrets.token_hex(4)}"
    container = {"image": image, "command": ["/bin/tool", "unwrap"], "egress": [f"http://{name}:80"]}
    manifest = {"toolset": "proxied", "operations": {run: {"container": container}}}
    out.client.toolsets.import_openapi(document(run), "proxied", manifest=json.dumps(manifest).encode())
    ended = out.call(run, {"body": {"do": "fetch", "url": f"http://{name}/pay", "method": "POST"}})
    assert proxy.asked == [f"{name}:80"], ended
    assert upstream.received("POST", "/pay")
