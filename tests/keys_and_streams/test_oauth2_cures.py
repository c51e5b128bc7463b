"""Where there is no token, the refusal names the endpoint, what it said, and the command or the word that mends it."""

import json
import socket
from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from callgate import ToolFailed
from callgate.errors import CallgateError, TokenRefused, TokenUnavailable
from tests.real_apis.recipes import answer

from .token_api import TokenApi, granted

SAID = {
    "a client that is unknown": ("invalid_client", {}, "callgate secret set {path} client_secret"),
    "a scope that it does not have": ("invalid_scope", {}, "Asked for: things.read"),
    "a grant that it may not use": ("unsupported_grant_type", {}, "`grant`"),
    "a client that may have no token": ("invalid_grant", {}, "Ask at the authorization server whether the client may have"),
    "a client that may not use the grant": ("unauthorized_client", {}, "allow this client the grant client_credentials"),
    "a token that cannot be exchanged": ("invalid_grant", {"grant": "token_exchange"}, "secret set {path} subject_token"),
}


@pytest.mark.parametrize(("code", "token", "cure"), SAID.values(), ids=SAID.keys())
def test_what_the_endpoint_refuses_is_told_with_what_mends_it_to_each_caller(
    api: TokenApi, code: str, token: dict[str, str], cure: str
) -> None:
    api.offer(token)
    api.store(subject_token="of another")
    api.grants(answer(400, json.dumps({"error": code}).encode()))
    for _ in range(2):  # the second is told what the first has met
        refusal = api.refusal()
        assert isinstance(refusal, TokenRefused)
        assert f"the token endpoint {api.upstream.url}/token answered 400 with the error {code}" in str(refusal)
        assert cure.format(path=api.path) in refusal.cure
    assert len(api.forms()) == 1


@pytest.mark.parametrize("says", [answer(404), answer(302, b"", "Location: /login")], ids=["nothing there", "a login"])
def test_what_is_no_token_endpoint_is_told_by_the_manifests_word(api: TokenApi, says: list[bytes]) -> None:
    api.offer()
    api.grants(says)
    assert f"Check `token_url` under the credential's `token` in the manifest: {api.upstream.url}/token" in api.refusal().cure


NO_TOKENS = {
    "a page of a proxy": (answer(403, b"<html>No</html>", media_type="text/html"), "lets no box ask"),
    "a token that is too long": (granted("a" * 70_000), "at most 64 KiB"),
    "a token of another type": (granted(token_type="mac"), "bearer tokens (RFC 6750)"),
    "metadata": (answer(200, b'{"token_endpoint": "https://a.example/token"}'), "as `token_endpoint`"),
}


@pytest.mark.parametrize(("says", "cure"), NO_TOKENS.values(), ids=NO_TOKENS.keys())
def test_what_is_no_token_is_told_with_what_mends_it(api: TokenApi, says: list[bytes], cure: str) -> None:
    api.offer()
    api.grants(says)
    assert cure in api.refusal().cure


def test_an_address_that_no_box_may_ask_is_told_as_one_to_check(api: TokenApi) -> None:
    api.offer({"token_url": "https://169.254.169.254/token"})
    refusal = api.refusal()
    assert "the token endpoint https://169.254.169.254/token may not be asked: " in str(refusal)
    assert "Check `token_url`" in refusal.cure


def test_a_refresh_token_that_is_no_longer_good_names_the_command_that_stores_another(api: TokenApi) -> None:
    api.offer({"grant": "refresh_token"})
    api.store(refresh_token="rt-one")
    api.grants(answer(400, b'{"error": "invalid_grant"}'))
    for _ in range(2):
        assert f"`callgate secret set {api.path} refresh_token`" in api.refusal().cure


def test_a_secret_that_lacks_a_field_names_the_command_that_stores_it(api: TokenApi) -> None:
    api.offer()
    del api.secret["client_secret"]
    api.store()
    assert api.refusal().cure == f"Store it: `callgate secret set {api.path} client_secret`."


def test_a_secret_that_is_not_there_names_the_commands_that_store_it(api: TokenApi) -> None:
    situation = api.offer()
    situation.house.vault("DELETE", api.path.replace("/data/", "/metadata/"))
    cure = api.refusal().cure
    assert f"`callgate secret set {api.path} client_id` and `callgate secret set {api.path} client_secret`" in cure


class _Plain(StreamRequestHandler):
    """A server that speaks HTTP without TLS, and says so to a client that begins with TLS, as such servers do."""

    def handle(self) -> None:
        self.request.recv(1)
        self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def plain() -> Iterator[str]:
    """Its URL, by the wrong scheme."""
    with ThreadingTCPServer(("127.0.0.1", 0), _Plain) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"https://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def refusal_at(api: TokenApi, url: str) -> CallgateError:
    api.offer({"token_url": f"{url}/token"})
    refusal = api.refusal()
    assert isinstance(refusal, TokenUnavailable)
    assert f"{url}/token" in str(refusal)
    assert f"heck `token_url` under the credential's `token` in the manifest, which is {url}/token" in refusal.cure
    return refusal


def test_an_endpoint_that_speaks_no_tls_is_told_as_one_to_check_and_not_as_one_to_ask_again(api: TokenApi, plain: str) -> None:
    refusal = refusal_at(api, plain)
    assert (refusal.retryable, refusal.retry_after) == (False, None)


def test_a_port_on_which_nothing_listens_may_be_the_wrong_one(api: TokenApi) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    assert refusal_at(api, f"https://127.0.0.1:{port}").retryable


def test_an_api_that_wants_another_scope_is_told_with_its_words_and_where_scopes_are_named(api: TokenApi) -> None:
    api.offer()
    api.grants(granted())
    wants = 'WWW-Authenticate: Bearer error="insufficient_scope", scope="things.write"'
    api.serves(answer(403, b"{}", wants))
    outcome = api.call("act").outcome
    assert isinstance(outcome, ToolFailed)
    assert "error 'insufficient_scope', scope 'things.write'" in outcome.message
    assert "asked for were: things.read" in outcome.message


def test_an_endpoint_that_says_the_clients_secret_in_two_halves_is_told_without_them(api: TokenApi) -> None:
    api.offer({"auth": "post"})
    word = "the-word-of-the-client-of-44-bytes-in-all-01"
    api.store(client_secret=word)
    said = f"half {word[:22]} and half {word[22:]} and x{word[:30]}x"
    api.grants(answer(401, json.dumps({"error": "invalid_client", "error_description": said}).encode()))
    told = f"{api.refusal()} {api.out.log.read_text()}"
    assert "half [REDACTED] and half [REDACTED] and x[REDACTED]x" in told
    assert word[:22] not in told
    assert word[22:] not in told
