"""What a connection shows before its first command: user, password, certificates. Files are read once, at the start."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.model.errors import StoreMisconfigured
from gateway.model.redis_settings import RedisSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisLogin:
    """`tls`: None where the connection is in the clear. `server_name`: the name in the certificate; None: the address."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None
    server_name: str | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """As a connection of the client's takes them."""
        return {"username": self.user, "password": self.password, "tls": self.tls, "server_name": self.server_name}


def login_of_servers(settings: RedisSettings) -> RedisLogin:
    """Raises StoreMisconfigured where a file cannot be read."""
    place = settings.place
    return RedisLogin(
        user=place.user or settings.user,
        password=place.password or _password(settings.password_file, "CALLGATE_REDIS_PASSWORD_FILE"),
        tls=_tls(settings) if place.tls else None,
        server_name=settings.server_name,
    )


def login_of_sentinels(settings: RedisSettings) -> RedisLogin:
    """Raises StoreMisconfigured where a file cannot be read."""
    return RedisLogin(
        user=settings.sentinel_user,
        password=_password(settings.sentinel_password_file, "CALLGATE_REDIS_SENTINEL_PASSWORD_FILE"),
        tls=_tls(settings) if settings.tls_to_sentinels else None,
        server_name=settings.server_name,
    )


def _password(path: Path | None, setting: str) -> str | None:
    """The password in a file, without its last line feed; None without a file."""
    try:
        return path.read_text().rstrip("\n") if path else None
    except (OSError, ValueError) as error:
        raise StoreMisconfigured(
            f"the password for Redis cannot be read from {path}: {error}", cure=f"Correct {setting}."
        ) from error


def _tls(settings: RedisSettings) -> ssl.SSLContext:
    """Certificate and name are always checked: there is no switch against it."""
    for name in ("ca_file", "certificate_file", "key_file"):
        _require(getattr(settings, name), f"CALLGATE_REDIS_{name.upper()}")
    with _used("CALLGATE_REDIS_CA_FILE", "a PEM file of authorities"):
        context = ssl.create_default_context(cafile=settings.ca_file)
    if settings.certificate_file and settings.key_file:
        with _used("CALLGATE_REDIS_CERTIFICATE_FILE and CALLGATE_REDIS_KEY_FILE", "PEM files, and a key without a passphrase"):
            context.load_cert_chain(settings.certificate_file, settings.key_file)
    return context


def _require(path: Path | None, setting: str) -> None:
    """The TLS library does not name a file that is missing. Raises StoreMisconfigured."""
    try:
        if path is not None:
            path.read_bytes()
    except OSError as error:
        message = f"a certificate or key for Redis cannot be read from {path}: {error.strerror}"
        raise StoreMisconfigured(message, cure=f"Correct {setting}.") from error


@contextmanager
def _used(settings: str, what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        message = f"the certificates for Redis cannot be used ({settings}): {error}"
        raise StoreMisconfigured(message, cure=f"Correct {settings}: {what}.") from error
