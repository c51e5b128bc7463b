"""Which gateway a command on the gateway's machine looks at: one, and never a mixture of two."""

import json
from pathlib import Path

import pytest

from gateway.cli.host.settings import environment
from gateway.embedded.passed_settings import with_absolute_paths
from gateway.model.config import REQUIRED, ConfigInvalid

RETENTION = "CALLGATE_KEY_RETENTION_ACTS"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a stack that was started with a retention of its own."""
    written = {**dict.fromkeys(REQUIRED, "/of-the-stack"), RETENTION: "600"}
    (tmp_path / "environment.json").write_text(json.dumps(written))
    monkeypatch.setenv("CALLGATE_HOME", str(tmp_path))
    return tmp_path


def test_in_the_home_of_a_stack_its_settings_count(home: Path) -> None:
    assert environment(None)[RETENTION] == environment(home)[RETENTION] == "600"


@pytest.mark.parametrize("name", [RETENTION, "CALLGATE_REVIEW_DAYS"])
def test_a_variable_that_the_stack_was_not_started_with_is_refused_by_name(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "900")
    with pytest.raises(ConfigInvalid, match=name) as refused:
        environment(home)
    assert "--home" in refused.value.cure


def test_a_relative_path_is_the_one_that_the_stack_was_started_with_in_this_directory(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started = with_absolute_paths({"CALLGATE_REDIS_CA_FILE": str(tmp_path / "ca.pem")})
    (home / "environment.json").write_text(json.dumps(started))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALLGATE_REDIS_CA_FILE", "ca.pem")
    assert environment(home)["CALLGATE_REDIS_CA_FILE"] == str(tmp_path / "ca.pem")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    with pytest.raises(ConfigInvalid, match="CALLGATE_REDIS_CA_FILE"):
        environment(home)


def test_an_environment_that_names_a_whole_gateway_is_that_gateways(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in REQUIRED:
        monkeypatch.setenv(name, "/of-another")
    found = environment(None)
    assert (found[REQUIRED[0]], RETENTION in found) == ("/of-another", False)
    with pytest.raises(ConfigInvalid):
        environment(home)
