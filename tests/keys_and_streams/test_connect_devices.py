"""`callgate connect --device` (RFC 8628): the person consents elsewhere, and the gateway has no code but the person's."""

import re

import pytest

from callgate import Succeeded
from callgate.errors import RequestInvalid, TokenRefused, TokenUnavailable
from tests.real_apis.recipes import answer

from .consents import Consents

FLOWS = ("deviceAuthorization",)


def test_a_person_consents_on_another_device(consents: Consents) -> None:
    consents.offer(flows=FLOWS)
    ada = consents.person("ada")
    command = consents.command(ada, "connect", consents.toolset, "--device")
    code = command.until(re.compile(r"^\S{4,}-\S{4,}$"))
    command.until(re.compile("user_code="))
    assert any(one["user_code"] == code for one in consents.provider.server.devices.values())
    consents.provider.decide(consents=True)
    ended = command.ended()
    assert ended.code == 0, ended
    assert isinstance(consents.call(ada, "act").outcome, Succeeded)
    (device_code,) = consents.provider.server.devices
    assert device_code not in ended.out + ended.told + consents.out.log.read_text()
    (kept,) = consents.kept().values()
    assert "device_code" not in kept


def test_codes_are_pending_then_slower_then_there(consents: Consents) -> None:
    consents.offer(flows=FLOWS)
    with consents.client(consents.person("ada")) as client:
        codes = client.connections.begin_device(consents.toolset)
        assert (codes.interval, codes.expires_in) == (1.0, 600.0)
        polled = client.connections.poll_device(consents.toolset, codes.flow)
        assert (polled.connection, polled.slow_down) == (None, False)
        consents.provider.server.slow_downs.append(True)
        polled = client.connections.poll_device(consents.toolset, codes.flow)
        assert (polled.connection, polled.slow_down) == (None, True)
        consents.provider.decide(consents=True)
        polled = client.connections.poll_device(consents.toolset, codes.flow)
        assert polled.connection
        assert polled.connection.subject == "ada"
        again = client.connections.poll_device(consents.toolset, codes.flow)  # its answer may have been lost
        assert again.connection
        with pytest.raises(TokenRefused, match="not the connection that was begun last"):
            client.connections.poll_device(consents.toolset, "another")


def test_a_person_who_refuses_is_heard_and_what_was_there_stays(consents: Consents) -> None:
    consents.offer(flows=("deviceAuthorization", "authorizationCode"))
    ada = consents.person("ada")
    consents.connect(ada)
    with consents.client(ada) as client:
        codes = client.connections.begin_device(consents.toolset)
        consents.provider.decide(consents=False)
        with pytest.raises(TokenRefused, match="access_denied"):
            client.connections.poll_device(consents.toolset, codes.flow)
    assert isinstance(consents.call(ada).outcome, Succeeded)


def test_codes_that_have_expired_are_told(consents: Consents) -> None:
    consents.provider.server.device_life = -1.0
    consents.offer(flows=FLOWS)
    with consents.client(consents.person("ada")) as client:
        codes = client.connections.begin_device(consents.toolset)
        with pytest.raises(TokenRefused, match="expired_token"):
            client.connections.poll_device(consents.toolset, codes.flow)


def test_codes_that_were_begun_anew_end_those_before(consents: Consents) -> None:
    consents.offer(flows=FLOWS)
    with consents.client(consents.person("ada")) as client:
        first = client.connections.begin_device(consents.toolset)
        second = client.connections.begin_device(consents.toolset)
        consents.provider.decide(consents=True)
        with pytest.raises(TokenRefused, match="begun last"):
            client.connections.poll_device(consents.toolset, first.flow)
        assert client.connections.poll_device(consents.toolset, second.flow).connection


ODD = {
    "HTML": (answer(200, b"<html>hello</html>", media_type="text/html"), TokenUnavailable, "no codes for a device"),
    "an error": (answer(400, b'{"error": "invalid_scope"}'), TokenRefused, "invalid_scope"),
    "no code": (answer(200, b'{"user_code": "A", "verification_uri": "https://a.example"}'), TokenRefused, "no device_code"),
    "a page in the clear": (
        answer(200, b'{"device_code": "a", "user_code": "A", "verification_uri": "http://a.example"}'), TokenRefused, "https",
    ),
    "a code with a bell": (
        answer(200, b'{"device_code": "a", "user_code": "A\\u0007", "verification_uri": "https://a.example"}'),
        TokenRefused, "user_code",
    ),
    "nothing": (answer(500, b""), TokenUnavailable, "answered 500"),
}  # fmt: skip


@pytest.mark.parametrize("named", ODD)
def test_an_endpoint_that_gives_no_codes_is_told_as_it_is(consents: Consents, named: str) -> None:
    said, error, word = ODD[named]
    consents.offer(flows=FLOWS)
    consents.provider.tell("POST", "/device", said)
    with consents.client(consents.person("ada")) as client, pytest.raises(error, match=word):
        client.connections.begin_device(consents.toolset)


UNREADABLE = b'{"access_token": "at-one", "token_type": "Bearer", "expires_in": NaN}'


def test_an_answer_that_cannot_be_read_ends_the_polling_at_once(consents: Consents) -> None:
    """The code is good for one use: to ask again would bring nothing, and at last a word that no consent came."""
    consents.offer(flows=FLOWS)
    command = consents.command(consents.person("ada"), "connect", consents.toolset, "--device")
    command.until(re.compile("user_code="))
    consents.provider.tell("POST", "/token", answer(200, UNREADABLE))
    ended = command.ended()
    assert ended.code != 0
    assert "no JSON object; if you have consented, what came for it cannot be read" in " ".join(ended.told.split())
    assert "no consent came" not in ended.told
    assert len(consents.provider.received("POST", "/token")) == 1


def test_a_credential_without_a_device_url_is_told_so(consents: Consents) -> None:
    consents.offer()
    with consents.client(consents.person("ada")) as client, pytest.raises(RequestInvalid, match="no device_url"):
        client.connections.begin_device(consents.toolset)


def test_a_credential_of_devices_alone_has_no_page_for_a_browser(consents: Consents) -> None:
    consents.offer(flows=FLOWS)
    ended = consents.command(consents.person("ada"), "connect", consents.toolset).ended()
    assert (ended.code, "--device" in ended.told) == (3, True)
