"""The bundle of authorities that this host trusts: where OpenSSL looks, or where SSL_CERT_FILE says."""

import ssl
from pathlib import Path


def host_authorities() -> Path:
    """The file, which may not be there."""
    known = ssl.get_default_verify_paths()
    return Path(known.cafile or known.openssl_cafile)
