"""A gateway that could not log in to Vault started, and said nothing of it: the first call with a credential was refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FreePort
from tests.e2e.house import House
from tests.e2e.second_gateway import SecondGateway


@pytest.mark.parametrize(
    ("setting", "secret_id", "cause", "cure"),
    [
        ("CALLGATE_VAULT_ADDRESS", "", "does not answer", "Start or unseal Vault"),
        ("CALLGATE_VAULT_SECRET_ID_FILE", None, "cannot be read: FileNotFoundError", "secret_id"),
        ("CALLGATE_VAULT_SECRET_ID_FILE", "of-another-vault", "refuses the gateway's login", "secret_id"),
    ],
    ids=["wrong address", "no secret_id", "wrong secret_id"],
)
def test_a_gateway_that_cannot_log_in_to_vault_says_so_when_it_starts(
    house: House, free_port: FreePort, tmp_path: Path, *, setting: str, secret_id: str | None, cause: str, cure: str
) -> None:
    file = tmp_path / "secret-id"
    if secret_id:
        file.write_text(secret_id)
    value = f"https://127.0.0.1:{free_port()}" if setting == "CALLGATE_VAULT_ADDRESS" else str(file)
    log = house.state.logs / "second.log"
    before = len(log.read_text().splitlines()) if log.exists() else 0
    with SecondGateway(house, free_port, {setting: value}):  # it serves: not every call needs a credential
        (told,) = (line for line in lines_of(log)[before:] if line["event"] == "vault_unavailable")
    assert told["level"] == "warning"
    assert cause in told["error"]
    assert cure in told["cure"]


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]
