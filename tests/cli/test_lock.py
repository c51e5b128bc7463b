"""`callgate lock`: a file with the versions that an agent calls, and whether the gateway has them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from typer.testing import CliRunner, Result

from callgate import Effect, Lock
from callgate.testing import FakeGateway
from callgate.testing.recorded_tools import RecordedTool
from gateway.cli import build


class LockCommand(Protocol):
    def __call__(self, *words: str) -> Result: ...


def offer(
    gateway: FakeGateway, name: str, version: str = "1.0.0", digest: str = "sha256:1", *, deprecated: bool = False
) -> None:
    gateway._tools.add(
        RecordedTool(
            name=name,
            version=version,
            digest=digest,
            function=lambda **_: None,
            input_schema={"type": "object"},
            effect=Effect.READ,
            toolset="shop",
            told={"deprecated": deprecated},
        )
    )


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        for name in ("orders_get", "orders_list", "pay"):
            offer(gateway, name)
        yield gateway


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "callgate.lock"


@pytest.fixture
def lock(gateway: FakeGateway, file: Path) -> LockCommand:
    """With a lock in the environment, too: that must not decide what is locked."""

    def called(*words: str) -> Result:
        environ = {**gateway.environment, "CALLGATE_TOKEN_FILE": "", "CALLGATE_LOCK": str(file), "COLUMNS": "240"}
        return CliRunner().invoke(build(), ["lock", "--file", str(file), *words], env=environ)

    return called


def names(file: Path) -> list[str]:
    return [one.reference for one in Lock.read(file).tools.values()]


def test_it_locks_what_is_named_and_leaves_the_rest_as_it_is(lock: LockCommand, file: Path, gateway: FakeGateway) -> None:
    assert lock("orders_*").exit_code == 0
    assert names(file) == ["orders_get@1.0.0", "orders_list@1.0.0"]
    offer(gateway, "orders_get", "1.1.0", "sha256:2")
    assert lock("pay").exit_code == 0
    assert names(file) == ["orders_get@1.0.0", "orders_list@1.0.0", "pay@1.0.0"]


def test_without_names_it_locks_all_and_then_renews_what_is_locked(lock: LockCommand, file: Path, gateway: FakeGateway) -> None:
    assert "3 tools" in lock().stdout
    file.write_bytes(Lock.of(list(Lock.read(file).tools.values())[:2]).dump())
    offer(gateway, "orders_get", "1.1.0", "sha256:2")
    gateway._tools._by_name.pop("orders_list")
    done = lock()
    assert done.stdout.splitlines()[1:] == ["  orders_get: 1.0.0 → 1.1.0", "  orders_list: 1.0.0 → not there any more"]
    assert names(file) == ["orders_get@1.1.0"]


def test_the_same_lock_is_the_same_file(lock: LockCommand, file: Path) -> None:
    lock()
    before = file.read_bytes()
    assert json.loads(lock("-o", "json").stdout)["changed"] == []
    assert file.read_bytes() == before


@pytest.mark.parametrize("damage", [b"", b'{"callgate_lock": 1', b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> next\n"])
def test_a_damaged_file_is_left_and_its_cure_helps(lock: LockCommand, file: Path, damage: bytes) -> None:
    file.write_bytes(damage)
    refused = lock("pay")
    assert (refused.exit_code, file.read_bytes()) == (2, damage)
    assert f"remove it, and write it anew: `callgate lock --file {file} NAME…`" in refused.stderr
    file.unlink()
    assert lock("pay").exit_code == 0
    assert names(file) == ["pay@1.0.0"]


def test_a_check_passes_while_the_gateway_has_what_is_locked(lock: LockCommand, gateway: FakeGateway) -> None:
    lock()
    assert lock("--check").exit_code == 0
    offer(gateway, "pay", deprecated=True)
    deprecated = lock("--check")
    assert (deprecated.exit_code, "is deprecated by its API" in deprecated.stdout) == (0, True)


def test_a_check_fails_and_names_each_tool_that_differs(lock: LockCommand, gateway: FakeGateway, file: Path) -> None:
    lock()
    before = file.read_bytes()
    offer(gateway, "orders_get", "1.0.0", "sha256:2")
    offer(gateway, "orders_list", "1.1.0", "sha256:2")
    gateway._tools._by_name.pop("pay")
    done = lock("--check")
    assert done.exit_code == 1
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines() if "│" in line]
    assert lines == [
        ["orders_get@1.0.0", "orders_get@1.0.0", "has another digest: sha256:2"],
        ["orders_list@1.0.0", "orders_list@1.1.0", "is not there"],
        ["pay@1.0.0", "none", "is not there at all"],
    ]
    assert "3 of 3 tools differ" in done.stderr
    told = json.loads(lock("--check", "-o", "json").stdout)
    assert [one["fault"] for one in told["tools"]] == ["DIGEST", "VERSION", "MISSING"]
    assert file.read_bytes() == before


def test_what_is_not_there_is_told_with_its_cure(lock: LockCommand, file: Path) -> None:
    absent = lock("no_such_tool")
    assert (absent.exit_code, "callgate tools" in absent.stderr) == (5, True)
    assert not file.exists()
    assert lock("--check").exit_code == 2
    assert lock("--check", "pay").exit_code == 2
    file.write_text("nonsense")
    broken = lock()
    assert (broken.exit_code, "is no lock file" in broken.stderr) == (2, True)
