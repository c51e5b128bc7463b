"""Whether more than a TLS handshake has left a box: the host's own evidence, where the runner's word is not enough.

Nothing is decrypted. TLS 1.2 sends application data in records of one type, and nothing else in them. TLS 1.3 hides the end of
its handshake in records of that type too, but their lengths give them away: what a client still has to say before its request
is an empty certificate, where the server asks for one, and Finished; and an alert, where it leaves. A record of another length
may carry a request. So may every one before the server has said that it speaks TLS 1.3, and every one of a client that offered
to send early data. What looks like a handshake and is not carries nothing to a server, which has no key for it.

A client that shows a certificate of its own says two things more before Finished, whose lengths nothing here knows: so these
are let through only where the gateway has permitted the request by then. That they are no request, the runner alone knows.

A server may read such a certificate only after the client has begun to send, and refuse it by an alert: it has no key for what
follows then. `turned_away` says that no more than one alert came back. Which one it was, the runner alone knows, as well.
"""

from collections.abc import Callable, Iterator

from sandbox.egress.client_hello import ClientHello
from sandbox.egress.server_hello import ServerHello

_CHANGE_CIPHER, _ALERT, _HANDSHAKE, _DATA = 20, 21, 22, 23
_HEADER = 5

#: Lengths of TLS 1.3's hidden records (RFC 8446 §5.2): the message, one byte of type, and 16 of the cipher's own.
_HIDDEN_CERTIFICATE = 4 + 4 + 17
_HIDDEN_FINISHED = frozenset({4 + 32 + 17, 4 + 48 + 17})
_HIDDEN_ALERT = 2 + 17

#: Records before Finished by which a client shows its certificate: that, and a signature.
_MOST_SHOWN = 2

#: Alerts of one client: the one by which it gives up, and the one by which it closes. Two bytes each are no request.
_MOST_ALERTS = 2

#: Records of one handshake; ten are many. To look at more would cost the gateway time.
_MOST_RECORDS = 64


def _never() -> bool:
    return False


class Handshake:
    """Follows one connection from its hello on. `over` once a request may have been passed on; it never goes back.

    `may_show`: whether the client may show a certificate of its own by now.
    """

    def __init__(self, hello: ClientHello, may_show: Callable[[], bool] = _never) -> None:
        self.over = False
        self._may_show = may_show
        self._offered_early = hello.early_data
        self._records = _Records()
        self._server = ServerHello()
        self._may_authenticate = True
        self._may_finish = True
        self._finished = False
        self._shown = 0
        self._alerts = 0
        self._count = 0
        self._answers = _Records()
        self._refusals = 0
        self._has_spoken = False

    def sent(self, content: bytes) -> None:
        """Look at what the client sends, its hello included, before it is passed on."""
        if not self.over:
            self.over = any(not self._belongs(kind, length) for kind, length in self._records.headers(content))

    def received(self, content: bytes) -> None:
        """Look at what the server sends."""
        if not self._server.read:
            self._server.feed(content)
        if not self._has_spoken:
            self._listen(content)

    @property
    def turned_away(self) -> bool:
        """Whether all that the server has said since the client's Finished is one alert."""
        return self._server.speaks_13 and self._refusals == 1 and not self._has_spoken

    def _listen(self, content: bytes) -> None:
        for kind, length in self._answers.headers(content):
            if self._finished and kind == _DATA and length == _HIDDEN_ALERT:
                self._refusals += 1
            elif self._finished:
                self._has_spoken = True

    def _belongs(self, kind: int, length: int) -> bool:
        self._count += 1
        if kind != _DATA:
            return kind in (_CHANGE_CIPHER, _ALERT, _HANDSHAKE) and self._count <= _MOST_RECORDS
        return self._server.speaks_13 and not self._offered_early and self._is_hidden(length)

    def _is_hidden(self, length: int) -> bool:
        if length == _HIDDEN_ALERT:
            self._alerts += 1
            return self._alerts <= _MOST_ALERTS
        if length == _HIDDEN_CERTIFICATE:
            allowed, self._may_authenticate = self._may_authenticate and self._may_finish, False
            return allowed
        if length not in _HIDDEN_FINISHED and self._may_finish and self._shown < _MOST_SHOWN and self._may_show():
            self._shown += 1
            return True
        allowed, self._may_finish = self._may_finish and length in _HIDDEN_FINISHED, False
        self._finished = self._finished or allowed
        return allowed


class _Records:
    """The type and length of each record in a stream, whatever pieces it comes in."""

    def __init__(self) -> None:
        self._header = bytearray()
        self._left = 0  # of the record's content

    def headers(self, content: bytes) -> Iterator[tuple[int, int]]:
        at = 0
        while at < len(content):
            if self._left:
                step = min(self._left, len(content) - at)
                self._left -= step
            else:
                step = min(_HEADER - len(self._header), len(content) - at)
                self._header += content[at : at + step]
            at += step
            if len(self._header) == _HEADER:
                kind, self._left = self._header[0], int.from_bytes(self._header[3:])
                self._header.clear()
                yield kind, self._left
