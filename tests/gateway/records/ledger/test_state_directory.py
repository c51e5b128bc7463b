"""The state directory of a gateway that starts: made where it is absent, and refused with its cure where it is of no use."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.model.config import ConfigInvalid
from gateway.records.ledger.state_directory import prepare
from tests.promises.disks import filled, small_disk

Place = Callable[[Path], AbstractContextManager[Path]]


@contextmanager
def absent(home: Path) -> Iterator[Path]:
    yield home / "lib" / "callgate" / "gateway"


@contextmanager
def below_a_file(home: Path) -> Iterator[Path]:
    (home / "file").write_text("")
    yield home / "file" / "state"


@contextmanager
def a_file(home: Path) -> Iterator[Path]:
    (home / "file").write_text("")
    yield home / "file"


@contextmanager
def on_a_full_disk(_home: Path) -> Iterator[Path]:
    with small_disk("64k") as disk, filled(disk):
        yield disk


@contextmanager
def on_a_disk_for_reading(_home: Path) -> Iterator[Path]:
    with small_disk("64k") as disk:
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        yield disk / "state"


def told_at_start(home: Path, state: Path | None, port: int) -> tuple[int, list[dict[str, Any]]]:
    """The exit status and the log of a gateway that meets nothing else: its Redis is away."""
    for name in ("role-id", "secret-id"):
        (home / name).write_text("x")
    (home / "principals.json").write_text("{}")
    given = {
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "PRINCIPALS_FILE": home / "principals.json",
        "VAULT_ROLE_ID_FILE": home / "role-id",
        "VAULT_SECRET_ID_FILE": home / "secret-id",
        "RUN_DIR": home,
        "DOCKER_SOCKET": home / "no.sock",
        **({"STATE_DIR": state} if state else {}),
    }
    environ = {**os.environ, **{f"CALLGATE_{name}": str(value) for name, value in given.items()}}
    ended = subprocess.run(
        [sys.executable, "-m", "gateway"], env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    return ended.returncode, [json.loads(line) for line in ended.stderr.splitlines()]


@pytest.mark.parametrize(
    ("place", "cause", "cure"),
    [
        (below_a_file, "exists", "directories that the gateway can write"),
        (a_file, "exists", "directories that the gateway can write"),
        (on_a_full_disk, "No space left", "Free space"),
        (on_a_disk_for_reading, "Read-only", "mount"),
    ],
)
def test_a_state_directory_of_no_use_is_refused_with_its_cause_and_cure(
    place: Place, cause: str, cure: str, tmp_path: Path
) -> None:
    with place(tmp_path) as state:
        with pytest.raises(ConfigInvalid, match=f"CALLGATE_STATE_DIR={state} cannot be used.*{cause}") as refused:
            prepare(state)
        assert cure in refused.value.cure
        assert not state.is_dir() or {path.name for path in state.iterdir()} <= {"ballast"}, "the trial leaves nothing"


def test_an_absent_state_directory_is_made_for_its_owner_alone_with_those_above_it(tmp_path: Path) -> None:
    with absent(tmp_path) as state:
        prepare(state)
        prepare(state)
    assert [path.stat().st_mode & 0o777 for path in (state, *state.parents[:2])] == [0o700] * 3
    assert list(state.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "cause"), [(a_file, "exists"), (on_a_full_disk, "No space"), (on_a_disk_for_reading, "Read-only")]
)
def test_the_log_of_a_gateway_that_cannot_use_it_ends_with_cause_and_cure(
    place: Place, cause: str, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    with place(tmp_path) as state:
        status, log = told_at_start(tmp_path, state, free_port())
    assert (status, [line["event"] for line in log]) == (1, ["cannot_serve"])
    assert cause in log[0]["error"]
    assert log[0]["cure"] != "Correct the setting."


@pytest.mark.slow
def test_a_gateway_makes_an_absent_one_and_warns_where_none_is_set(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with absent(tmp_path) as state:
        _, log = told_at_start(tmp_path, state, free_port())
    assert state.is_dir()
    assert [line["event"] for line in log] == ["cannot_serve"]
    assert "Redis" in log[0]["error"]
    _, log = told_at_start(tmp_path, None, free_port())
    assert [(line["level"], line["event"]) for line in log] == [("warning", "no_state_dir"), ("error", "cannot_serve")]
    assert "CALLGATE_STATE_DIR" in log[0]["cure"]
