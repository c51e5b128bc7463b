"""`callgate store` on a real server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import build
from gateway.model.principal import Principal
from gateway.model.redis_settings import RedisSettings
from gateway.records.ledger.protocol import New
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.witness import Witness
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from tests.gateway.records.lives import ONCE

CALLER = Principal("acme", "planner", "ada")


@pytest.fixture
async def url_of_an_open_history(start_redis: Callable[..., str]) -> str:
    """A store that was shown a number which it does not know."""
    url = start_redis()
    store, witness = Store(RedisSettings(url=url)), Witness()
    witness.saw(CALLER.tenant, Mark(1000, b"12345678", 1))
    try:
        await store.open()
        ledger = RedisLedger(store, witness=witness)
        await ledger.know(CALLER.tenant)
        await ledger.remember()
    finally:
        await store.close()
    return url


@pytest.fixture
def at_store(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let `callgate` ask the store at a URL."""

    def point(url: str) -> None:
        settings = {"REDIS_URL": url, "PRINCIPALS_FILE": "/p", "VAULT_ROLE_ID_FILE": "/r", "VAULT_SECRET_ID_FILE": "/s"}
        for name, value in settings.items():
            monkeypatch.setenv(f"CALLGATE_{name}", value)

    return point


def test_an_open_history_is_told_and_settled_by_name(
    url_of_an_open_history: str, tmp_path: Path, at_store: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_store(url_of_an_open_history)
    monkeypatch.setenv("COLUMNS", "400")
    runner, app, home = CliRunner(), build(), ("--home", str(tmp_path))
    diagnosis = runner.invoke(app, ["doctor", *home])
    assert any("wrong" in line and "acme: open: more is lost" in line for line in diagnosis.stdout.splitlines())
    assert any("look" in line and "no CALLGATE_STATE_DIR is set" in line for line in diagnosis.stdout.splitlines())
    told = runner.invoke(app, ["store", "status", *home])
    assert (told.exit_code, "open: more is lost" in told.stdout) == (1, True)
    ended = runner.invoke(app, ["store", "acknowledge", "--reason", "restored from a copy", "--name", "ada", *home])
    assert ended.exit_code == 0
    assert "acme: settled" in ended.stdout
    assert runner.invoke(app, ["store", "status", *home]).exit_code == 0


def test_a_tenant_that_is_none_is_refused(url_of_an_open_history: str, tmp_path: Path, at_store: Callable[[str], None]) -> None:
    at_store(url_of_an_open_history)
    runner, app, home = CliRunner(), build(), ("--home", str(tmp_path))
    refused = runner.invoke(app, ["store", "acknowledge", "--tenant", "amce", "--reason", "restored from a copy", *home])
    assert (refused.exit_code, "no tenant amce" in refused.stderr) == (3, True)
    assert "amce" not in runner.invoke(app, ["store", "status", *home]).stdout


def test_a_store_that_knows_of_no_tenant_is_told(
    start_redis: Callable[..., str], tmp_path: Path, at_store: Callable[[str], None]
) -> None:
    at_store(start_redis())
    for command in (["status"], ["acknowledge", "--reason", "restored from a copy"]):
        told = CliRunner().invoke(build(), ["store", *command, "--home", str(tmp_path)])
        assert (told.exit_code, "No tenant is known" in told.stdout) == (0, True)


def test_a_store_that_is_away_is_told_with_the_cure(
    free_port: Callable[[], int], tmp_path: Path, at_store: Callable[[str], None]
) -> None:
    at_store(f"redis://127.0.0.1:{free_port()}/0")
    refused = CliRunner().invoke(build(), ["store", "status", "--home", str(tmp_path)])
    assert refused.exit_code == 3


@pytest.mark.slow
async def test_a_gateway_that_was_pointed_at_another_redis_goes_on_when_it_is_pointed_back(
    start_redis: Callable[..., str], tmp_path: Path
) -> None:
    own, other = start_redis(), start_redis()
    async with pointed_at(own, tmp_path) as ledger:
        await ledger.claim("inv_1", "f", CALLER, ONCE, lease=60.0)
    async with pointed_at(other, tmp_path) as ledger:
        assert (await ledger.history(CALLER.tenant)).to_be_acknowledged
    async with pointed_at(own, tmp_path) as ledger:
        async with asyncio.timeout(10):
            while (await ledger.history(CALLER.tenant)).open:
                await ledger.remember()
                await asyncio.sleep(0.05)
        assert isinstance(await ledger.claim("inv_2", "f", CALLER, ONCE, lease=60.0), New)


@asynccontextmanager
async def pointed_at(url: str, state: Path) -> AsyncIterator[RedisLedger]:
    """The ledger of a gateway with this state directory, which dies at the end."""
    store, witness = Store(RedisSettings(url=url)), Witness(state)
    try:
        await store.open()
        ledger = RedisLedger(store, witness=witness)
        await ledger.remember()
        yield ledger
        await ledger.remember()
    finally:
        witness.release()
        await store.close()
