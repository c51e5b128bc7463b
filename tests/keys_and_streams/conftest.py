"""The stack and the harness of `tests/real_apis`."""

from tests.real_apis.conftest import collector, house, new_house, open_house, recipes, situation

__all__ = ["collector", "house", "new_house", "open_house", "recipes", "situation"]
