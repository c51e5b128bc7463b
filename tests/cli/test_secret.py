"""`callgate secret set`: a value goes from stdin into the operator's Vault, and is seen nowhere else."""

import json
import os
import pty
import subprocess
import urllib.error
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Callgate, Gateway
from tests.cli.running_up import CALLGATE, environment
from tests.conftest import Bao

VALUE = "of-the-shop"


@pytest.fixture
def vault(bao: Bao, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The options that name a real OpenBao, whose authority the environment names."""
    (tmp_path / "operator").write_text(f"{Bao.root}\n")
    monkeypatch.setenv("CALLGATE_VAULT_CA_FILE", str(bao.ca_file))
    return "--vault-address", bao.url, "--vault-token-file", str(tmp_path / "operator")


def kept(bao: Bao, path: str) -> dict[str, Any]:
    data: dict[str, Any] = bao.call("GET", path)["data"]
    return data["data"] if "metadata" in data else data


def test_a_value_from_stdin_is_stored_without_its_newline_and_is_not_shown(
    callgate: Callgate, bao: Bao, vault: tuple[str, ...]
) -> None:
    done = callgate("secret", "set", "secret/data/new/shop", "token", *vault, stdin=f"{VALUE}\n")
    assert done.exit_code == 0, done.output
    assert kept(bao, "secret/data/new/shop") == {"token": VALUE}
    assert VALUE not in done.output
    assert "secret/data/new/shop has token" in done.stdout


@pytest.mark.parametrize("path", ["secret/data/kept", "old/kept"])
def test_the_secrets_other_fields_stay_in_either_version_of_the_engine(
    callgate: Callgate, bao: Bao, vault: tuple[str, ...], path: str
) -> None:
    for field, value in (("user", "kim"), ("token", "first"), ("token", "second")):
        assert callgate("secret", "set", path, field, *vault, stdin=value).exit_code == 0
    assert kept(bao, path) == {"user": "kim", "token": "second"}


def test_a_secret_whose_last_version_was_deleted_can_be_stored_again(
    callgate: Callgate, bao: Bao, vault: tuple[str, ...]
) -> None:
    callgate("secret", "set", "secret/data/again", "token", *vault, stdin="first")
    bao.call("DELETE", "secret/data/again")
    with pytest.raises(urllib.error.HTTPError):
        kept(bao, "secret/data/again")
    assert callgate("secret", "set", "secret/data/again", "token", *vault, stdin="second").exit_code == 0
    assert kept(bao, "secret/data/again") == {"token": "second"}


def test_only_one_newline_is_cut_and_all_else_is_the_value(callgate: Callgate, bao: Bao, vault: tuple[str, ...]) -> None:
    callgate("secret", "set", "secret/data/lines", "key", *vault, stdin=" -----BEGIN\n\n\r\n")
    assert kept(bao, "secret/data/lines") == {"key": " -----BEGIN\n\n"}


@pytest.mark.parametrize("stdin", ["", "\n", b"\xff", b"x" * (1 << 20) + b"x"])
def test_what_no_box_could_use_is_wrong_usage_and_is_not_stored(
    callgate: Callgate, bao: Bao, vault: tuple[str, ...], stdin: str | bytes
) -> None:
    assert callgate("secret", "set", "secret/data/none", "token", *vault, stdin=stdin).exit_code == 2
    with pytest.raises(urllib.error.HTTPError):
        bao.call("GET", "secret/data/none")


def test_a_value_cannot_be_an_argument(callgate: Callgate, vault: tuple[str, ...]) -> None:
    assert callgate("secret", "set", "secret/data/x", "token", VALUE, *vault).exit_code == 2


@pytest.mark.parametrize(
    ("path", "cure"),
    [
        ("secret/orders", "Write secret/data/orders."),
        ("nowhere/data/orders", "Begin the path with a key-value engine"),
        ("sys/policies", "Begin the path with a key-value engine"),
    ],
)
def test_a_path_that_leads_to_no_secret_gets_the_cure(callgate: Callgate, vault: tuple[str, ...], path: str, cure: str) -> None:
    done = callgate("secret", "set", path, "token", *vault, stdin=VALUE)
    assert (done.exit_code, cure in done.stderr) == (3, True), done.output


def test_without_a_vault_the_cure_says_how_to_name_one(callgate: Callgate) -> None:
    done = callgate("secret", "set", "secret/data/x", "token", stdin=VALUE)
    assert done.exit_code == 3
    for told in ("callgate up", "CALLGATE_HOME", "--vault-address", "--vault-token-file"):
        assert told in done.stderr


@pytest.mark.parametrize("path", ["", "secret", "secret/../sys/x", "secret//x", "secret/a b"])
def test_a_path_that_is_none_is_wrong_usage_before_the_value_is_asked_for(
    callgate: Callgate, vault: tuple[str, ...], path: str
) -> None:
    done = callgate("secret", "set", path, "token", *vault, stdin="")
    assert (done.exit_code, "for example `secret/data/payments`" in done.stderr) == (2, True), done.output


@pytest.mark.parametrize(("token", "cure"), [("wrong", "may write below it"), (None, "a file that you may read")])
def test_a_token_that_will_not_do_gets_the_cure(
    callgate: Callgate, vault: tuple[str, ...], token: str | None, cure: str
) -> None:
    file = Path(vault[-1])
    file.unlink()
    if token:
        file.write_text(token)
    done = callgate("secret", "set", "secret/data/x", "token", *vault, stdin=VALUE)
    assert (done.exit_code, cure in done.stderr) == (3, True), done.output


def test_the_token_of_the_stack_at_home_goes_to_no_other_vault(
    callgate: Callgate, bao: Bao, vault: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("CALLGATE_HOME", str(home))
    (home / "vault-root-token").write_text(Bao.root)
    written = {"CALLGATE_VAULT_ADDRESS": "https://127.0.0.1:1", "CALLGATE_VAULT_CA_FILE": str(bao.ca_file)}
    (home / "environment.json").write_text(json.dumps(written))
    command = [*CALLGATE, "secret", "set", "secret/data/home", "token"]
    extra = {"CALLGATE_HOME": str(home)}

    def run(*options: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command, *options], env=environment(extra), input=VALUE, capture_output=True, text=True, check=False, timeout=60
        )

    refused = run("--vault-address", bao.url)
    assert (refused.returncode, "No Vault is known" in refused.stderr) == (3, True)
    (home / "environment.json").write_text(json.dumps({**written, "CALLGATE_VAULT_ADDRESS": bao.url}))
    assert run().returncode == 0
    assert kept(bao, "secret/data/home") == {"token": VALUE}


def test_at_a_terminal_what_is_typed_is_not_echoed(bao: Bao, vault: tuple[str, ...]) -> None:
    leader, terminal = pty.openpty()
    command = [*CALLGATE, "secret", "set", "secret/data/typed", "token", *vault]
    extra = {"CALLGATE_VAULT_CA_FILE": str(bao.ca_file)}
    process = subprocess.Popen(
        command, env=environment(extra), stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
    )
    os.close(terminal)
    seen = b""
    while b"not shown" not in seen:
        seen += os.read(leader, 4096)
    os.write(leader, f"{VALUE}\n".encode())
    assert process.wait(60) == 0
    while chunk := _read(leader):
        seen += chunk
    os.close(leader)
    assert b"secret/data/typed has token" in seen
    assert VALUE.encode() not in seen
    assert kept(bao, "secret/data/typed") == {"token": VALUE}


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 4096)
    except OSError:  # the other end is closed
        return b""


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Orders", "version": "1"},
    "servers": [{"url": "https://api.example"}],
    "paths": {"/orders": {"get": {"operationId": "getOrder", "responses": {"200": {"description": "The order."}}}}},
}


def imported(callgate: Callgate, document: Path, path: str, *vault: str) -> str:
    document.write_text(json.dumps(DOCUMENT))
    words = ("--name", "orders", "--credential", f"bearerAuth={path}#token")
    done = callgate("toolset", "import", str(document), *words, *vault)
    assert done.exit_code == 0, done.output
    return done.stderr


def test_an_import_says_which_secret_is_not_there_and_the_command_that_stores_it(
    callgate: Callgate, gateway: Gateway, vault: tuple[str, ...], tmp_path: Path
) -> None:
    told = imported(callgate, tmp_path / "d.json", "secret/data/not/yet", *vault)
    command = "callgate secret set secret/data/not/yet token"
    assert f"\n{command}\n" in told
    assert callgate(*command.split()[1:], *vault, stdin=VALUE).exit_code == 0
    assert "secret set" not in imported(callgate, tmp_path / "d.json", "secret/data/not/yet", *vault)


def test_an_import_tells_a_missing_field_by_its_name_and_reads_no_value(
    callgate: Callgate, gateway: Gateway, vault: tuple[str, ...], bao: Bao, tmp_path: Path
) -> None:
    bao.call("POST", "secret/data/half", {"data": {"user": "kim"}})
    bao.call("PUT", "sys/policies/acl/names", {"policy": 'path "secret/subkeys/half" { capabilities = ["read"] }'})
    token = bao.call("POST", "auth/token/create", {"policies": ["names"]})["auth"]["client_token"]
    Path(vault[-1]).write_text(token)
    assert "has no field token yet" in imported(callgate, tmp_path / "d.json", "secret/data/half", *vault)


def test_an_import_tells_a_path_that_leads_to_no_secret_with_the_right_one(
    callgate: Callgate, gateway: Gateway, vault: tuple[str, ...], tmp_path: Path
) -> None:
    told = imported(callgate, tmp_path / "d.json", "secret/orders", *vault)
    assert "Write secret/data/orders." in told
    assert "secret set" not in told


def test_an_import_says_nothing_of_a_secret_that_cannot_be_seen_without_reading_it(
    callgate: Callgate, gateway: Gateway, vault: tuple[str, ...], tmp_path: Path
) -> None:
    assert "secret set" not in imported(callgate, tmp_path / "d.json", "old/nothing", *vault)


def test_an_import_goes_on_where_vault_cannot_say(
    callgate: Callgate, gateway: Gateway, vault: tuple[str, ...], tmp_path: Path
) -> None:
    Path(vault[-1]).unlink()
    assert "cannot be told" in imported(callgate, tmp_path / "d.json", "secret/data/x", *vault)


def test_a_field_of_a_clients_secret_is_told_as_its_credential_takes_it(callgate: Callgate, vault: tuple[str, ...]) -> None:
    done = callgate("secret", "set", "secret/data/new/library", "client_id", *vault, stdin="reader\n")
    assert "A credential with `token` takes the field by this name: `path: secret/data/new/library`" in done.stdout
    done = callgate("secret", "set", "secret/data/new/library", "token", *vault, stdin="x\n")
    assert "A credential names it as 'secret/data/new/library#token'" in done.stdout
