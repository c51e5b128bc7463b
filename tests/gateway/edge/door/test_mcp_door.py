"""The door of MCP as a process: it is there while the gateway is, asks it whose a token is, and leaves nothing behind."""

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.edge.door.certificates import Certificates
from gateway.edge.door.mcp_door import McpDoor
from gateway.model.config import ConfigInvalid
from gateway.model.mcp_settings import McpSettings
from tests.conftest import Authority, Until
from tests.gateway.edge.door.test_certificates import renew
from tests.gateway.edge.door.test_door import is_running
from tests.gateway.edge.grpc.conftest import serve
from tests.gateway.edge.grpc.serving import OTHER_TOKEN, TOKEN, Serve
from tests.gateway.edge.mcp.http.conftest import INITIALIZE

__all__ = ["serve"]

pytestmark = pytest.mark.slow

FreePort = Callable[[], int]

GATEWAY = """
import asyncio, sys
from pathlib import Path
from gateway.edge.door.mcp_door import McpDoor
from gateway.model.mcp_settings import McpSettings

async def main() -> None:
    door = McpDoor(McpSettings(listen=sys.argv[1]), Path("/nonexistent"))
    await door.open()
    print(door.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def asked(port: int, token: str = TOKEN, *, secure: ssl.SSLContext | None = None, **headers: str) -> tuple[int, dict[str, str]]:
    """The status and the headers of `initialize`, or of what the headers make of it."""
    body = json.dumps(INITIALIZE)
    whole = {
        "Host": f"localhost:{port}",
        "Authorization": f"Bearer {token}",
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in whole.items())
    plain = socket.create_connection(("127.0.0.1", port), timeout=30)
    with secure.wrap_socket(plain, server_hostname="127.0.0.1") if secure else plain as connection:
        connection.sendall(f"POST /mcp HTTP/1.1\r\n{head}\r\n{body}".encode())
        said = b""
        while b"\r\n\r\n" not in said:
            said += connection.recv(4096)
    first, *lines = said.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


async def test_a_door_that_is_killed_is_started_again_and_its_sessions_are_gone(serve: Serve, free_port: FreePort) -> None:
    port = free_port()
    served = await serve(mcp_listen=f"127.0.0.1:{port}")
    door = served.server._mcp
    assert door is not None
    status, headers = await asyncio.to_thread(asked, port)
    assert status == 200
    first = door.pid or 0
    with capture_logs() as logs:
        os.kill(first, signal.SIGKILL)
        again, _ = await asyncio.to_thread(asked, port, Mcp_Session_Id=headers["mcp-session-id"])
    assert again == 404
    assert door.pid != first
    assert [(log["event"], log["door"]) for log in logs] == [("door_ended", "mcp")]


async def test_each_token_is_its_own_callers_and_a_wrong_one_is_counted_for_the_host_it_came_from(
    serve: Serve, free_port: FreePort
) -> None:
    port = free_port()
    await serve(mcp_listen=f"127.0.0.1:{port}")
    _, headers = await asyncio.to_thread(asked, port)
    id = headers["mcp-session-id"]
    assert (await asyncio.to_thread(asked, port, OTHER_TOKEN, Mcp_Session_Id=id))[0] == 404
    assert (await asyncio.to_thread(asked, port, OTHER_TOKEN))[0] == 200
    with capture_logs() as logs:
        assert (await asyncio.to_thread(asked, port, "wrong"))[0] == 401
    assert [(log["event"], log["peer"]) for log in logs] == [("logins_failed", "127.0.0.1")]


async def test_a_gateway_that_is_killed_takes_its_door_along(free_port: FreePort, until: Until) -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", GATEWAY, f"127.0.0.1:{port}", stdout=PIPE)
    assert process.stdout
    pid = int(await process.stdout.readline())
    process.kill()
    await process.wait()
    await until(lambda: not is_running(pid))


async def test_a_gateway_that_stops_ends_the_streams_of_its_door_and_the_process(serve: Serve, free_port: FreePort) -> None:
    port = free_port()
    served = await serve(mcp_listen=f"127.0.0.1:{port}")
    pid = served.server._mcp.pid if served.server._mcp else 0
    _, headers = await asyncio.to_thread(asked, port)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    id = headers["mcp-session-id"]
    head = f"GET /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nAccept: text/event-stream\r\n"
    writer.write(f"{head}Mcp-Session-Id: {id}\r\n\r\n".encode())
    assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
    await served.server.stop()
    await reader.read()
    writer.close()
    assert pid
    assert not is_running(pid)


async def test_a_port_that_is_taken_stops_the_start_and_is_named(serve: Serve, free_port: FreePort) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConfigInvalid, match=f"cannot listen on {listen}"):
            await serve(mcp_listen=listen)


async def test_the_door_is_told_no_setting_of_the_gateways(
    serve: Serve, free_port: FreePort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLGATE_REDIS_URL", "redis://:hunter2@127.0.0.1/0")
    served = await serve(mcp_listen=f"127.0.0.1:{free_port()}")
    assert served.server._mcp is not None
    seen = Path(f"/proc/{served.server._mcp.pid}/environ").read_bytes()
    assert b"hunter2" not in seen
    assert b"PATH=" in seen


async def test_a_renewed_certificate_is_served_to_new_connections(
    authority: Authority, tmp_path: Path, free_port: FreePort
) -> None:
    renew(tmp_path, authority, "of_another_host")
    port, certificates = free_port(), Certificates(tmp_path / "certificate.pem", tmp_path / "key.pem")
    settings = McpSettings(listen=f"127.0.0.1:{port}", tls=True)
    door = McpDoor(settings, Path("/nonexistent"), certificates)
    await door.open()
    try:
        trusting = ssl.create_default_context(cafile=str(authority.bundle))
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(asked, port, secure=trusting)
        renew(tmp_path, authority, "good")
        door.reload()
        async with asyncio.timeout(10):
            while not await asyncio.to_thread(shown, port, trusting):
                await asyncio.sleep(0.01)
        assert (await asyncio.to_thread(asked, port, secure=trusting))[0] == 503, "there is no gateway behind it"
    finally:
        await door.close(1)


def shown(port: int, trusting: ssl.SSLContext) -> bool:
    """Whether a connection is shown a certificate that is trusted."""
    try:
        with socket.create_connection(("127.0.0.1", port)) as plain, trusting.wrap_socket(plain, server_hostname="127.0.0.1"):
            return True
    except ssl.SSLError:
        return False
