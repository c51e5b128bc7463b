"""A certificate for a Vault on this machine, and the authority that signed it: made once, renewed long before its end.

The authority signs once, and its key is written nowhere: what is not there cannot sign for another server. A renewal makes both
anew, and vouches for the certificate before it, too, until the server has read the new one.

`python -m gateway.embedded.certificates SERVER_PEM AUTHORITY_PEM` does it for a server that others start (`compose.yaml`).
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=825)
#: Renewed when less than this is left: a server that is started once a year is never without.
LEAST_LEFT = timedelta(days=412)

_BACKDATED = timedelta(hours=1)  # for clocks that differ
_NAMES = (x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")), x509.IPAddress(ip_address("::1")))


def ensure_certificate(server: Path, authority: Path, now: datetime | None = None) -> bool:
    """See that `server` has a certificate with its key, and `authority` who vouches for it. Whether they are new.

    Both are PEM. `server` is for the server alone (mode 0600), `authority` for its clients. Raises OSError.
    """
    now = now or datetime.now(UTC)
    known = _certificates(authority)
    if server.exists() and known and _certificates(server)[0].not_valid_after_utc - now > LEAST_LEFT:
        return False
    issuer_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _authority(issuer_key, now)
    leaf = _leaf(key, issuer, issuer_key, now)
    vouching = [issuer, *(one for one in known[:1] if one.not_valid_after_utc > now)]
    _write(authority, b"".join(_pem(one) for one in vouching), 0o644)
    _write(server, _pem(leaf) + _pem_of_key(key), 0o600)
    return True


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = _name(f"Callgate's authority for Vault, {now:%Y-%m-%d %H:%M:%S}")
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = _builder(name, name, key, now)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())


def _leaf(
    key: ec.EllipticCurvePrivateKey, issuer: x509.Certificate, issuer_key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.Certificate:
    builder = _builder(_name("Vault"), issuer.subject, key, now)
    builder = builder.add_extension(x509.SubjectAlternativeName(_NAMES), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    # Python's ssl looks for it from 3.13 on (VERIFY_X509_STRICT).
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return builder.add_extension(identifier, critical=False).sign(issuer_key, hashes.SHA256())


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - _BACKDATED).not_valid_after(now + LIFETIME)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem_of_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())


def _certificates(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes()) if path.exists() else []


def _write(path: Path, content: bytes, mode: int) -> None:
    """The whole file, or what was there before."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.chmod(mode)  # whatever the umask
    draft.replace(path)


def main(arguments: list[str]) -> None:
    server, authority = map(Path, arguments)
    made = ensure_certificate(server, authority)
    server.chmod(0o644)  # in a volume that only the server has; it does not run as root there
    print(f"{server}: {'made' if made else 'good for more than a year'}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
