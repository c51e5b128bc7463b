"""Which directories can be the home of a stack, and what is said of the others."""

from pathlib import Path
from stat import S_IMODE

import pytest

from gateway.embedded.errors import HomeUnusable
from gateway.embedded.state_dir import StateDir, write_private
from tests.promises.disks import filled, small_disk


def mode(path: Path) -> int:
    return S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("there", [(), ("lost+found",), ("log", "run", "lock"), ("token", "notes.txt"), ("principals.json",)])
def test_an_empty_directory_and_a_home_of_before_become_one_for_its_owner_alone(tmp_path: Path, there: tuple[str, ...]) -> None:
    for name in there:
        (tmp_path / name).mkdir() if name in ("lost+found", "log", "run") else (tmp_path / name).touch()
    tmp_path.chmod(0o755)
    with StateDir(tmp_path).hold() as state:
        assert (mode(state.home), mode(state.vault)) == (0o700, 0o700)


@pytest.mark.parametrize("there", [("notes.txt",), ("notes.txt", "log", "run", "lock")])
def test_a_directory_with_other_things_in_it_is_refused_and_stays_as_it_is(tmp_path: Path, there: tuple[str, ...]) -> None:
    for name in there:
        (tmp_path / name).touch()
    tmp_path.chmod(0o1777)
    with pytest.raises(HomeUnusable, match=r"notes\.txt") as refused, StateDir(tmp_path).hold():
        pass
    assert f"--home {tmp_path}/callgate" in refused.value.cure
    assert (mode(tmp_path), {path.name for path in tmp_path.iterdir()}) == (0o1777, set(there))


@pytest.mark.parametrize(
    ("home", "told"),
    [
        ("file", "is no directory"),
        ("file/below", "is no directory"),
        ("/proc/callgate", "/proc/callgate"),
        ("x" * 300, "too long"),
    ],
)
def test_what_cannot_be_a_directory_is_told_with_a_cure(tmp_path: Path, home: str, told: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HomeUnusable, match=told) as refused, StateDir(tmp_path / home).hold():
        pass
    assert "--home" in refused.value.cure


def test_a_full_disk_is_told_and_what_was_written_before_stays(tmp_path: Path) -> None:
    with small_disk("1m") as disk, StateDir(disk / "home").hold() as state:
        write_private(state.token, "of before")
        with filled(disk), pytest.raises(HomeUnusable, match="no space left"):
            write_private(state.token, "x" * 100_000)
        assert state.token.read_text() == "of before"
