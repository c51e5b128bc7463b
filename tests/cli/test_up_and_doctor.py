"""`callgate up` and `callgate doctor`, from outside: what they refuse, and how they end."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import docker
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from gateway.cli import build
from gateway.cli.host.up import connect_lines, parts_table
from gateway.embedded.state_dir import StateDir, default_home
from tests.cli.running_up import callgate, short_home, up

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CALLGATE_HOME", str(tmp_path / "home"))
    return lambda *arguments: CliRunner().invoke(build(), arguments)


def test_up_in_a_home_that_is_in_use_ends_with_the_cure(run: Run, tmp_path: Path) -> None:
    state = StateDir(tmp_path / "home")
    with state.hold():
        result = run("up", "--home", str(state.home))
    assert result.exit_code == 1
    assert "another stack runs" in result.output
    assert "--home" in result.output


@pytest.mark.parametrize("arguments", [("--allow-private", "not-a-network"), ("--vault-address", "https://127.0.0.1:8200")])
def test_up_refuses_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("up", *arguments).exit_code == 2


def test_up_says_what_another_shell_must_export_to_find_it(tmp_path: Path) -> None:
    state = StateDir(tmp_path / "a home")
    assert connect_lines(state, "127.0.0.1:7443") == [
        f"export CALLGATE_ADDRESS=127.0.0.1:7443 CALLGATE_TOKEN_FILE='{tmp_path}/a home/token'",
        f"export CALLGATE_HOME='{tmp_path}/a home'",
    ]
    (line,) = connect_lines(StateDir(default_home({})), "127.0.0.1:7443")
    assert "CALLGATE_HOME" not in line


def test_up_shows_an_address_of_hexadecimal_digits_whole(tmp_path: Path) -> None:
    names = ("LISTEN", "REDIS_URL", "VAULT_ADDRESS", "DOCKER_SOCKET")
    settings = {f"CALLGATE_{name}": f"{name}://login@[fd00::1]" for name in names}
    console = Console(width=200, record=True, file=StringIO())
    console.print(parts_table(settings, tmp_path / "[red]", engine_ours=True))
    shown = console.export_text()
    assert (shown.count("[fd00::1]"), "REDIS_URL://[fd00::1]" in shown, "[red]" in shown) == (4, True, True)


def test_up_shows_the_url_of_the_door_of_mcp_where_there_is_one(tmp_path: Path) -> None:
    settings = {f"CALLGATE_{name}": name for name in ("LISTEN", "REDIS_URL", "VAULT_ADDRESS", "DOCKER_SOCKET")}
    console = Console(width=200, record=True, file=StringIO())
    console.print(parts_table(settings, tmp_path, engine_ours=True))
    assert "/mcp" not in console.export_text()
    console.print(parts_table(settings | {"CALLGATE_MCP_LISTEN": "127.0.0.1:7444"}, tmp_path, engine_ours=True))
    assert "http://127.0.0.1:7444/mcp" in console.export_text()


@pytest.mark.parametrize("words", [("store", "status"), ("store", "acknowledge", "--reason", "x"), ("doctor",)])
def test_without_a_home_the_cure_says_how_to_name_that_of_a_stack_that_runs(run: Run, words: tuple[str, ...]) -> None:
    refused = run(*words)
    assert refused.exit_code != 0
    assert "is not set" in refused.output
    assert "--home or CALLGATE_HOME" in refused.output


@pytest.mark.parametrize("words", [("store", "status"), ("doctor",)])
def test_each_refusal_of_a_configuration_has_a_cure_of_its_own_and_is_no_markup(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CALLGATE_[red]TYPO", "1")
    refused = run(*words)
    assert refused.exit_code != 0
    assert "CALLGATE_[red]TYPO is not a setting" in refused.output
    assert "Correct the variable's name" in refused.output


def test_the_doctor_does_not_send_one_who_named_a_home_back_to_name_one(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "environment.json").write_text("{}")
    monkeypatch.setenv("CALLGATE_REVIEW_DAYS", "3")
    monkeypatch.setenv("COLUMNS", "2000")
    assert "Unset it to look at that gateway" in run("doctor").output


@pytest.mark.slow
def test_the_doctor_finds_nothing_wrong_after_up_and_takes_what_was_stored(dockerd: docker.APIClient) -> None:
    with short_home() as home, up(home) as running:
        found = json.loads(callgate("doctor", "--home", str(home), "-o", "json").stdout)
        assert [one for one in found if not one["ok"]] == []
        assert {one["part"] for one in found} >= {"engine", "box", "store", "vault", "gateway", "packages"}
        # That Redis has not been asked yet to forget what was deleted passes by itself: a minute after the start.
        assert [one["part"] for one in found if one["warns"]] in ([], ["store"])
        connected = {"CALLGATE_HOME": str(home), "CALLGATE_ADDRESS": running.address}
        assert callgate("secret", "set", "secret/data/orders", "token", stdin="of-the-shop", **connected).returncode == 0
        done = callgate("doctor", CALLGATE_HOME=str(home))
        assert (done.returncode, "wrong" in done.stdout) == (0, False)


def test_the_doctor_without_a_gateway_to_look_at_says_how_to_start_one(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 1
    assert "callgate up" in result.output


def test_the_doctor_of_a_gateway_that_is_down_says_what_is_wrong_and_how_to_cure_it(
    run: Run, tmp_path: Path, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("role-id", "secret-id"):
        (tmp_path / name).write_text("x")
    dead = f"127.0.0.1:{free_port()}"
    settings = {
        "PRINCIPALS_FILE": tmp_path / "principals.json",
        "VAULT_ROLE_ID_FILE": tmp_path / "role-id",
        "VAULT_SECRET_ID_FILE": tmp_path / "secret-id",
        "VAULT_ADDRESS": f"https://{dead}",
        "REDIS_URL": f"redis://{dead}",
        "LISTEN": dead,
        "RUN_DIR": tmp_path,
        "DOCKER_SOCKET": tmp_path / "no.sock",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"CALLGATE_{name}", str(value))
    monkeypatch.setenv("COLUMNS", "200")
    result = run("doctor")
    assert result.exit_code == 1
    for part in ("engine", "store", "vault", "gateway"):
        assert any("wrong" in line and part in line for line in result.output.splitlines()), part
    assert "Start Redis" in result.output
