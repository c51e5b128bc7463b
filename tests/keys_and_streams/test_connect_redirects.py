"""What comes back to the person's machine, or does not: strangers' redirects, refusals, codes that were used, odd endpoints."""

import json
import re
import secrets
from typing import cast
from urllib.error import URLError
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from callgate import Succeeded
from callgate.errors import ConnectAgain, RequestInvalid, TokenRefused, TokenUnavailable
from tests.real_apis.out import Out
from tests.real_apis.recipes import Answer, answer

from .consents import Consents
from .token_api import After, granted

VERIFIER = "v" * 43
REDIRECT = "http://127.0.0.1:1/callback"


def redirect_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["redirect_uri"][0]


def test_the_browser_is_led_by_state_and_pkce_and_nothing_secret(consents: Consents) -> None:
    consents.offer(authorization_parameters={"access_type": "offline", "prompt": "consent"})
    command = consents.command(consents.person("ada"), "connect", consents.toolset)
    asked = {name: value for name, (value,) in parse_qs(urlsplit(command.url()).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert re.fullmatch(r"[\w-]{43}", asked["code_challenge"])
    assert len(asked["state"]) >= 32
    assert asked["redirect_uri"].startswith("http://127.0.0.1:")
    assert (asked["access_type"], asked["prompt"], asked["scope"]) == ("offline", "consent", "things.read things.write")
    assert "client_secret" not in asked
    consents.visit(f"{redirect_of(command.url_told)}?{urlencode({'error': 'access_denied', 'state': asked['state']})}")
    command.ended()


def test_another_state_is_refused_and_the_right_one_still_waited_for(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    command = consents.command(ada, "connect", consents.toolset)
    url = command.url()
    for said in ({"code": "a", "state": "another"}, {"code": "a"}, {"code": "a", "state": ""}, {"error": "x", "state": "y"}):
        status, text = consents.visit(f"{redirect_of(url)}?{urlencode(said)}")
        assert (status, "Begin again" in text) == (400, True)
    assert consents.visit(f"{redirect_of(url)}?state=1")[0] == 404
    assert consents.visit(redirect_of(url).replace(consents.toolset, "other") + "?code=a")[0] == 404
    assert consents.visit(url)[0] == 200
    assert command.ended().code == 0
    assert len(consents.provider.received("POST", "/token")) == 1


def test_the_code_of_another_server_is_not_redeemed(consents: Consents) -> None:
    consents.offer()
    command = consents.command(consents.person("ada"), "connect", consents.toolset)
    url = command.url()
    (state,) = parse_qs(urlsplit(url).query)["state"]
    assert redirect_of(url).endswith(f"/callback/{consents.toolset}")
    said = {"code": "a", "state": state, "iss": "https://good.example"}
    assert consents.visit(f"{redirect_of(url)}?{urlencode(said)}")[0] == 200
    ended = command.ended()
    assert (ended.code == 0, "another authorization server" in ended.told) == (False, True)
    assert consents.provider.received("POST", "/token") == []


def test_what_came_for_a_code_is_kept_though_another_box_has_written_meanwhile(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    consents.connect(ada)
    overtaken = After(lambda: consents.change_kept(spending="by another box"), granted("at-told", refresh_token="rt-told"))
    consents.provider.tell("POST", "/token", cast("Answer", overtaken))
    with consents.client(ada) as client:
        client.connections.complete(consents.toolset, code=secrets.token_hex(8), code_verifier=VERIFIER, redirect_uri=REDIRECT)
    ((_, kept),) = consents.kept().items()
    assert (kept["access_token"], kept["refresh_token"], "spending" in kept) == ("at-told", "rt-told", False)


def test_a_person_who_refuses_is_told_so_and_nothing_is_redeemed(consents: Consents) -> None:
    consents.offer()
    consents.provider.person.consents = False
    command = consents.command(consents.person("ada"), "connect", consents.toolset)
    status, text = consents.visit(command.url())
    assert (status, "not given" in text) == (200, True)
    ended = command.ended()
    assert (ended.code, "access_denied" in ended.told) == (1, True)
    assert consents.provider.received("POST", "/token") == []


def test_a_person_who_never_comes_back_is_waited_for_no_longer_than_was_said(consents: Consents) -> None:
    consents.offer()
    command = consents.command(consents.person("ada"), "connect", consents.toolset, "--timeout", "1")
    command.url()
    ended = command.ended()
    assert (ended.code, "no consent came within 1 s" in ended.told) == (1, True)


def test_a_code_is_redeemed_once_whatever_the_endpoint_would_do(consents: Consents, second: Out) -> None:
    consents.offer()
    ada = consents.person("ada")
    code = secrets.token_urlsafe(16)
    consents.provider.tell("POST", "/token", answer(200, b'{"access_token": "at-one"}'))
    with consents.client(ada) as client, consents.client(ada, second) as other:
        made = client.connections.complete(consents.toolset, code=code, code_verifier=VERIFIER, redirect_uri=REDIRECT)
        assert made.until is None
        for one in (client, other):
            with pytest.raises(RequestInvalid, match="was used before"):
                one.connections.complete(consents.toolset, code=code, code_verifier=VERIFIER, redirect_uri=REDIRECT)
    assert len(consents.provider.received("POST", "/token")) == 1


def test_a_verifier_that_is_not_of_the_challenge_is_refused_by_the_endpoint(consents: Consents) -> None:
    consents.offer()
    with consents.client(consents.person("ada")) as client:
        state, challenge = "s" * 32, "c" * 43
        url = client.connections.begin(consents.toolset, redirect_uri=REDIRECT, state=state, code_challenge=challenge)
        with pytest.raises(URLError):  # nothing listens there
            consents.visit(url)
        (code,) = consents.provider.server.codes
        with pytest.raises(TokenRefused, match="invalid_grant"):
            client.connections.complete(consents.toolset, code=code, code_verifier=VERIFIER, redirect_uri=REDIRECT)
    assert consents.provider.granted == []


ODD = {
    "HTML": (answer(200, b"<html>x</html>", media_type="text/html"), TokenUnavailable, "no JSON object"),
    "200 with an error": (answer(200, b'{"error": "bad_verification_code"}'), TokenRefused, "bad_verification_code"),
    "a redirect": (answer(302, b"", "Location: https://elsewhere.example"), TokenRefused, "not followed"),
    "no token": (answer(200, b'{"token_type": "Bearer"}'), TokenRefused, "without an access_token"),
    "a token of another type": (answer(200, b'{"access_token": "a", "token_type": "mac"}'), TokenRefused, "no bearer token"),
    "a token with a line end": (
        answer(200, b'{"access_token": "a\\nb"}'),
        TokenRefused,
        "that no request can carry",
    ),
    "down": (answer(503, b""), TokenUnavailable, "answered 503"),
}


@pytest.mark.parametrize("named", ODD)
def test_what_is_no_token_makes_no_connection(consents: Consents, named: str) -> None:
    said, error, word = ODD[named]
    consents.offer()
    ada = consents.person("ada")
    consents.provider.tell("POST", "/token", said)
    with consents.client(ada) as client, pytest.raises(error, match=word):
        client.connections.complete(consents.toolset, code=named, code_verifier=VERIFIER, redirect_uri=REDIRECT)
    assert consents.listed(ada) == []
    with pytest.raises(ConnectAgain):
        consents.call(ada)


def test_a_failed_try_leaves_what_was_connected_before(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    consents.connect(ada)
    consents.provider.tell("POST", "/token", answer(200, b"<html>"))
    with consents.client(ada) as client, pytest.raises(TokenUnavailable):
        client.connections.complete(consents.toolset, code="x", code_verifier=VERIFIER, redirect_uri=REDIRECT)
    consents.provider.forget("POST", "/token")
    assert isinstance(consents.call(ada).outcome, Succeeded)


def test_two_gateways_that_connect_one_person_at_once_keep_one_whole_connection(consents: Consents, second: Out) -> None:
    consents.offer()
    ada = consents.person("ada")
    commands = [consents.command(ada, "connect", consents.toolset, gateway=one) for one in (consents.out, second)]
    for url in [one.url() for one in commands]:
        assert consents.visit(url)[0] == 200
    assert [one.ended().code for one in commands] == [0, 0]
    ((kept),) = consents.kept().values()
    pairs = {(one.access, one.refresh) for one in consents.provider.granted}
    assert (kept["access_token"], kept["refresh_token"]) in pairs
    assert {type(consents.call(ada, gateway=one).outcome) for one in (consents.out, second)} == {Succeeded}


@pytest.mark.parametrize("uri", ["https://evil.example/x", "http://127.0.0.1.evil.example:1/", "http://localhost:1/", "x"])
def test_no_redirect_leads_off_this_machine(consents: Consents, uri: str) -> None:
    consents.offer()
    with consents.client(consents.person("ada")) as client, pytest.raises(RequestInvalid, match="redirect_uri"):
        client.connections.begin(consents.toolset, redirect_uri=uri, state="s" * 32, code_challenge="c" * 43)


def test_a_port_that_is_taken_is_told(consents: Consents) -> None:
    consents.offer()
    port = str(consents.provider.server_address[1])
    ended = consents.command(consents.person("ada"), "connect", consents.toolset, "--port", port).ended()
    assert (ended.code, "--port" in ended.told) == (2, True)
    assert json.dumps(consents.listed(consents.person("ada"))) == "[]"
