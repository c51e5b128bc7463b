"""`make test` runs the tests room by room: none is left out, and none runs twice."""

from collections import Counter
from pathlib import Path

from tests.rooms import REPOSITORY, TESTS, rooms


def test_every_test_is_in_one_room() -> None:
    files = [path for folder in (TESTS, REPOSITORY / "clients/python/tests") for path in folder.rglob("test_*.py")]
    found = Counter(path for room in rooms() for path in (REPOSITORY / room).rglob("test_*.py"))
    assert found == Counter(files)


def test_the_rooms_that_take_longest_begin_first() -> None:
    assert [Path(room).name for room in rooms()][:2] == ["clients", "keys_and_streams"]
