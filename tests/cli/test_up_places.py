"""Addresses, sockets and homes that `callgate up` or a client cannot use: each gets its own cure, before it starts."""

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from callgate import CallgateError
from callgate.endpoint import Endpoint
from gateway.cli import build
from gateway.operations.run_dir_checks import bytes_too_many
from sandbox.egress.box_sockets import LONGEST_PATH
from tests.cli.conftest import Callgate, Gateway


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cgu-", dir="/tmp") as short:
        yield Path(short) / "home"


def up(home: Path, *options: str) -> Result:
    return CliRunner().invoke(build(), ["up", "--home", str(home), *options])


@pytest.mark.parametrize(
    ("listen", "cure"),
    [
        ("7799", "write 127.0.0.1:7799"),
        ("http://127.0.0.1:7799", "write 127.0.0.1:7799"),
        ("127.0.0.1", "such as 127.0.0.1:7443"),
        ("localhost:", "such as 127.0.0.1:7443"),
        ("0.0.0.0:7443", "docs/running-a-gateway.md"),
        ("[::]:7443", "docs/running-a-gateway.md"),
    ],
)
def test_an_address_on_which_no_stack_listens_is_wrong_usage_with_the_right_one(home: Path, listen: str, cure: str) -> None:
    refused = up(home, "--listen", listen)
    assert (refused.exit_code, cure in refused.output) == (2, True), refused.output
    assert not home.exists()


@pytest.mark.parametrize(
    ("address", "cure"),
    [
        ("http://127.0.0.1:7443", "Write 127.0.0.1:7443."),
        ("https://gw.example/", "Write gw.example:7443."),
        ("127.0.0.1", "Write 127.0.0.1:7443."),
        ("[::1]", "Write [::1]:7443."),
        ("7799", "Write 127.0.0.1:7799."),
        ("gw.example:99999", "Give `host:port`"),
    ],
)
def test_a_client_is_told_the_address_that_was_meant(callgate: Callgate, gateway: Gateway, address: str, cure: str) -> None:
    with pytest.raises(CallgateError) as refused:
        Endpoint(address)
    assert refused.value.cure.startswith(cure)


def test_a_home_whose_path_is_too_long_for_sockets_gets_a_shorter_one_as_the_cure(home: Path) -> None:
    long = home / ("x" * 80)
    refused = up(long)
    assert (refused.exit_code, "shorter path, such as /var/lib/callgate" in refused.output) == (1, True), refused.output
    assert list(long.glob("log/*")) == []


def test_the_longest_home_that_is_taken_is_one_in_which_a_boxs_socket_can_be_made(home: Path) -> None:
    room = -bytes_too_many(home)
    assert bytes_too_many(home.with_name(home.name + "x" * room)) == 0
    assert bytes_too_many(home.with_name(home.name + "x" * (room + 1))) == 1
    with socket.socket(socket.AF_UNIX) as bound, tempfile.TemporaryDirectory(dir="/tmp") as short:
        path = f"{short}/".ljust(LONGEST_PATH, "x")
        bound.bind(path)
    with socket.socket(socket.AF_UNIX) as bound, pytest.raises(OSError, match="too long"):
        bound.bind(path + "x")


def test_what_is_no_socket_is_told_as_such_and_no_engine_is_started(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docker.sock").write_text("")
    monkeypatch.setenv("CALLGATE_DOCKER_SOCKET", str(tmp_path / "docker.sock"))
    refused = up(home)
    assert (refused.exit_code, "Let CALLGATE_DOCKER_SOCKET name the socket" in refused.output) == (1, True), refused.output
    assert not (home / "log" / "engine.log").exists()


def test_the_path_of_an_engines_socket_that_is_too_long_is_told(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLGATE_DOCKER_SOCKET", str(tmp_path / ("x" * 120)))
    refused = up(home)
    assert (refused.exit_code, "by a shorter path" in refused.output) == (1, True), refused.output


def test_a_misspelt_setting_is_refused_with_the_nearest_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLGATE_POOLSIZE", "9")
    refused = up(home)
    assert refused.exit_code == 1
    assert "CALLGATE_POOLSIZE is not a setting; did you mean CALLGATE_POOL_SIZE" in refused.output
    assert not home.exists()
    assert "`callgate up` is told CALLGATE_POOL_SIZE by --pool-size" in refused.output


def test_an_engine_that_only_docker_is_told_of_is_refused_before_anything_starts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/user/1000/docker.sock")
    refused = up(home)
    assert (refused.exit_code, "CALLGATE_DOCKER_SOCKET=/run/user/1000/docker.sock" in refused.output) == (1, True)
    assert not home.exists()


def test_a_port_in_use_is_told_before_anything_starts(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        refused = up(home, "--listen", f"127.0.0.1:{other.getsockname()[1]}")
    assert (refused.exit_code, "listen elsewhere, such as by --listen" in refused.output) == (1, True), refused.output
    assert list(home.glob("log/*")) == []


def test_where_the_home_knows_another_address_it_is_told_and_an_unusable_one_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "address").write_text("127.0.0.1:7799")
    for address, code in (("127.0.0.1", 2), ("127.0.0.1:1", 3)):
        environ = {"CALLGATE_HOME": str(tmp_path), "CALLGATE_ADDRESS": address, "CALLGATE_TOKEN": "one", "COLUMNS": "400"}
        refused = CliRunner().invoke(build(), ["tools"], env=environ)
        assert (refused.exit_code, "export CALLGATE_ADDRESS=127.0.0.1:7799" in refused.output) == (code, True), refused.output
