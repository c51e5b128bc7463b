"""Frames of HTTP/2 (RFC 9113), written by hand: no library writes what an attack needs."""

import asyncio
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Sequence

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
ACK = END_STREAM = 0x1
END_HEADERS = 0x4
CANCEL = 8
INITIAL_WINDOW_SIZE = 4
#: The largest frame that a peer must take.
LONGEST = 16_384
_RESERVED = 0x7FFFFFFF

Field = tuple[bytes, bytes]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream & _RESERVED) + payload


def settings(*pairs: tuple[int, int]) -> bytes:
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", name, value) for name, value in pairs))


def reset(stream: int) -> bytes:
    return frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL))


def _integer(value: int, bits: int, first: int) -> bytes:
    """RFC 7541 §5.1."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    written, value = [first | most], value - most
    while value >= 1 << 7:
        written.append(value % (1 << 7) + (1 << 7))
        value >>= 7
    return bytes([*written, value])


def literal(name: bytes, value: bytes, *, indexed: bool = False) -> bytes:
    """A field that is written out, and put into the peer's table where it is to be `indexed`."""
    return (b"\x40" if indexed else b"\x00") + _integer(len(name), 7, 0) + name + _integer(len(value), 7, 0) + value


def index(number: int) -> bytes:
    """A field by its number in the table."""
    return _integer(number, 7, 0x80)


def request(path: bytes, token: str, more: Sequence[Field] = ()) -> bytes:
    """The header block of a gRPC request."""
    fields: list[Field] = [
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":path", path),
        (b":authority", b"gateway"),
        (b"content-type", b"application/grpc"),
        (b"te", b"trailers"),
        (b"authorization", b"Bearer " + token.encode()),
    ]
    return b"".join(literal(name, value) for name, value in (*fields, *more))


class Connection:
    """One connection, which reads what comes and forgets it."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader, self.writer = reader, writer
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, address: str, first: bytes = PREFACE + settings()) -> "Connection":
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        connection = cls(reader, writer)
        await connection.send(first)
        return connection

    @property
    def ended(self) -> bool:
        return self._reading.done()

    async def send(self, written: bytes) -> None:
        """Raises ConnectionError where the peer has ended the connection."""
        if self.ended:
            raise ConnectionResetError
        self.writer.write(written)
        await self.writer.drain()

    async def wait(self, seconds: float) -> None:
        await asyncio.wait({self._reading}, timeout=seconds)

    def close(self) -> None:
        self._reading.cancel()
        self.writer.close()

    async def _read(self) -> None:
        try:
            while await self._reader.read(1 << 16):
                pass
        except ConnectionError:
            pass
