"""The stacks of the end-to-end tests, for the promises."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import OpenHouse, open_house, upstream
from tests.e2e.house import House

__all__ = ["open_house", "upstream"]


@pytest.fixture
def own_house(open_house: OpenHouse) -> Iterator[House]:
    """A stack to break, with two boxes that wait."""
    with open_house(pool_size=2) as house:
        yield house
