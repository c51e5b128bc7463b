"""A handshake in which a client shows a certificate: what passes as one, and what says that it was refused."""

from dataclasses import dataclass, field

import pytest

from sandbox.egress.client_hello import ClientHello
from sandbox.egress.handshake import Handshake
from tests.security.hello import extension, records, vector

#: A server's hello that agrees on TLS 1.3.
_BODY = b"\x03\x03" + 32 * b"r" + vector(1, b"") + b"\x13\x01\x00" + vector(2, extension(43, b"\x03\x04"))
SERVER_13 = records(b"\x02" + vector(3, _BODY))
_BODY_12 = b"\x03\x03" + 32 * b"r" + vector(1, b"") + b"\xc0\x2f\x00" + vector(2, b"")
SERVER_12 = records(b"\x02" + vector(3, _BODY_12))


def data(length: int) -> bytes:
    """A record of application data: in TLS 1.3, of whatever is hidden."""
    return b"\x17\x03\x03" + vector(2, length * b"x")


EMPTY, FINISHED, ALERT, TICKET = data(25), data(53), data(19), data(200)
CERTIFICATE, SIGNATURE, REQUEST = data(900), data(96), data(300)


@dataclass
class Seen:
    """A handshake, with what was said by the server at its beginning."""

    server: bytes = SERVER_13
    shows: list[bool] = field(default_factory=lambda: [True])

    def __post_init__(self) -> None:
        self.handshake = Handshake(ClientHello(b"", "api.example"), lambda: self.shows[-1])
        self.handshake.received(self.server)

    def over_after(self, *sent: bytes) -> bool:
        for record in sent:
            self.handshake.sent(record)
        return self.handshake.over

    def turned_away_after(self, *received: bytes) -> bool:
        for record in received:
            self.handshake.received(record)
        return self.handshake.turned_away


def test_a_certificate_a_signature_and_finished_are_no_request_and_what_follows_is() -> None:
    seen = Seen()
    assert not seen.over_after(CERTIFICATE, SIGNATURE, FINISHED)
    assert seen.over_after(REQUEST)


@pytest.mark.parametrize(
    "sent",
    [
        (CERTIFICATE, SIGNATURE, REQUEST),
        (CERTIFICATE, FINISHED, REQUEST),
        (FINISHED, CERTIFICATE),
        (CERTIFICATE, SIGNATURE, FINISHED, FINISHED),
        (EMPTY, EMPTY),
    ],
    ids=["three before Finished", "a second one behind it", "one behind it", "two ends", "two empty ones"],
)
def test_anything_more_may_be_one(sent: tuple[bytes, ...]) -> None:
    assert Seen().over_after(*sent)


def test_before_the_request_is_permitted_and_by_a_box_that_has_none_to_show_nothing_of_unknown_length_passes() -> None:
    seen = Seen(shows=[False])
    assert seen.over_after(CERTIFICATE)
    assert not Seen(shows=[False]).over_after(EMPTY, FINISHED)
    assert Seen(server=SERVER_12).over_after(CERTIFICATE)


@pytest.mark.parametrize("sent", [(FINISHED,), (EMPTY, FINISHED), (CERTIFICATE, SIGNATURE, FINISHED)])
def test_one_alert_and_nothing_else_turns_a_client_away_whatever_it_has_sent_by_then(sent: tuple[bytes, ...]) -> None:
    seen = Seen()
    seen.over_after(*sent, REQUEST)
    assert not seen.turned_away_after()
    assert seen.turned_away_after(ALERT)


@pytest.mark.parametrize(
    "received",
    [(TICKET,), (TICKET, ALERT), (ALERT, ALERT), (ALERT, TICKET), (data(18),), (b"\x16\x03\x03" + vector(2, b"x"),)],
    ids=["a ticket", "a ticket first", "two alerts", "more behind it", "another length", "in the clear"],
)
def test_anything_else_says_nothing_of_what_was_read(received: tuple[bytes, ...]) -> None:
    seen = Seen()
    seen.over_after(EMPTY, FINISHED, REQUEST)
    assert not seen.turned_away_after(*received)


def test_an_alert_of_tls_1_2_or_before_the_clients_finished_says_nothing_either() -> None:
    old = Seen(server=SERVER_12)
    old.over_after(FINISHED, REQUEST)
    assert not old.turned_away_after(ALERT)
    early = Seen()
    early.over_after(EMPTY)
    assert not early.turned_away_after(ALERT)


def test_what_comes_in_pieces_is_seen_whole() -> None:
    seen = Seen()
    for byte in EMPTY + FINISHED + REQUEST:
        seen.over_after(bytes([byte]))
    assert seen.turned_away_after(*(bytes([byte]) for byte in ALERT))
