"""Attacks by the network: sockets of every family, and addresses that a box must not reach."""

from collections.abc import Iterator

from sandbox.adversary.case import Case, CaseKind, words

_REFUSED = words("EPERM")
_RUNNER, _PROGRAM = frozenset({CaseKind.RUNNER}), frozenset({CaseKind.PROGRAM})
_NO_WAY = words("ENETUNREACH ENETDOWN EHOSTUNREACH EADDRNOTAVAIL")
#: gVisor has few families, and its own code for them, not the host's.
_OWN = words("EPERM EAFNOSUPPORT EPROTONOSUPPORT ESOCKTNOSUPPORT EINVAL EACCES")

#: Family, type and protocol, by number.
_FAMILIES = {
    "AX25": "3 2 0",
    "IPX": "4 2 0",
    "APPLETALK": "5 2 0",
    "X25": "9 5 0",
    "KEY": "15 3 2",
    "NETLINK, routes": "16 3 0",
    "NETLINK, audit": "16 3 9",
    "NETLINK, device events": "16 3 15",
    "NETLINK, netfilter": "16 3 12",
    "PACKET": "17 3 768",
    "RDS": "21 5 0",
    "PPPOX": "24 1 0",
    "LLC": "26 2 0",
    "CAN": "29 3 1",
    "TIPC": "30 2 0",
    "BLUETOOTH": "31 3 1",
    "RXRPC": "33 2 2",
    "PHONET": "35 2 0",
    "IEEE802154": "36 2 0",
    "CAIF": "37 5 0",
    "ALG": "38 5 0",
    "NFC": "39 5 0",
    "VSOCK": "40 1 0",
    "VSOCK, its number hidden in 64 bits": "0x100000028 1 0",
    "KCM": "41 5 0",
    "QIPCRTR": "42 2 0",
    "SMC": "43 1 0",
    "XDP": "44 3 0",
    "MCTP": "45 2 0",
}

_INTERNET = {
    "raw IPv4": "2 3 1",
    "raw IPv6": "10 3 58",
    "ping": "2 2 1",
    "MPTCP": "2 1 262",
    "SCTP": "2 1 132",
    "UDP-Lite": "2 2 136",
    "DCCP": "2 6 33",
}

_ELSEWHERE = {
    "the cloud's metadata": ("tcp", "169.254.169.254:80"),
    "the engine's bridge": ("tcp", "172.17.0.1:2375"),
    "a name server": ("udp", "8.8.8.8:53"),
    "a private network": ("tcp", "10.0.0.1:443"),
    "an address of IPv6": ("tcp", "[2001:4860:4860::8888]:443"),
}


def sockets() -> Iterator[Case]:
    for name, numbers in {**_FAMILIES, **_INTERNET}.items():
        yield Case("socket", name, ("socket", *numbers.split()), _REFUSED, own_kernel=_OWN | words("done"))
    for name, numbers in {"TCP": "2 1 0", "UDP": "2 2 0", "TCP over IPv6": "10 1 0"}.items():
        yield Case("socket", name, ("socket", *numbers.split()), _REFUSED, _RUNNER, own_kernel=words("done"))
    pair = ("call", "socketpair", "2", "1", "0", "buffer")
    yield Case("socket", "a pair that is not local", pair, _REFUSED, own_kernel=_OWN | words("EOPNOTSUPP"))
    yield Case("network", "the interfaces", ("interfaces",), words("lo"), own_kernel=words("lo"))
    for name, address in _ELSEWHERE.items():
        yield Case("network", f"connect to {name}", ("connects", *address), _REFUSED, _RUNNER, own_kernel=_NO_WAY)
        yield Case("network", f"connect to {name}", ("connects", *address), _NO_WAY, _PROGRAM)
