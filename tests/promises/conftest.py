"""The stack that the tests of the promises share: the end-to-end tests' own."""

from tests.e2e.conftest import collector, house, open_house

__all__ = ["collector", "house", "open_house"]
