"""The TLS hello is read strictly, and only as much of it as there is."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.egress.client_hello import LONGEST_HELLO, ClientHello, NoHello, read_client_hello

from .hello import ECH, extension, for_host, hello, message_of, names, openssl_hello, records


async def read(content: bytes) -> ClientHello:
    reader = asyncio.StreamReader()
    reader.feed_data(content)
    reader.feed_eof()
    return await read_client_hello(reader)


@pytest.mark.parametrize("name", ["api.example.com", "xn--bcher-kva.example", None])
async def test_what_openssl_says_is_understood_and_kept_to_the_byte(name: str | None) -> None:
    said = openssl_hello(name)
    assert await read(said) == ClientHello(said, name)


async def test_what_follows_the_hello_is_left_in_the_stream() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(for_host(b"a.example") + b"early data")
    reader.feed_eof()
    await read_client_hello(reader)
    assert await reader.read() == b"early data"


@pytest.mark.parametrize("size", [1, 3, 5, 60])
async def test_a_hello_in_many_records_is_put_together(size: int) -> None:
    cut = records(message_of(for_host(b"API.example")), size)
    assert await read(cut) == ClientHello(cut, "api.example")


async def test_an_encrypted_hello_counts_by_its_outer_name() -> None:
    fronted = hello(extension(0, names(b"front.example")), extension(ECH, b"\0" + 40 * b"x"))
    assert (await read(fronted)).server_name == "front.example"
    assert (await read(fronted)).early_data, "the hidden hello may offer it"


MALFORMED = {
    "nothing": b"",
    "plain HTTP": b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "SSL 2": b"\x80\x2e\x01\x03\x01" + 60 * b"\0",
    "an alert": b"\x15\x03\x01\x00\x02\x02\x28",
    "application data": b"\x17\x03\x03\x00\x05hello",
    "another major version": b"\x16\x02\x01\x00\x05hello",
    "an empty record": b"\x16\x03\x01\x00\x00",
    "a record beyond the bound": b"\x16\x03\x01\x40\x01" + bytes(16385),
    "a server's hello": records(b"\x02\0\0\x01x"),
    "a length beyond the bound": records(b"\x01\xff\xff\xff" + bytes(100)),
    "a hello beyond the bound": hello(extension(21, bytes(LONGEST_HELLO))),
    "a hello and more in its record": records(message_of(for_host(b"a.example")) + b"\x0b"),
    "a cut hello": for_host(b"a.example")[:-3],
    "a random that is cut": records(b"\x01\0\0\x05\x03\x03abc"),
    "bytes behind the extensions": hello(tail=b"x"),
    "an extension longer than its list": hello(b"\0\0\xff\xff"),
    "two names in one list": hello(extension(0, names(b"a.example", b"b.example"))),
    "two lists of names": hello(extension(0, names(b"a.example")), extension(0, names(b"b.example"))),
    "no name in the list": hello(extension(0, names())),
    "an empty name": hello(extension(0, names(b""))),
    "a name of another kind": hello(extension(0, names(b"a.example", kind=1))),
    "bytes behind the list": hello(extension(0, names(b"a.example") + b"x")),
    "a name that is not ASCII": hello(extension(0, names("ä.example".encode()))),
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
async def test_whatever_is_not_plainly_a_hello_is_refused(content: bytes) -> None:
    with pytest.raises(NoHello):
        await read(content)


@settings(deadline=None)
@given(st.binary(max_size=200))
async def test_noise_inside_of_a_hello_is_read_or_refused_and_nothing_else(noise: bytes) -> None:
    with suppress(NoHello):
        await read(records(b"\x01" + len(noise).to_bytes(3, "big") + noise))


OF_OPENSSL = openssl_hello("api.example.com")


@settings(deadline=None)
@given(st.integers(0, len(OF_OPENSSL) - 1), st.integers(0, 255))
async def test_a_hello_with_one_byte_changed_is_read_or_refused_and_nothing_else(at: int, value: int) -> None:
    said = bytearray(OF_OPENSSL)
    said[at] = value
    with suppress(NoHello):
        await read(bytes(said))
