"""The first message of a TLS server, read for one thing: whether TLS 1.3 was agreed on (RFC 8446 §4.1.3, §4.2.1)."""

from sandbox.egress.client_hello import Cursor, NoHello

#: Bytes from the server in which its hello must be. One with a post-quantum key share is of about 1.3 KB.
_LONGEST = 8 * 1024

_RECORD_HEADER, _MESSAGE_HEADER = 5, 4
_HANDSHAKE, _SERVER_HELLO = 22, 2
_VERSION_AND_RANDOM, _CIPHER_AND_COMPRESSION = 34, 3
_SUPPORTED_VERSIONS, _TLS_13 = 43, b"\x03\x04"


class ServerHello:
    """`read` once nothing more is to be learnt: it is there, or what came is none. Only a plain one counts."""

    def __init__(self) -> None:
        self.read = False
        self.speaks_13 = False
        self._received = bytearray()

    def feed(self, content: bytes) -> None:
        self._received += content[:_LONGEST]
        try:
            body = _body(bytes(self._received))
            if body is not None:
                self.read, self.speaks_13 = True, _agrees_on_13(body)
        except NoHello:
            self.read = True
        if self.read or len(self._received) >= _LONGEST:
            self.read = True
            self._received.clear()


def _body(received: bytes) -> bytes | None:
    """The hello without its headers; None until all of it is there. Raises NoHello."""
    if len(received) < _RECORD_HEADER + _MESSAGE_HEADER:
        return None
    if received[0] != _HANDSHAKE or received[_RECORD_HEADER] != _SERVER_HELLO:
        raise NoHello("the server's first message is not a hello")
    length = int.from_bytes(received[_RECORD_HEADER + 1 : _RECORD_HEADER + _MESSAGE_HEADER])
    record = int.from_bytes(received[3:_RECORD_HEADER])
    if length + _MESSAGE_HEADER > record:
        raise NoHello("the server's hello is cut into records")
    body = received[_RECORD_HEADER + _MESSAGE_HEADER :][:length]
    return body if len(body) == length else None


def _agrees_on_13(body: bytes) -> bool:
    cursor = Cursor(body)
    cursor.take(_VERSION_AND_RANDOM)
    cursor.vector(1)  # session
    cursor.take(_CIPHER_AND_COMPRESSION)
    if cursor.at_end:
        return False
    extensions, agreed = Cursor(cursor.vector(2)), False
    while not extensions.at_end:
        agreed |= (extensions.number(2), extensions.vector(2)) == (_SUPPORTED_VERSIONS, _TLS_13)
    return agreed
