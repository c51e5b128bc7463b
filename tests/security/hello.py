"""TLS hellos: real ones, made by OpenSSL, and ones made by hand to be wrong in one way."""

import ssl


def openssl_hello(server_name: str | None) -> bytes:
    """What a client says first, to the byte."""
    context = ssl.create_default_context()
    context.check_hostname = False
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=server_name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake without an answer")


def vector(width: int, content: bytes) -> bytes:
    return len(content).to_bytes(width, "big") + content


def names(*hosts: bytes, kind: int = 0) -> bytes:
    """A server_name extension's content."""
    return vector(2, b"".join(bytes([kind]) + vector(2, host) for host in hosts))


def extension(kind: int, content: bytes) -> bytes:
    return kind.to_bytes(2, "big") + vector(2, content)


ECH = 0xFE0D


def hello(*extensions: bytes, tail: bytes = b"") -> bytes:
    """A ClientHello with these extensions, in one record."""
    body = b"\x03\x03" + 32 * b"r" + vector(1, b"") + vector(2, b"\x13\x01") + vector(1, b"\0")
    body += vector(2, b"".join(extensions)) + tail
    return records(b"\x01" + vector(3, body))


def for_host(host: bytes) -> bytes:
    return hello(extension(0, names(host)))


def records(message: bytes, size: int = 16384) -> bytes:
    """Cut a handshake message into records."""
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(b"\x16\x03\x01" + vector(2, piece) for piece in pieces)


def message_of(record: bytes) -> bytes:
    return record[5:]
