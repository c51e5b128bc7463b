"""The table of a new user's mistakes: its shape, and the rows, or their first halves, that need no stack.

`scripts/first_hour.py` makes all of them, against a stack.
"""

import re
from collections.abc import Iterator

import pytest

from gateway.cli.terminal.exit_codes import MEANINGS
from tests.cli.mistakes import MISTAKES
from tests.cli.mistakes.mistake import Mistake, Needs
from tests.cli.mistakes.newcomer import Newcomer, place, programs
from tests.cli.mistakes.site import open_site

#: Rows that a newcomer makes without the shared stack.
ALONE = [one for one in MISTAKES if one.needs is not Needs.STACK]
#: Of those, the ones in which the mistake itself needs a stack of its own.
STARTING = "until-ready"


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    directory = tmp_path_factory.mktemp("newcomer")
    with open_site() as site:
        yield Newcomer(place(programs(directory / "bin"), site, {"ENGINE": str(directory / "docker.sock")}))


def test_the_table_has_forty_mistakes_each_of_its_own() -> None:
    assert len(MISTAKES) == 40
    assert len({one.what for one in MISTAKES}) == 40


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one.what)
def test_each_mistake_has_a_documented_exit_code_a_cure_and_what_follows(mistake: Mistake) -> None:
    assert mistake.code in MEANINGS
    assert mistake.code != 0
    taken = re.compile(mistake.cure).groupindex
    assert [name for name in taken if f"${name}" not in mistake.follows and f"${{{name}" not in mistake.follows] == []
    assert mistake.works


@pytest.mark.slow
@pytest.mark.parametrize("mistake", [one for one in ALONE if STARTING not in one.does], ids=lambda one: one.what)
def test_a_mistake_ends_with_its_code_and_a_cure_that_helps_where_it_is_followed(newcomer: Newcomer, mistake: Mistake) -> None:
    assert newcomer.make(mistake, follow=mistake.needs is Needs.NOTHING) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "told"),
    [({"code": 5}, "it ended with 2"), ({"cure": "no such words"}, "prints no cure"), ({"works": "other words"}, "followed")],
)
def test_a_row_that_does_not_hold_is_told_with_what_was_seen(newcomer: Newcomer, change: dict[str, object], told: str) -> None:
    [mistake] = [one for one in MISTAKES if one.what == "a misspelt form of results"]
    fields = {name: getattr(mistake, name) for name in Mistake.__slots__}
    wrong = newcomer.make(Mistake(**{**fields, **change}))
    assert told in "\n".join(wrong)
    assert "'json'" in "\n".join(wrong) or '"operations"' in "\n".join(wrong)
