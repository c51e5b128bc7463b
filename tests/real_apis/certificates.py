"""Authorities of the tests' own, and certificates that they sign: for servers, and for clients."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """PEM. `key` is not encrypted."""

    certificate: str
    key: str

    def at(self, path: Path) -> Path:
        """Both in one file."""
        path.write_text(self.certificate + self.key)
        return path


def new_key(kind: str = "ec") -> Key:
    return rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())


class Authority:
    def __init__(self, name: str = "An authority of the tests") -> None:
        self._key = new_key()
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(*(False,) * 5, True, True, *(False,) * 2)
        made = self._builder(self._name, self._key, 1).add_extension(x509.BasicConstraints(True, None), critical=True)
        self._certificate = made.add_extension(usage, critical=True).sign(self._key, hashes.SHA256())

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def pair(self, name: str, hosts: Sequence[str] = (), *, key: str = "ec", days: int = 1) -> Pair:
        """A certificate for these hosts, or of a client of that name. A negative number of days: it has ended."""
        own = new_key(key)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([_general(host) for host in hosts or (f"{name}.example",)])
        certificate = self._builder(subject, own, days).add_extension(names, critical=False).sign(self._key, hashes.SHA256())
        told = own.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        return Pair(certificate.public_bytes(serialization.Encoding.PEM).decode(), told)

    def _builder(self, subject: x509.Name, key: Key, days: int) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - 30 * DAY)
            .not_valid_after(now + days * DAY)
        )


def server_context(
    pair: Path,
    *,
    clients: str = "",
    optional: bool = False,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    tickets: int = 2,
) -> ssl.SSLContext:
    """A server's TLS, of one version. `clients`: the authorities (PEM) of the clients' certificates, where it asks for some."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    context.minimum_version = context.maximum_version = version
    context.num_tickets = tickets
    if clients:
        context.load_verify_locations(cadata=clients)
        context.verify_mode = ssl.CERT_OPTIONAL if optional else ssl.CERT_REQUIRED
    return context


def encrypted(pair: Pair) -> str:
    """The pair's key, behind a password."""
    key = serialization.load_pem_private_key(pair.key.encode(), None)
    how = serialization.BestAvailableEncryption(b"password")
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how).decode()


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
