"""The address of a gateway, and the token and the certificates that a client needs there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from os import PathLike
from pathlib import Path

from callgate.checks import is_utf8
from callgate.errors import EndpointInvalid

DEFAULT_ADDRESS = "127.0.0.1:7443"
TOKEN_FILE = "token"  # noqa: S105 - a name, not a token
ADDRESS_FILE = "address"
TOKEN_CURE = "Set CALLGATE_TOKEN or CALLGATE_TOKEN_FILE, or run `callgate up`, which writes a token."  # noqa: S105
ADDRESS_CURE = "Give `host:port` or `unix:PATH`, or several of them with commas between, such as gw1:7443,gw2:7443."

_WELL_FORMED = re.compile(r"unix:\S+|dns:\S+|(?:[^\s:/\[\]]+|\[[^\s\[\]]+\]):(?P<port>\d{1,5})")
_PORTS = range(1, 1 << 16)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address is `host:port` or `unix:PATH`, or several with commas between, for gateways on one store.

    Raises EndpointInvalid for one that is malformed, or would show the token to a network.
    """

    address: str = DEFAULT_ADDRESS
    token: str | None = field(default=None, repr=False)
    root_certificates: Path | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.address, str) or not is_utf8(self.address):
            raise EndpointInvalid("the address of a gateway must be a text in UTF-8", cure=ADDRESS_CURE)
        if not isinstance(self.root_certificates, str | PathLike | None):
            raise EndpointInvalid("`root_certificates` is not the path of a file", cure="Give the path of a PEM file.")
        for address in self.addresses:
            self._check(address)
        if len(set(self.addresses)) < len(self.addresses):
            raise EndpointInvalid(f"{self.address!r} names an address twice", cure=ADDRESS_CURE)
        if self.token is not None and not (
            isinstance(self.token, str) and self.token and all("!" <= character <= "~" for character in self.token)
        ):
            raise EndpointInvalid("the token is empty or has characters that no header can carry", cure=TOKEN_CURE)

    def _check(self, address: str) -> None:
        formed = _WELL_FORMED.fullmatch(address)
        if not formed or (formed["port"] and int(formed["port"]) not in _PORTS):
            what = f"has {address!r}, which is not" if address else "has an empty entry, not"
            raise EndpointInvalid(f"the address {self.address!r} {what} the address of a gateway", cure=_cure_of(address))
        if not self.root_certificates and not is_local(address):
            raise EndpointInvalid(
                f"{address} is neither loopback nor a Unix socket, and TLS is off: a network could read the token",
                cure="Give `root_certificates` (or set CALLGATE_ROOT_CERTIFICATES): a PEM file with the CA of the gateway.",
            )

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(address.strip() for address in self.address.split(","))

    def each(self) -> "tuple[Endpoint, ...]":
        """An endpoint for each address."""
        return tuple(replace(self, address=address) for address in self.addresses)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """The metadata of every RPC."""
        return (("authorization", f"Bearer {self.token}"),) if self.token else ()

    def read_certificates(self) -> bytes | None:
        """The root certificates in PEM, None for plaintext. Raises EndpointInvalid."""
        return _read(Path(self.root_certificates), "Check CALLGATE_ROOT_CERTIFICATES.") if self.root_certificates else None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Endpoint":
        """CALLGATE_ADDRESS, CALLGATE_ROOT_CERTIFICATES, and the token of CALLGATE_TOKEN, or else of a file.

        The file is CALLGATE_TOKEN_FILE, or else `token` in the home of `callgate up`: CALLGATE_HOME, or else
        ~/.local/state/callgate. Where the token is the home's, so is the address, unless CALLGATE_ADDRESS says another.
        Raises EndpointInvalid.
        """
        certificates = environ.get("CALLGATE_ROOT_CERTIFICATES")
        elsewhere = environ.get("CALLGATE_TOKEN") or environ.get("CALLGATE_TOKEN_FILE")
        at_home = None if elsewhere else address_at_home(environ)  # a token is for its own gateway
        return cls(
            address=environ.get("CALLGATE_ADDRESS") or at_home or DEFAULT_ADDRESS,
            token=environ.get("CALLGATE_TOKEN") or _read(_token_file(environ), TOKEN_CURE).decode("ascii", "replace").strip(),
            root_certificates=Path(certificates) if certificates else None,
        )


def _cure_of(address: str) -> str:
    """With what was most likely meant: a URL for a place, a host without its port, or a port without its host."""
    meant = re.sub(r"^\w+://", "", address).rstrip("/")
    if re.fullmatch(r"[^\s:/]+|\[[^\s\[\]]+\]", meant):
        meant = f"127.0.0.1:{meant}" if meant.isdecimal() else f"{meant}:{DEFAULT_ADDRESS.rpartition(':')[2]}"
    formed = _WELL_FORMED.fullmatch(meant)
    right = formed is not None and (not formed["port"] or int(formed["port"]) in _PORTS)
    return f"Write {meant}. {ADDRESS_CURE}" if right else ADDRESS_CURE


def is_local(address: str) -> bool:
    """Whether packets to this address stay on the machine."""
    if address.startswith("unix:"):
        return True
    host = address.rpartition(":")[0].removeprefix("[").removesuffix("]")
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def address_at_home(environ: Mapping[str, str]) -> str | None:
    """Where the gateway was last started whose home CALLGATE_HOME names, or that has the usual one.

    None where none was, and where this user may not read there: then the token's file, which lies beside it, says so.
    """
    try:
        return (home_of(environ) / ADDRESS_FILE).read_text("utf-8", "replace")
    except (OSError, ValueError):
        return None


def home_of(environ: Mapping[str, str]) -> Path:
    home = environ.get("CALLGATE_HOME")
    return Path(home) if home else Path.home() / ".local" / "state" / "callgate"


def _token_file(environ: Mapping[str, str]) -> Path:
    path = environ.get("CALLGATE_TOKEN_FILE")
    return Path(path) if path else home_of(environ) / TOKEN_FILE


def _read(path: Path, cure: str) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # a ValueError: no path has a NUL
        told = error.strerror if isinstance(error, OSError) else error
        raise EndpointInvalid(f"{path} cannot be read: {told}", cure=cure) from error
