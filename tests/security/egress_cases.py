"""The cases of `test_egress.py`: what is said to the broker, under which policy, and the verdict that must be on record."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network

from sandbox.adversary.egress import HEADS as HEADS_OF_ALL
from sandbox.adversary.egress import METADATA, NEVER, literal
from sandbox.api.job import Destination, Egress, Network
from sandbox.api.result import OPEN

from .hello import ECH, extension, for_host, hello, message_of, names, openssl_hello, records
from .tools import LOOPBACK

ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
HTTP = b"GET / HTTP/1.1\r\nHost: api.example\r\n\r\n"
NAME = "api.example"

#: What the name system answers: the first time, the second time, … and the last answer from then on. No other name has an
#: address.
SCRIPT: dict[str, list[list[str]]] = {
    "api.example": [["127.0.0.1"]],
    "metadata.example": [["169.254.169.254"]],
    "metadata6.example": [["fd00:ec2::254"]],
    "mapped.example": [["::ffff:169.254.169.254"]],
    "translated.example": [["64:ff9b::a9fe:a9fe"]],
    "private.example": [["10.1.2.3"]],
    "mixed.example": [["127.0.0.1", "192.168.1.1"]],
    "hidden.example": [["127.0.0.1", "::ffff:100.100.100.200"]],
    "rebinding.example": [["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"], ["10.0.0.1"]],
    "zero.example": [["0.0.0.0"]],
    "zoned.example": [["fe80::1%lo"]],
}


@dataclass(frozen=True)
class Case:
    """`asks` is the CONNECT's authority, in which PORT is the upstream's port; `says` follows. `raw` replaces the CONNECT."""

    verdict: str
    asks: bytes = b""
    says: bytes = b""
    raw: bytes = b""

    def message(self, port: int, mark: bytes) -> bytes:
        head = self.raw or b"CONNECT " + self.asks + b" HTTP/1.1\r\nHost: x\r\n\r\n"
        return head.replace(b"PORT", str(port).encode()) + self.says + mark


@dataclass(frozen=True)
class Group:
    """Cases under one policy."""

    policy: Callable[[int], Egress]
    cases: dict[str, Case]


def to(*hosts: str, tls: bool = True, private: tuple[Network, ...] = LOOPBACK) -> Callable[[int], Egress]:
    return lambda port: Egress(tuple(Destination(host, port, private, tls) for host in hosts), connections=100)


def fixed(*hosts: str) -> Callable[[int], Egress]:
    """Literals on port 80, everything private allowed by a careless operator."""
    return lambda _: Egress(tuple(Destination(host, 80, ANYWHERE, tls=False) for host in hosts), connections=100)


NOT_LISTED, NOT_A_NAME, NOT_CANONICAL = "is not among the destinations", "not a host's name", "canonical form"

SPELLINGS = {
    "127.1": NOT_CANONICAL,
    "127.0.1": NOT_CANONICAL,
    "2130706433": NOT_CANONICAL,
    "0x7f000001": NOT_CANONICAL,
    "0x7f.0.0.1": NOT_CANONICAL,
    "0177.0.0.1": NOT_CANONICAL,
    "017700000001": NOT_CANONICAL,
    "127.0.0.01": NOT_CANONICAL,
    "127.0.0.1.": NOT_A_NAME,
    "127.0.0.256": NOT_CANONICAL,
    "[::ffff:127.0.0.1]": NOT_LISTED,
    "[::ffff:7f00:1]": NOT_LISTED,
    "[::127.0.0.1]": NOT_LISTED,
    "[64:ff9b::7f00:1]": NOT_LISTED,
    "[::1]": NOT_LISTED,
    "[::1%25lo]": "not an IPv6 address|zone",
    "[fe80::1%25eth0]": "not an IPv6 address|zone",
    "::1": "in brackets",
    "localhost": NOT_LISTED,
    "127.0.0.1@evil.example": NOT_A_NAME,
    "user:password@127.0.0.1": "not a host's name|brackets",
    "http://127.0.0.1": "not a host's name|brackets",
    "127.0.0.1/x": NOT_A_NAME,
    "127.0.0.1#": NOT_A_NAME,
    "127.0.0.1\\": NOT_A_NAME,
    "%31%32%37.0.0.1": NOT_A_NAME,
    "*": NOT_A_NAME,
    "127.0.0.2": NOT_LISTED,
    "api.example.evil.example": NOT_LISTED,
    "xapi.example": NOT_LISTED,
    "api_example": NOT_A_NAME,
    "x" * 64 + ".example": NOT_A_NAME,
}

ONLY_CONNECT = "only CONNECT is served"
HEADS = {**HEADS_OF_ALL, "TLS to the broker": openssl_hello(NAME) + b"\r\n\r\n"}
PORTS = {
    "no port": b"127.0.0.1",
    "port 0": b"127.0.0.1:0",
    "a zero before it": b"127.0.0.1:0PORT",
    "a sign": b"127.0.0.1:+PORT",
}
PORTS |= {"beyond 65535": b"127.0.0.1:65536", "another port": b"127.0.0.1:22", "two ports": b"127.0.0.1:PORT:PORT"}

PRIVATE = [
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "127.0.0.1",
    "100.64.0.1",
    "198.18.0.1",
    "fc00::1",
    "::1",
    "::ffff:10.0.0.1",
]


def front(host: bytes) -> bytes:
    return hello(extension(0, names(host)), extension(ECH, b"\0" + 40 * b"x"))


SAID = for_host(NAME.encode())
HELLOS = {
    "a hello for the host": Case(OPEN, says=SAID),
    "what OpenSSL says": Case(OPEN, says=openssl_hello(NAME)),
    "the name in capitals": Case(OPEN, says=for_host(b"API.Example")),
    "a hello in many records": Case(OPEN, says=records(message_of(SAID), 7)),
    "an encrypted hello behind the host": Case(OPEN, says=front(NAME.encode())),
    "an encrypted hello behind another": Case("names 'front.example'", says=front(b"front.example")),
    "another name": Case("names 'evil.example'", says=for_host(b"evil.example")),
    "no name": Case("names no server", says=hello()),
    "a name below the host": Case("names 'x.api.example'", says=for_host(b"x.api.example")),
    "the name with a dot behind it": Case("names 'api.example.'", says=for_host(b"api.example.")),
    "the name and a zero byte": Case("names 'api.example", says=for_host(b"api.example\0.evil.example")),
    "the address as a name": Case("names '127.0.0.1'", says=for_host(b"127.0.0.1")),
    "two names": Case("malformed", says=hello(extension(0, names(NAME.encode(), b"evil.example")))),
    "two lists of names": Case(
        "malformed", says=hello(extension(0, names(NAME.encode())), extension(0, names(b"evil.example")))
    ),
    "a name that is not ASCII": Case("malformed", says=for_host("äpi.example".encode())),
    "plain HTTP": Case("does not begin with TLS", says=HTTP),
    "an SSH banner": Case("does not begin with TLS", says=b"SSH-2.0-OpenSSH_9.2\r\n"),
    "SSL 2": Case("does not begin with TLS", says=b"\x80\x2e\x01\x03\x01" + bytes(60)),
    "an alert first": Case("does not begin with TLS", says=b"\x15\x03\x01\x00\x02\x02\x28" + SAID),
    "a server's hello": Case("is not a hello", says=records(b"\x02\0\0\x01x")),
    "a hello that is too long": Case(
        "too long|no proper length", says=hello(extension(21, bytes(17_000)), extension(0, names(b"api.example")))
    ),
    "a hello and more in its record": Case("no proper length", says=records(message_of(SAID) + b"\x01")),
    "half a hello": Case("ended before its TLS hello", says=SAID[:30]),
    "noise": Case("does not begin with TLS", says=bytes(range(256))),
}

GROUPS = {
    "spelling": Group(
        to("127.0.0.1", tls=False),
        {
            **{text: Case(verdict, asks=text.encode() + b":PORT", says=HTTP) for text, verdict in SPELLINGS.items()},
            **{
                text: Case("not a host and a port|in brackets|" + NOT_LISTED, asks=asks, says=HTTP)
                for text, asks in PORTS.items()
            },
            "as it is listed": Case(OPEN, asks=b"127.0.0.1:PORT", says=HTTP),
        },
    ),
    "head": Group(
        to("127.0.0.1", NAME, tls=False),
        {text: Case(ONLY_CONNECT, raw=raw, says=HTTP) for text, raw in HEADS.items()},
    ),
    "metadata": Group(
        fixed(*METADATA.values()),
        {
            text: Case("metadata|6to4|reserved|inside IPv6", asks=literal(address).encode(), says=HTTP)
            for text, address in METADATA.items()
        },
    ),
    "private": Group(
        lambda _: Egress(tuple(Destination(host, 80, tls=False) for host in PRIVATE), connections=100),
        {text: Case("private|loopback|carrier|benchmarks", asks=literal(text).encode(), says=HTTP) for text in PRIVATE},
    ),
    "never": Group(
        fixed(*NEVER), {text: Case(r"^\S+ is (?!not among)", asks=literal(text).encode(), says=HTTP) for text in NEVER}
    ),
    "name": Group(
        to(*SCRIPT, "nowhere.example", tls=False),
        {
            "to a permitted address": Case(OPEN, asks=b"api.example:PORT", says=HTTP),
            "in capitals": Case(OPEN, asks=b"API.EXAMPLE:PORT", says=HTTP),
            "to metadata": Case("169.254.169.254, which is a metadata", asks=b"metadata.example:PORT", says=HTTP),
            "to metadata over IPv6": Case("is a metadata", asks=b"metadata6.example:PORT", says=HTTP),
            "to mapped metadata": Case("is a metadata", asks=b"mapped.example:PORT", says=HTTP),
            "to translated metadata": Case("is a metadata", asks=b"translated.example:PORT", says=HTTP),
            "to a private address": Case("10.1.2.3, which is private", asks=b"private.example:PORT", says=HTTP),
            "to a good and a private one": Case("192.168.1.1, which is private", asks=b"mixed.example:PORT", says=HTTP),
            "to a good one and hidden metadata": Case("is a metadata", asks=b"hidden.example:PORT", says=HTTP),
            "to nothing at all": Case("has the address 0.0.0.0", asks=b"zero.example:PORT", says=HTTP),
            "to an address with a zone": Case("bound to an interface|link-local", asks=b"zoned.example:PORT", says=HTTP),
            "rebinding, first answer": Case(OPEN, asks=b"rebinding.example:PORT", says=HTTP),
            "rebinding, second answer": Case("is a metadata", asks=b"rebinding.example:PORT", says=HTTP),
            "rebinding, third answer": Case(OPEN, asks=b"rebinding.example:PORT", says=HTTP),
            "rebinding, fourth answer": Case("which is private", asks=b"rebinding.example:PORT", says=HTTP),
            "without an address": Case("has no address", asks=b"nowhere.example:PORT", says=HTTP),
        },
    ),
    "TLS": Group(to(NAME), {text: Case(case.verdict, b"api.example:PORT", case.says) for text, case in HELLOS.items()}),
    "TLS to an address": Group(
        to("127.0.0.1"),
        {
            "no name": Case(OPEN, asks=b"127.0.0.1:PORT", says=hello()),
            "the address as a name": Case(OPEN, asks=b"127.0.0.1:PORT", says=for_host(b"127.0.0.1")),
            "another name": Case("names 'evil.example'", asks=b"127.0.0.1:PORT", says=for_host(b"evil.example")),
            "plain HTTP": Case("does not begin with TLS", asks=b"127.0.0.1:PORT", says=HTTP),
        },
    ),
}
CASES = [(group, text) for group, of in GROUPS.items() for text in of.cases]
