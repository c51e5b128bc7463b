"""`callgate store` on a real server."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import build
from gateway.model.principal import Principal
from gateway.model.redis_settings import RedisSettings
from gateway.records.ledger.watermarks import Watermarks
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger

CALLER = Principal("acme", "planner", "ada")


@pytest.fixture
async def url_of_quarantine(start_redis: Callable[..., str]) -> str:
    """A store that was shown a number which it does not know."""
    url = start_redis()
    store, marks = Store(RedisSettings(url=url)), Watermarks()
    marks.saw(CALLER.tenant, 1000)
    try:
        await store.open()
        ledger = RedisLedger(store, watermarks=marks)
        await ledger.know(CALLER.tenant)
        await ledger.witness()
    finally:
        await store.close()
    return url


def test_a_quarantine_is_told_and_ended_by_name(
    url_of_quarantine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "REDIS_URL": url_of_quarantine,
        "PRINCIPALS_FILE": "/p",
        "VAULT_ROLE_ID_FILE": "/r",
        "VAULT_SECRET_ID_FILE": "/s",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"CALLGATE_{name}", value)
    runner, app, home = CliRunner(), build(), ("--home", str(tmp_path))
    told = runner.invoke(app, ["store", "status", *home])
    assert (told.exit_code, "quarantined" in told.stdout) == (1, True)
    ended = runner.invoke(app, ["store", "acknowledge", "--reason", "restored from a copy", "--name", "ada", *home])
    assert ended.exit_code == 0
    assert "acme: the quarantine is over" in ended.stdout
    assert runner.invoke(app, ["store", "status", *home]).exit_code == 0


def test_a_store_that_is_away_is_told_with_the_cure(
    free_port: Callable[[], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"PRINCIPALS_FILE": "/p", "VAULT_ROLE_ID_FILE": "/r", "VAULT_SECRET_ID_FILE": "/s"}
    for name, value in settings.items():
        monkeypatch.setenv(f"CALLGATE_{name}", value)
    monkeypatch.setenv("CALLGATE_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    refused = CliRunner().invoke(build(), ["store", "status", "--home", str(tmp_path)])
    assert refused.exit_code == 3
