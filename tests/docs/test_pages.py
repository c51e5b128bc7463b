"""How a page is followed: what it starts does not outlive it."""

from pathlib import Path

import pytest

from tests.conftest import wait_until
from tests.docs.pages import shell


def _ended(process: int) -> bool:
    """A zombie has ended, too: its new parent may take its time."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_what_a_page_has_started_ends_with_it_though_the_page_fails_half_way(tmp_path: Path) -> None:
    note = tmp_path / "process"
    with pytest.raises(AssertionError, match="said before"):
        shell(f"echo said before; sleep 300 >/dev/null & echo $! >{note}; false; kill %1", {})
    wait_until(lambda: _ended(int(note.read_text())), what="the end of what the page started")
