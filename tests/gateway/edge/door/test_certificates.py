"""A renewed certificate is served without a restart, and one that cannot be served changes nothing."""

import asyncio
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.edge.door.certificates import Certificates
from gateway.edge.door.door import Door
from tests.conftest import Authority


@pytest.fixture
async def door(authority: Authority, tmp_path: Path, free_port: Callable[[], int]) -> AsyncIterator[Door]:
    renew(tmp_path, authority, "of_another_host")
    door = Door(f"127.0.0.1:{free_port()}", Certificates(tmp_path / "certificate.pem", tmp_path / "key.pem"))
    await door.open()
    yield door
    await door.close(0)


def renew(directory: Path, authority: Authority, certificate: str, key: str | None = None) -> None:
    shutil.copy(authority.directory / f"{certificate}.pem", directory / "certificate.pem")
    shutil.copy(authority.directory / f"{key or certificate}.key", directory / "key.pem")


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


async def shows(door: Door, pem: str) -> None:
    """Wait until that is what new connections are shown."""
    async with asyncio.timeout(5):
        while await served(port_of(door)) != pem:
            await asyncio.sleep(0.01)


def port_of(door: Door) -> int:
    return int(door.listen.rpartition(":")[2])


async def test_a_renewed_certificate_is_served_to_new_connections(door: Door, authority: Authority, tmp_path: Path) -> None:
    await shows(door, pem(authority, "of_another_host"))
    renew(tmp_path, authority, "good")
    assert await served(port_of(door)) == pem(authority, "of_another_host")
    door.reload()
    await shows(door, pem(authority, "good"))


@pytest.mark.parametrize("key", ["of_another_host", None])
async def test_what_cannot_be_served_changes_nothing_and_is_told(
    door: Door, authority: Authority, tmp_path: Path, key: str | None
) -> None:
    renew(tmp_path, authority, "good", key)
    if key is None:
        (tmp_path / "certificate.pem").write_text("not a certificate")
    with capture_logs() as logs:
        door.reload()
    assert [log["event"] for log in logs] == ["certificate_refused"]
    assert await served(port_of(door)) == pem(authority, "of_another_host")
