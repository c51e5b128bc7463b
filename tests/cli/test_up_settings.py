"""The operator's CALLGATE_* variables reach the gateway of `callgate up`, or are refused by name before anything starts."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import docker
import pytest
from typer.testing import CliRunner

from benchmarks.redis_servers import DURABLE, RedisServer
from gateway.cli import build
from tests.cli.running_up import callgate, short_home, up
from tests.conftest import Authority, Upstream

DOCUMENT = b"""
openapi: 3.1.0
info: {title: Echo, version: "1"}
paths: {/echo: {post: {operationId: echo, responses: {"200": {description: said}}}}}
"""


@pytest.fixture
async def redis_by_tls(authority: Authority, tmp_path: Path) -> AsyncIterator[RedisServer]:
    certificates = {
        "tls-cert-file": authority.directory / "good.pem",
        "tls-key-file": authority.directory / "good.key",
        "tls-ca-cert-file": authority.bundle,
        "tls-auth-clients": "no",
    }
    server = RedisServer(tmp_path / "redis", {**DURABLE, **certificates}, kind="redis", tls=True)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


@pytest.mark.slow
async def test_what_the_operator_has_set_counts_at_the_gateway_and_for_the_doctor(
    dockerd: docker.APIClient, redis_by_tls: RedisServer, authority: Authority, upstream: Upstream
) -> None:
    url = f"rediss://127.0.0.1:{redis_by_tls.port}/0"
    extra = {"CALLGATE_REDIS_CA_FILE": str(authority.bundle), "CALLGATE_KEY_RETENTION_ACTS": "86400"}
    with short_home() as home:
        with up(home, "--redis-url", url, **extra) as running:
            with running.connect() as client:
                client.toolsets.import_openapi(DOCUMENT, "echoes", server=upstream.url)
                assert client.call("echo", {}, key="once").key_retention == 86400
            written = json.loads(running.state.environment.read_text())
            assert written.items() >= extra.items()
            told = callgate("doctor", "--home", str(home))
            assert "appends always" in told.stdout
            assert "wrong" not in told.stdout
            assert callgate("store", "status", "--home", str(home)).returncode == 0
            other = callgate("doctor", "--home", str(home), CALLGATE_KEY_RETENTION_ACTS="600")
            assert (other.returncode, "CALLGATE_KEY_RETENTION_ACTS" in other.stderr) == (1, True)
        with up(home) as running:
            assert f"Redis: {url}, as at the last start of this home." in running.said
            with running.connect() as client:
                assert client.call("echo", {}, key="once").key_retention == 86400  # the record of the first start


@pytest.mark.parametrize(
    ("setting", "options", "says"),
    [
        ("NONSENSE=1", (), "is not a setting"),
        ("REVIEW_DAYS=many", (), "is malformed"),
        ("KEY_RETENTION_ACTS=5", (), "must be"),
        ("REDIS_URL=redis://127.0.0.1:1/0", (), "--redis-url"),
        ("REDIS_URL=redis://127.0.0.1:1/0", ("--redis-url", "redis://127.0.0.1:2/0"), "--redis-url"),
        ("REDIS_WAIT=1", (), "--redis-url"),
        ("REDIS_CA_FILE=/nowhere/ca.pem", ("--redis-url", "rediss://127.0.0.1:1/0"), "/nowhere/ca.pem"),
        (f"REDIS_CA_FILE={__file__}", ("--redis-url", "redis://127.0.0.1:1/0"), "rediss://"),
        ("VAULT_ADDRESS=https://127.0.0.1:8200", (), "--vault-address"),
        ("LISTEN=127.0.0.1:1", (), "--listen"),
        ("POOL_SIZE=9", (), "--pool-size"),
        ("STATE_DIR=/nowhere", (), "--home"),
        (f"TLS_CERTIFICATE_FILE={__file__}", (), "docs/running-a-gateway.md"),
    ],
)
def test_what_would_not_count_is_refused_by_name_before_anything_starts(
    setting: str, options: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, _, text = setting.partition("=")
    monkeypatch.setenv(f"CALLGATE_{variable}", text)
    monkeypatch.setenv("COLUMNS", "2000")
    result = CliRunner().invoke(build(), ["up", "--home", str(tmp_path / "home"), *options])
    assert result.exit_code == 1
    assert f"CALLGATE_{variable}" in result.output
    assert says in result.output
    assert list(tmp_path.glob("home/log/*")) == []


def test_another_redis_than_the_homes_is_refused_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "2000")
    (tmp_path / "servers.json").write_text('{"redis": null, "vault": null}')
    result = CliRunner().invoke(build(), ["up", "--home", str(tmp_path), "--redis-url", "redis://127.0.0.1:1/0"])
    assert (result.exit_code, "--moved" in result.output) == (1, True)
    assert list(tmp_path.glob("log/*")) == []


def test_a_password_file_without_its_redis_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("x")
    assert CliRunner().invoke(build(), ["up", "--redis-password-file", str(tmp_path / "password")]).exit_code == 2
