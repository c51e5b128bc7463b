"""Attacks on the broker: what a hostile program sends to it. The broker refuses each before it resolves or connects.

The box's policy is a careless operator's: it names every address in this file as a destination, and every network as one in
which upstreams may be.
"""

import base64
from collections.abc import Iterator
from ipaddress import ip_network

from sandbox.adversary.case import Case, words
from sandbox.api.job import Destination, Egress

PORT = 80
#: The one destination that could be reached; but the attacks spell it in other ways.
NAMED = "127.0.0.1"

SPELLINGS = """
    127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001 127.0.0.01 127.0.0.1. 127.0.0.256
    [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [::1%25lo] [fe80::1%25eth0] ::1 localhost
    127.0.0.1@evil.example user:password@127.0.0.1 http://127.0.0.1 127.0.0.1/x 127.0.0.1# 127.0.0.1\\ %31%32%37.0.0.1 *
    127.0.0.2 xapi.example api_example
""".split()  # noqa: SIM905  # one on each line would say no more

HEADS = {
    "full-width digits": "CONNECT １２７.0.0.1:PORT HTTP/1.1\r\n\r\n".encode(),  # noqa: RUF001
    "a full-width dot": "CONNECT 127。0.0.1:PORT HTTP/1.1\r\n\r\n".encode(),
    "a soft hyphen": "CONNECT api\u00ad.example:PORT HTTP/1.1\r\n\r\n".encode(),
    "a plain request": b"GET http://127.0.0.1:PORT/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a request for this server": b"GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an old version": b"CONNECT 127.0.0.1:PORT HTTP/1.0\r\n\r\n",
    "bare line feeds": b"CONNECT 127.0.0.1:PORT HTTP/1.1\nHost: x\n\n\r\n\r\n",
    "a line break in the authority": b"CONNECT 127.0.0.1:PORT\r\nX: y HTTP/1.1\r\n\r\n",
    "a carriage return in the authority": b"CONNECT 127.0.0.1:PORT\r HTTP/1.1\r\n\r\n",
    "two authorities": b"CONNECT 127.0.0.1:PORT 169.254.169.254:80 HTTP/1.1\r\n\r\n",
    "a tab": b"CONNECT\t127.0.0.1:PORT HTTP/1.1\r\n\r\n",
    "a folded header": b"CONNECT 127.0.0.1:PORT HTTP/1.1\r\nHost: x\r\n y\r\n\r\n",
    "a space before the colon": b"CONNECT 127.0.0.1:PORT HTTP/1.1\r\nHost : x\r\n\r\n",
    "a zero byte": b"CONNECT 127.0.0.1:PORT HTTP/1.1\r\nX: a\0b\r\n\r\n",
    "a lower case method": b"connect 127.0.0.1:PORT HTTP/1.1\r\n\r\n",
    "SOCKS 5": b"\x05\x01\x00\r\n\r\n",
}

METADATA = {
    "most clouds": "169.254.169.254",
    "AWS containers": "169.254.170.2",
    "AWS over IPv6": "fd00:ec2::254",
    "Google over IPv6": "fd20:ce::254",
    "Azure": "168.63.129.16",
    "Oracle": "192.0.0.192",
    "Alibaba": "100.100.100.200",
    "mapped": "::ffff:169.254.169.254",
    "mapped, in hex": "::ffff:a9fe:a9fe",
    "NAT64": "64:ff9b::a9fe:a9fe",
    "6to4": "2002:a9fe:a9fe::1",
    "Teredo": "2001:0:a9fe:a9fe::5601:5601",
    "compatible": "::a9fe:a9fe",
    "ISATAP": "2a00:1:2:3:0:5efe:a9fe:a9fe",
    "ISATAP, universal": "2a00:1:2:3:200:5efe:a9fe:a9fe",
    "Azure, mapped": "::ffff:168.63.129.16",
}

NEVER = """
    0.0.0.0 :: 169.254.1.1 fe80::1 224.0.0.1 ff02::1 255.255.255.255 240.0.0.1 fec0::1 192.0.2.1 64:ff9b:1::1 100::1 5f00::1
    2001:db8::1 4000::1
""".split()  # noqa: SIM905

_ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_REFUSED = words("403")


def careless() -> Egress:
    """The policy under which the attacks are made."""
    hosts = (NAMED, *METADATA.values(), *NEVER)
    return Egress(tuple(Destination(host, PORT, _ANYWHERE, tls=False) for host in hosts), connections=1000)


def egress() -> Iterator[Case]:
    for spelling in SPELLINGS:
        yield _case(f"{spelling} for {NAMED}", connect(f"{spelling}:{PORT}"))
    for name, head in HEADS.items():
        yield _case(name, head.replace(b"PORT", str(PORT).encode()))
    for name, address in METADATA.items():
        yield _case(f"the metadata service: {name}", connect(literal(address)))
    for address in NEVER:
        yield _case(address, connect(literal(address)))


def connect(authority: str) -> bytes:
    return f"CONNECT {authority} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def literal(address: str) -> str:
    return f"[{address}]:{PORT}" if ":" in address else f"{address}:{PORT}"


def _case(name: str, message: bytes) -> Case:
    return Case("egress", name, ("tells", base64.b64encode(message).decode()), _REFUSED)
