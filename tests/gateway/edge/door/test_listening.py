"""What a gateway may be told to listen on, and what comes of it."""

import asyncio
import errno
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.edge.door.listening import listen_on

FreePort = Callable[[], int]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.edge.door.listening.PATIENCE", 0.05)


def answers(family: socket.AddressFamily, where: object) -> bool:
    with socket.socket(family) as client:
        client.settimeout(5)
        return client.connect_ex(where) == 0  # type: ignore[arg-type]


async def opened(stack: ExitStack, listen: str) -> list[socket.socket]:
    return [stack.enter_context(listener) for listener in await listen_on(listen)]


@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("127.0.0.1", {"127.0.0.1"}),
        ("[::1]", {"::1"}),
        ("0.0.0.0", {"127.0.0.1"}),
        ("[::]", {"127.0.0.1", "::1"}),
    ],
)
async def test_a_name_is_listened_on_at_its_addresses(free_port: FreePort, host: str, reached: set[str]) -> None:
    port = free_port()
    with ExitStack() as stack:
        await opened(stack, f"{host}:{port}")
        where = {"127.0.0.1": (socket.AF_INET, ("127.0.0.1", port)), "::1": (socket.AF_INET6, ("::1", port))}
        assert {name for name, (family, address) in where.items() if answers(family, address)} == reached


async def test_localhost_is_each_of_its_addresses_that_the_machine_has(free_port: FreePort) -> None:
    port = free_port()
    found = {address[0] for *_, address in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM)}
    with ExitStack() as stack:
        assert {listener.getsockname()[0] for listener in await opened(stack, f"localhost:{port}")} == found


@pytest.mark.parametrize(
    "listen", ["", "localhost", "7443", "localhost:", "localhost:http", ":", "[::1]", "127.0.0.1:70000", "127.0.0.1:-1"]
)
async def test_what_is_no_address_is_refused(listen: str) -> None:
    with pytest.raises(ValueError, match="is not host:port"):
        await listen_on(listen)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "listen", ["nowhere.invalid:7443", "192.0.2.1:7443", "unix:/nonexistent/x", "unix:/tmp", f"unix:/tmp/{'x' * 200}"]
)
async def test_an_address_that_is_not_this_machines_is_an_error_of_the_system(listen: str) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - each system says it in its own words
        await listen_on(listen)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
async def test_a_port_that_is_taken_is_said_to_be(free_port: FreePort, host: str) -> None:
    port = free_port()
    with ExitStack() as stack:
        await opened(stack, f"127.0.0.1:{port}")
        with pytest.raises(OSError) as caught:  # noqa: PT011
            await listen_on(f"{host}:{port}")
        assert caught.value.errno == errno.EADDRINUSE


async def test_a_port_that_is_freed_within_a_second_is_waited_for(free_port: FreePort) -> None:
    port = free_port()
    with ExitStack() as stack:
        [first] = await opened(stack, f"127.0.0.1:{port}")
        second = asyncio.create_task(opened(stack, f"127.0.0.1:{port}"))
        asyncio.get_running_loop().call_later(0.1, first.close)
        assert (await second)[0].getsockname() == ("127.0.0.1", port)


async def test_a_socket_that_a_gateway_left_behind_is_replaced(run_dir: Path) -> None:
    path = run_dir / "gateway.sock"
    with ExitStack() as stack:
        [left] = await opened(stack, f"unix:{path}")
        left.close()
        assert path.is_socket()
        await opened(stack, f"unix:{path}")
        assert answers(socket.AF_UNIX, str(path))


@pytest.mark.usefixtures("impatient")
async def test_a_socket_on_which_another_listens_stays(run_dir: Path) -> None:
    path = run_dir / "gateway.sock"
    with ExitStack() as stack:
        await opened(stack, f"unix:{path}")
        with pytest.raises(OSError) as caught:  # noqa: PT011
            await listen_on(f"unix:{path}")
        assert caught.value.errno == errno.EADDRINUSE
        assert answers(socket.AF_UNIX, str(path))


@pytest.mark.usefixtures("impatient")
async def test_a_file_that_is_no_socket_stays(run_dir: Path) -> None:
    path = run_dir / "a-file"
    path.write_text("of another")
    with pytest.raises(OSError):  # noqa: PT011
        await listen_on(f"unix:{path}")
    assert path.read_text() == "of another"
