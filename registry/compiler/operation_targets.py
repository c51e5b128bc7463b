"""Where an operation is sent, once it is known whether a secret goes along.

What goes over the network in the clear (`http://`) can be read and kept on its way: a key, a token, a request that is signed.
So a secret goes by TLS where the document declares the same server both ways, and to no public host otherwise. What an operator
names is taken as it is: it never comes here.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from registry.compiler.placeholder_hosts import placeholder_fault
from registry.compiler.servers import ChosenServer
from registry.model.import_fault import ImportFault

#: Ends of names that no public server has: RFC 6761, 6762, 8375, and ICANN's reservation of `internal` (2024).
_NOT_PUBLIC = ("example", "home.arpa", "internal", "invalid", "local", "localhost", "test")
_CURE = "Name the API's https URL: pass --server, or `server` in the manifest. Or name this one there, if it is meant."
_CURE_OF_TLS = "Name the one in the clear, if it is meant: pass --server, or `server` in the manifest."


@dataclass(frozen=True, slots=True)
class OperationTarget:
    """`is_trusted`: whether a secret may go there."""

    url: str
    faults: tuple[ImportFault, ...] = ()
    is_trusted: bool = True


def target_of(chosen: ChosenServer, *, has_secret: bool) -> OperationTarget:
    """Of a server that the document names. `has_secret`: the operation has a credential, or shows a client certificate."""
    if fault := placeholder_fault(chosen.url, chosen.declared, chosen.pointer):
        return OperationTarget(chosen.url, (fault,), is_trusted=False)
    host = _host(chosen.url)
    if not has_secret or not chosen.url.startswith("http://") or _is_loopback(host):
        return OperationTarget(chosen.url)
    if by_tls := next((one.url for one in chosen.others if _is_same_by_tls(one, chosen)), None):
        return OperationTarget(by_tls, (_moved(chosen, by_tls),))
    if not _is_public(host):
        return OperationTarget(chosen.url)
    return OperationTarget(chosen.url, (_in_the_clear(chosen),), is_trusted=False)


def _moved(chosen: ChosenServer, by_tls: str) -> ImportFault:
    told = f"{chosen.url} is in the clear: what has a secret is sent to {by_tls}, which the document declares, too"
    return ImportFault(chosen.pointer, told, _CURE_OF_TLS)


def _in_the_clear(chosen: ChosenServer) -> ImportFault:
    told = f"the server {chosen.url} is in the clear, on a public host; no credential goes there"
    other = next((one.url for one in chosen.others if one.url.startswith("https://")), None)
    return ImportFault(chosen.pointer, told, f"{_CURE} The document has {other}, too." if other else _CURE)


def _is_same_by_tls(one: ChosenServer, chosen: ChosenServer) -> bool:
    """Whatever the ports are: they differ, where both are written."""
    here, there = urlsplit(chosen.url), urlsplit(one.url)
    return there.scheme == "https" and (there.hostname, there.path) == (here.hostname, here.path)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return address.is_loopback if address else host.rpartition(".")[2] == "localhost"


def _is_public(host: str) -> bool:
    """As far as its name tells: one without a dot, or with an end that no public one has, is a network's own."""
    if address := _address(host):
        return address.is_global
    return "." in host and not f".{host}".endswith(tuple(f".{end}" for end in _NOT_PUBLIC))
