"""A renewed certificate is served without a restart, and one that cannot be served changes nothing."""

import asyncio
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import pytest
from structlog.testing import capture_logs

from gateway.edge.grpc.certificates import Certificates
from tests.conftest import Authority


@pytest.fixture
def certificates(authority: Authority, tmp_path: Path) -> Certificates:
    renew(tmp_path, authority, "of_another_host")
    return Certificates(tmp_path / "certificate.pem", tmp_path / "key.pem")


def renew(directory: Path, authority: Authority, certificate: str, key: str | None = None) -> None:
    shutil.copy(authority.directory / f"{certificate}.pem", directory / "certificate.pem")
    shutil.copy(authority.directory / f"{key or certificate}.key", directory / "key.pem")


@pytest.fixture
async def port(certificates: Certificates, free_port: Callable[[], int]) -> AsyncIterator[int]:
    server, port = grpc.aio.server(), free_port()
    server.add_secure_port(f"127.0.0.1:{port}", certificates.credentials())
    await server.start()
    yield port
    await server.stop(None)


async def served(port: int) -> str:
    """The certificate that a new connection is shown, in PEM, in one line."""
    return await asyncio.to_thread(_shown, port)


def _shown(port: int) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain, context.wrap_socket(plain) as secure:
        return ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True) or b"").replace("\n", "")


def pem(authority: Authority, name: str) -> str:
    return (authority.directory / f"{name}.pem").read_text().replace("\n", "")


async def test_a_renewed_certificate_is_served_to_new_connections(
    certificates: Certificates, port: int, authority: Authority, tmp_path: Path
) -> None:
    assert await served(port) == pem(authority, "of_another_host")
    renew(tmp_path, authority, "good")
    assert await served(port) == pem(authority, "of_another_host")
    certificates.reload()
    assert await served(port) == pem(authority, "good")


@pytest.mark.parametrize("key", ["of_another_host", None])
async def test_what_cannot_be_served_changes_nothing_and_is_told(
    certificates: Certificates, port: int, authority: Authority, tmp_path: Path, key: str | None
) -> None:
    renew(tmp_path, authority, "good", key)
    if key is None:
        (tmp_path / "certificate.pem").write_text("not a certificate")
    with capture_logs() as logs:
        certificates.reload()
    assert [log["event"] for log in logs] == ["certificate_refused"]
    assert await served(port) == pem(authority, "of_another_host")
