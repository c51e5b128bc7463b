"""The parts in which `python -m tests` runs the tests."""

from pathlib import Path

TESTS = Path(__file__).parent
REPOSITORY = TESTS.parent
#: Folders with a folder for each room of what they test.
_HOUSES = ("gateway", "registry", "sandbox")
#: The longest, in the order in which they are to begin, so that none is left to run alone at the end.
_FIRST = ("clients", "keys_and_streams", "e2e", "docs", "real_apis", "promises", "isolation", "cli", "security", "benchmarks")


def has_tests(folder: Path) -> bool:
    return any(folder.rglob("test_*.py"))


def rooms() -> list[str]:
    """Folders of tests, as pytest is to be told of them from the repository's top, the longest first."""
    tops = [folder for folder in TESTS.iterdir() if folder.is_dir() and folder.name not in _HOUSES]
    parts = [room for house in _HOUSES for room in (TESTS / house).iterdir() if room.is_dir()]
    found = [room for room in (*tops, *parts) if has_tests(room)]
    sdk = REPOSITORY / "clients/python/tests"
    return [str(room.relative_to(REPOSITORY)) for room in (*sorted(found, key=_order), sdk)]


def _order(room: Path) -> tuple[int, str]:
    first = room.name in _FIRST and room.parent == TESTS
    return (_FIRST.index(room.name) if first else len(_FIRST), str(room))
