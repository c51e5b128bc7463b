"""The first message of a TLS client, read for one thing: which server it asks for (RFC 8446 §4.1.2, RFC 6066 §3).

Nothing is decrypted or changed. Bytes that are not plainly a ClientHello are refused. A hello goes on to the upstream only
after it has been read whole.
"""

import asyncio
from dataclasses import dataclass

#: Bytes, record headers included. Post-quantum key shares make a hello of about 2 KiB.
LONGEST_HELLO = 16 * 1024

_RECORD_HEADER, _MESSAGE_HEADER = 5, 4
_LONGEST_RECORD = 16 * 1024
_HANDSHAKE, _MAJOR, _CLIENT_HELLO = 22, 3, 1
_VERSION_AND_RANDOM = 34
_SERVER_NAME = 0
#: Early data, or a hello in the hello (RFC 9849), which may offer that unseen.
_EARLY_DATA = frozenset({42, 0xFE0D})
_HOST_NAME = 0


class NoHello(Exception):
    """The client did not begin with a readable ClientHello. The message says why."""


@dataclass(frozen=True, slots=True)
class ClientHello:
    """`raw` is what the client sent, to the byte. `server_name` is lower case, or None where the client named no server.

    `early_data`: the client may send its request before the server has said a word (RFC 8446 §4.2.10).
    """

    raw: bytes
    server_name: str | None
    early_data: bool = False


async def read_client_hello(reader: asyncio.StreamReader) -> ClientHello:
    """Read exactly the records that carry the hello, however long that takes. Raises NoHello, also where the stream ends."""
    raw, message = bytearray(), bytearray()
    try:
        while not _complete(message):
            header = await reader.readexactly(_RECORD_HEADER)
            length = _fragment_length(header)
            if len(raw) + len(header) + length > LONGEST_HELLO:
                raise NoHello("its TLS hello is too long")
            fragment = await reader.readexactly(length)
            raw += header + fragment
            message += fragment
    except asyncio.IncompleteReadError:
        raise NoHello("it ended before its TLS hello") from None
    extensions = _extensions(bytes(message[_MESSAGE_HEADER:]))
    return ClientHello(bytes(raw), _server_name(extensions), any(kind in _EARLY_DATA for kind, _ in extensions))


def _fragment_length(header: bytes) -> int:
    length = int.from_bytes(header[3:])
    if header[0] != _HANDSHAKE or header[1] != _MAJOR or not 0 < length <= _LONGEST_RECORD:
        raise NoHello("it does not begin with TLS")
    return length


def _complete(message: bytearray) -> bool:
    """A hello may be cut into several records. Bytes behind it in its last record belong to no message, and are refused."""
    if len(message) < _MESSAGE_HEADER:
        return False
    if message[0] != _CLIENT_HELLO:
        raise NoHello("its first TLS message is not a hello")
    length = _MESSAGE_HEADER + int.from_bytes(message[1:_MESSAGE_HEADER])
    if len(message) > length or length > LONGEST_HELLO:
        raise NoHello("its TLS hello has no proper length")
    return len(message) == length


def _extensions(body: bytes) -> list[tuple[int, bytes]]:
    cursor = Cursor(body)
    cursor.take(_VERSION_AND_RANDOM)
    cursor.vector(1)  # session
    cursor.vector(2)  # cipher suites
    cursor.vector(1)  # compression
    found = []
    if not cursor.at_end:
        extensions = Cursor(cursor.vector(2))
        while not extensions.at_end:
            found.append((extensions.number(2), extensions.vector(2)))
    if not cursor.at_end:
        raise NoHello("its TLS hello is malformed")
    return found


def _server_name(extensions: list[tuple[int, bytes]]) -> str | None:
    names = [_only_name(content) for kind, content in extensions if kind == _SERVER_NAME]
    if len(names) > 1:
        raise NoHello("its TLS hello is malformed")
    return names[0] if names else None


def _only_name(extension: bytes) -> str:
    """The list has had room for several names since 2003, but no specification says what a second name means."""
    outer = Cursor(extension)
    entry = Cursor(outer.vector(2))
    kind, name = entry.number(1), entry.vector(2)
    if kind != _HOST_NAME or not name or not name.isascii() or not (entry.at_end and outer.at_end):
        raise NoHello("the server name in its TLS hello is malformed")
    return name.decode("ascii").lower()


class Cursor:
    """Reads forward through bytes. Raises NoHello where there are too few."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at == len(self._content)

    def take(self, count: int) -> bytes:
        taken = self._content[self._at : self._at + count]
        if len(taken) < count:
            raise NoHello("its TLS hello is malformed")
        self._at += count
        return taken

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width))

    def vector(self, width: int) -> bytes:
        """Bytes behind their count, which has `width` bytes."""
        return self.take(self.number(width))
