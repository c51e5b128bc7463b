"""An address that a gateway cannot listen on is told before a stack starts, with another one."""

import re
import socket
from pathlib import Path

import pytest

from gateway.embedded.errors import AddressUnusable
from gateway.embedded.gateway_process import GatewayProcess
from gateway.embedded.listen_check import check_listen
from gateway.embedded.ports import free_port
from tests.gateway.embedded.test_gateway_process import stand_in


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_a_free_port_is_taken_and_so_is_one_that_is_given_back(host: str) -> None:
    address = f"{host}:{free_port()}"
    await check_listen(address)
    await check_listen(address)


async def test_a_path_is_not_looked_at(tmp_path: Path) -> None:
    await check_listen(f"unix:{tmp_path}/gateway.sock")


async def test_a_port_of_another_program_is_refused_with_one_that_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(AddressUnusable, match="in use") as refused:
            await check_listen(address)
    [offered] = re.findall(r"--listen (127\.0\.0\.1:\d+)", refused.value.cure)
    await check_listen(offered)


async def test_the_cure_says_another_port_as_this_one_was_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(AddressUnusable) as refused:
        await check_listen(f"127.0.0.1:{other.getsockname()[1]}", "CALLGATE_MCP_LISTEN=")
    assert re.search(r"by CALLGATE_MCP_LISTEN=127\.0\.0\.1:\d+", refused.value.cure)


async def test_a_gateway_that_answers_there_is_told_as_one(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    gateway = GatewayProcess(stand_in(address), address, tmp_path / "log")
    try:
        await gateway.start()
        with pytest.raises(AddressUnusable, match="another gateway answers") as refused:
            await check_listen(address)
    finally:
        await gateway.stop()
    assert "Use that one" in refused.value.cure
